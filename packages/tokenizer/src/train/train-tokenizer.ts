/**
 * Learns a byte-level BPE vocabulary of the Qwen2 kind from text.
 *
 * Source: `BpeTrainer` of Hugging Face tokenizers with the whole byte alphabet; special tokens get the last ids, as in Qwen2.
 */

import { BYTE_TO_CHAR } from '../bpe/byte-alphabet.ts';
import { createTokenizer } from '../create-tokenizer.ts';
import { addedTokenJson, bpeTokenizerJson, qwen2PreTokenizer } from '../files/build-tokenizer-json.ts';
import { QWEN2_PATTERN, scannerFor } from '../pretokenize/piece-scanner.ts';
import { QWEN2_CHAT_TEMPLATE, QWEN2_SPECIAL_TOKENS } from '../qwen2.ts';
import type { Tokenizer } from '../tokenizer.ts';
import { describeValue, tokenizerError } from '../tokenizer-error.ts';
import { countWords } from './count-words.ts';
import { learnMerges } from './learn-merges.ts';

/** Size of the vocabulary and what belongs to it beside the learned tokens. */
export interface TrainTokenizerOptions {
  /** Ids in all: 256 bytes, learned tokens and special tokens. Fewer are made when the text has no more pairs to join. */
  readonly vocabSize: number;
  /** Least occurrences of a pair that is joined. Default 2. */
  readonly minFrequency?: number;
  /** Default: those of Qwen2. The first is the end of text and the padding. */
  readonly specialTokens?: readonly string[];
  /** Default: that of Qwen2. */
  readonly chatTemplate?: string;
  /** As `max_token_length` of the reference: joined tokens stay below it, in bytes. Default: no limit. */
  readonly maxTokenLength?: number;
}

/**
 * @param texts documents; read once
 * @throws Error when an option is out of range or `texts` holds something else than strings
 */
export function trainTokenizer(texts: Iterable<string>, options: TrainTokenizerOptions): Tokenizer {
  const {
    vocabSize,
    minFrequency = 2,
    specialTokens = QWEN2_SPECIAL_TOKENS,
    chatTemplate = QWEN2_CHAT_TEMPLATE,
    maxTokenLength,
  } = options;
  const least = 256 + specialTokens.length;
  expectInteger('vocabSize', vocabSize, least, `256 bytes and ${specialTokens.length} special tokens`);
  expectInteger('minFrequency', minFrequency, 0, 'a count');
  if (maxTokenLength !== undefined) expectInteger('maxTokenLength', maxTokenLength, 2, 'a length in bytes');
  if (
    specialTokens.length === 0 ||
    specialTokens.some((token) => token === '') ||
    new Set(specialTokens).size < specialTokens.length
  ) {
    throw tokenizerError(
      'trainTokenizer',
      'specialTokens must be distinct texts, the first being the end of text',
      JSON.stringify(specialTokens),
      'Leave the option out for those of Qwen2.',
    );
  }

  const alphabet = [...BYTE_TO_CHAR].sort();
  const vocab = new Map(alphabet.map((char, id) => [char, id]));
  const words = countWords('trainTokenizer', texts, {
    normalizesNfc: true,
    pretokenizer: { addPrefixSpace: false, scanner: scannerFor(QWEN2_PATTERN), steps: [] },
  });
  const byteIds = Int32Array.from(BYTE_TO_CHAR, (char) => vocab.get(char)!);
  const { symbols, starts } = wordsToBytes(words.keys(), byteIds);
  const { merges } = learnMerges({
    symbols,
    starts,
    counts: [...words.values()],
    vocab,
    tokenTexts: alphabet,
    firstNewId: alphabet.length,
    maxNewTokens: vocabSize - least,
    minFrequency,
    ...(maxTokenLength === undefined ? {} : { maxTokenLength }),
  });
  for (const token of specialTokens) {
    if (vocab.has(token)) {
      throw tokenizerError(
        'trainTokenizer',
        'specialTokens must not be learned tokens',
        JSON.stringify(token),
        'Choose a longer text.',
      );
    }
  }
  const tokens = [...vocab.keys()];
  return createTokenizer({
    tokenizerJson: bpeTokenizerJson({
      vocab: Object.fromEntries(vocab),
      merges: mergeTexts(merges, (id) => tokens[id]!),
      addedTokens: specialTokens.map((token, index) => addedTokenJson(tokens.length + index, token)),
      preTokenizer: qwen2PreTokenizer,
      normalizer: { type: 'NFC' },
    }),
    tokenizerConfig: {
      tokenizer_class: 'Qwen2Tokenizer',
      add_prefix_space: false,
      bos_token: null,
      eos_token: specialTokens[0]!,
      pad_token: specialTokens[0]!,
      unk_token: null,
      errors: 'replace',
      clean_up_tokenization_spaces: false,
      split_special_tokens: false,
      additional_special_tokens: specialTokens.slice(1),
      chat_template: chatTemplate,
    },
  });

  function expectInteger(name: string, value: unknown, minimum: number, why: string): void {
    if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value < 2 ** 30) return;
    throw tokenizerError(
      'trainTokenizer',
      `${name} must be a whole number from ${minimum} (${why})`,
      describeValue(value),
      'Change the option.',
    );
  }
}

/** Merges as tokenizer.json writes them; of a pair that was learned twice the last stands, as in the reference. */
export function mergeTexts(merges: readonly number[], text: (id: number) => string): [string, string][] {
  const byPair = new Map<string, [string, string]>();
  for (let i = 0; i < merges.length; i += 3) {
    const key = `${merges[i]} ${merges[i + 1]}`;
    byPair.delete(key);
    byPair.set(key, [text(merges[i]!), text(merges[i + 1]!)]);
  }
  return [...byPair.values()];
}

/** Byte ids of each word, one after another. */
function wordsToBytes(words: Iterable<string>, byteIds: Int32Array): { symbols: Int32Array; starts: Int32Array } {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const word of words) {
    const part = encoder.encode(word);
    parts.push(part);
    length += part.length;
  }
  const symbols = new Int32Array(length);
  const starts = new Int32Array(parts.length + 1);
  let at = 0;
  for (const [index, part] of parts.entries()) {
    for (const byte of part) symbols[at++] = byteIds[byte]!;
    starts[index + 1] = at;
  }
  return { symbols, starts };
}
