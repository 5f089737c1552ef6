/**
 * A hash of everything that turns ordinary text into ids: two tokenizers with one fingerprint write the same tokens.
 *
 * Special tokens, the post-processor and the chat template are no part of it: ordinary text never meets them.
 */
import { nodeModule } from '../node-module.ts';
import type { JsonObject, TokenizerSpec } from './tokenizer-json.ts';

/**
 * @param json tokenizer.json, for its pre-tokenizer; `spec` what was read from it
 * @returns SHA-256, hexadecimal
 * @throws Error outside Node.js
 */
export function tokenizerFingerprint(json: JsonObject, spec: TokenizerSpec): string {
  const { createHash } = nodeModule('fingerprint', 'node:crypto', 'Take fingerprints in Node.js.');
  const { model, merges, normalizesNfc, addedTokens } = spec;
  const settings = {
    normalizesNfc,
    preTokenizer: json.pre_tokenizer,
    unknownId: model.unknownId,
    ignoreMerges: model.ignoreMerges,
    addedTokens: addedTokens.filter(({ special }) => !special).sort((a, b) => a.id - b.id),
  };
  const tokens: string[] = [];
  for (const [token, id] of model.vocab) tokens[id] = token;
  return createHash('sha256')
    .update(JSON.stringify(settings, sortKeys))
    .update(JSON.stringify(tokens))
    .update(new Uint8Array(merges.buffer, merges.byteOffset, merges.byteLength))
    .digest('hex');
}

/** The same object in another order of keys, as other libraries write it, is the same. */
function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
