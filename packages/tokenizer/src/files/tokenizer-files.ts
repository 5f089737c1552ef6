/**
 * The files of a Hugging Face tokenizer directory, as AutoTokenizer reads them.
 */
import type { JsonObject, TokenizerSpec } from './tokenizer-json.ts';

export function tokenizerFiles(
  json: JsonObject,
  config: JsonObject,
  spec: TokenizerSpec,
  idToToken: readonly (string | undefined)[],
): Record<string, string> {
  const lines = ['#version: 0.2'];
  for (let i = 0; i < spec.merges.length; i += 3) {
    lines.push(`${idToToken[spec.merges[i]!]} ${idToToken[spec.merges[i + 1]!]}`);
  }
  const decoder = Object.fromEntries(
    spec.addedTokens.map(({ id, content, lstrip, normalized, rstrip, singleWord, special }) => [
      id,
      { content, lstrip, normalized, rstrip, single_word: singleWord, special },
    ]),
  );
  return {
    'tokenizer.json': `${JSON.stringify(json, null, 2)}\n`,
    'tokenizer_config.json': `${JSON.stringify({ tokenizer_class: 'PreTrainedTokenizerFast', ...config, added_tokens_decoder: decoder }, null, 2)}\n`,
    'vocab.json': `${JSON.stringify(Object.fromEntries(spec.model.vocab))}\n`,
    'merges.txt': `${lines.join('\n')}\n`,
  };
}
