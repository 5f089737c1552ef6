/**
 * What reference log-probabilities depend on, as hashes: a cache made of anything else is of no use and is refused.
 */
import { createHash, type Hash } from 'node:crypto';
import { type ParamMap, paramsToArrays } from '@marco-ts/core';
import type { ChatMessage, Tokenizer } from '@marco-ts/tokenizer';
import type { EncodedPreferencePair } from './encode-preference-pairs.ts';

/** Hashes of all that they depend on, kept beside the values. */
export interface ReferenceFingerprint {
  /** SHA-256 of the encoded pairs, labels included: template and masks count. */
  readonly data: string;
  /** SHA-256 of the parameters' names, shapes and values. */
  readonly model: string;
  /** SHA-256 of the tokenizer's files. */
  readonly tokenizer: string;
  /** SHA-256 of a conversation as the chat template writes it. */
  readonly template: string;
  readonly maxLength: number;
}

/** Everything that reference log-probabilities depend on. */
export interface FingerprintOptions {
  readonly pairs: readonly EncodedPreferencePair[];
  /** The frozen reference, or a hash of it where one is known (its files' SHA-256), which saves reading every value. */
  readonly model: ParamMap | string;
  readonly tokenizer: Tokenizer;
  /** As given to `encodePreferencePairs`. */
  readonly maxLength: number;
}

/** Shows the template's marks of every role, and what it adds where there is no system message. */
const PROBES: readonly ChatMessage[][] = [
  [{ role: 'user', content: 'u' }],
  [
    { role: 'system', content: 's' },
    { role: 'user', content: 'u' },
    { role: 'assistant', content: 'a' },
    { role: 'user', content: 'v' },
    { role: 'assistant', content: 'b' },
  ],
];

/** Reads every value of `model` unless a hash of it is given. */
export async function fingerprintReference({
  pairs,
  model,
  tokenizer,
  maxLength,
}: FingerprintOptions): Promise<ReferenceFingerprint> {
  const pairsHash = createHash('sha256');
  for (const pair of pairs) {
    for (const { ids, labels } of [pair.chosen, pair.rejected]) {
      pairsHash.update(`${ids.length} `);
      addBytes(pairsHash, ids);
      addBytes(pairsHash, labels);
    }
  }
  const files = createHash('sha256');
  for (const [name, contents] of Object.entries(tokenizer.files()).sort(([a], [b]) => (a < b ? -1 : 1))) {
    files.update(`${name} ${contents.length} ${contents}`);
  }
  return {
    data: pairsHash.digest('hex'),
    model: typeof model === 'string' ? model : await hashParams(model),
    tokenizer: files.digest('hex'),
    template: createHash('sha256')
      .update(PROBES.map((messages) => tokenizer.renderChat(messages)).join('\0'))
      .digest('hex'),
    maxLength,
  };
}

async function hashParams(params: ParamMap): Promise<string> {
  const hash = createHash('sha256');
  for (const name of [...params.keys()].sort()) {
    const arrays = await paramsToArrays(new Map([[name, params.get(name)!]]));
    const { shape, data } = arrays.get(name)!;
    hash.update(`${name} ${shape.join(' ')} `);
    addBytes(hash, data);
  }
  return hash.digest('hex');
}

function addBytes(hash: Hash, values: Int32Array | Float32Array): void {
  hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}
