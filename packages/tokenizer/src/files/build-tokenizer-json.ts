/**
 * The tokenizer.json that belongs to a vocab.json and a merges.txt.
 *
 * Source: `Qwen2Converter` and `GPT2Converter` of transformers.
 */
import { QWEN2_PATTERN } from '../pretokenize/piece-scanner.ts';
import { describeValue, tokenizerError } from '../tokenizer-error.ts';
import type { JsonObject } from './tokenizer-json.ts';

/**
 * @param vocab token to id
 * @param mergesText one merge per line, with or without a `#version` line
 * @param config tokenizer_config.json; `tokenizer_class` chooses the family, `added_tokens_decoder` gives the added tokens
 */
export function buildTokenizerJson(vocab: JsonObject, mergesText: string, config: JsonObject): JsonObject {
  if (typeof mergesText !== 'string') {
    throw tokenizerError(
      'createTokenizer',
      'mergesText must be a string',
      describeValue(mergesText),
      'Pass the text of merges.txt.',
    );
  }
  const family = String(config.tokenizer_class ?? '');
  const isGpt2 = family.startsWith('GPT2');
  if (!isGpt2 && !family.startsWith('Qwen2')) {
    throw tokenizerError(
      'createTokenizer',
      'vocab.json and merges.txt need tokenizer_class Qwen2Tokenizer or GPT2Tokenizer',
      describeValue(config.tokenizer_class),
      'Pass tokenizerJson instead.',
    );
  }
  const merges = mergesText.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'));
  return bpeTokenizerJson({
    vocab,
    merges,
    addedTokens: readAddedTokens(config, vocab),
    preTokenizer: isGpt2
      ? { type: 'ByteLevel', add_prefix_space: config.add_prefix_space === true, trim_offsets: true, use_regex: true }
      : qwen2PreTokenizer,
    normalizer: isGpt2 ? null : { type: 'NFC' },
  });
}

export const qwen2PreTokenizer: JsonObject = {
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: QWEN2_PATTERN }, behavior: 'Isolated', invert: false },
    { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
  ],
};

/** An added token as tokenizer.json writes it. */
export function addedTokenJson(id: number, content: string, overrides: JsonObject = {}): JsonObject {
  return {
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
    ...overrides,
  };
}

export function bpeTokenizerJson(parts: {
  readonly vocab: JsonObject;
  readonly merges: readonly unknown[];
  readonly addedTokens: readonly JsonObject[];
  readonly preTokenizer: JsonObject;
  readonly normalizer: JsonObject | null;
}): JsonObject {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: parts.addedTokens,
    normalizer: parts.normalizer,
    pre_tokenizer: parts.preTokenizer,
    post_processor: byteLevel,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: parts.vocab,
      merges: parts.merges,
    },
  };
}

function readAddedTokens(config: JsonObject, vocab: JsonObject): JsonObject[] {
  const decoder = config.added_tokens_decoder;
  if (typeof decoder === 'object' && decoder !== null) {
    return Object.entries(decoder as Record<string, JsonObject>).map(([id, token]) =>
      addedTokenJson(Number(id), String(token.content), { ...token, id: Number(id) }),
    );
  }
  // GPT-2's control token stands in its vocabulary
  return ['<|endoftext|>']
    .filter((token) => token in vocab)
    .map((token) => addedTokenJson(vocab[token] as number, token));
}
