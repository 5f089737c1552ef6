/**
 * Learns merges on new text and appends them to a tokenizer; no old id moves.
 *
 * The text is encoded by the old tokenizer and training goes on from there, so new merges rank after all old ones: the new tokenizer's
 * ids are the old ids with runs of them joined. Special tokens that stood outside the vocabulary are written into it, because Hugging
 * Face tokenizers would otherwise number them anew after the larger vocabulary.
 */
import type { IdList } from '../bpe/id-list.ts';
import { createPieceEncoder } from '../bpe/piece-encoder.ts';
import { createTokenizer } from '../create-tokenizer.ts';
import { type JsonObject, parseTokenizerJson } from '../files/tokenizer-json.ts';
import type { Tokenizer } from '../tokenizer.ts';
import { describeValue, tokenizerError } from '../tokenizer-error.ts';
import { countWords } from './count-words.ts';
import { learnMerges } from './learn-merges.ts';
import { mergeTexts } from './train-tokenizer.ts';

/** How many tokens are added, and how often a pair must occur for one. */
export interface ExtendTokenizerOptions {
  /** At most so many; fewer when the text has no more pairs to join. */
  readonly numNewTokens: number;
  /** Least occurrences of a pair that is joined. Default 2. */
  readonly minFrequency?: number;
}

/** A token that was added. */
export interface NewToken {
  readonly id: number;
  /** As the vocabulary writes it. */
  readonly token: string;
  /** Old ids that the token stands for: the mean of their embeddings is a good first value of its own. */
  readonly oldIds: Int32Array;
}

/** The larger tokenizer, and what its new rows of the embedding may begin as. */
export interface ExtendedTokenizer {
  readonly tokenizer: Tokenizer;
  /** By ascending id, the first being the old tokenizer's `vocabSize`. */
  readonly newTokens: readonly NewToken[];
}

/**
 * Learns merges on the texts and appends their tokens, without moving an old id.
 *
 * @param tokenizer stays as it is
 * @param texts documents of the new languages; read once
 */
export function extendTokenizer(
  tokenizer: Tokenizer,
  texts: Iterable<string>,
  { numNewTokens, minFrequency = 2 }: ExtendTokenizerOptions,
): ExtendedTokenizer {
  for (const [name, value, minimum] of [
    ['numNewTokens', numNewTokens, 1],
    ['minFrequency', minFrequency, 0],
  ] as const) {
    if (!Number.isInteger(value) || value < minimum) {
      const rule = `${name} must be a whole number from ${minimum}`;
      throw tokenizerError('extendTokenizer', rule, describeValue(value), 'Change the option.');
    }
  }
  const files = tokenizer.files();
  const json = JSON.parse(files['tokenizer.json']!) as JsonObject & { model: JsonObject };
  const spec = parseTokenizerJson(json);
  const words = countWords('extendTokenizer', texts, spec);

  const encodePiece = createPieceEncoder(spec.model);
  const encoded: IdList = { ids: new Int32Array(1024), count: 0 };
  const starts = new Int32Array(words.size + 1);
  let index = 0;
  for (const word of words.keys()) {
    encodePiece(
      Uint16Array.from({ length: word.length }, (_, i) => word.charCodeAt(i)),
      0,
      word.length,
      encoded,
    );
    starts[++index] = encoded.count;
  }

  const oldVocab = new Map(spec.model.vocab);
  for (const { content, id } of spec.addedTokens) oldVocab.set(content, id);
  const tokenTexts = new Map([...oldVocab].map(([token, id]) => [id, token]));
  const { merges, newTokens } = learnMerges({
    symbols: encoded.ids.slice(0, encoded.count),
    starts,
    counts: [...words.values()],
    vocab: new Map(),
    tokenTexts,
    firstNewId: tokenizer.vocabSize,
    maxNewTokens: numNewTokens,
    minFrequency,
    // a second way to an old token could set old merges going again and would change what old text gives
    isForbidden: (text) => oldVocab.has(text),
  });

  const tokenText = (id: number) => tokenTexts.get(id) ?? newTokens[id - tokenizer.vocabSize]!;
  const parts = new Map<number, number[]>();
  const expand = (id: number): number[] => parts.get(id) ?? [id];
  for (let i = 0; i < merges.length; i += 3) {
    const merged = merges[i + 2]!;
    if (!parts.has(merged)) parts.set(merged, [...expand(merges[i]!), ...expand(merges[i + 1]!)]);
  }
  const vocab = Object.fromEntries([
    ...oldVocab,
    ...newTokens.map((token, i) => [token, tokenizer.vocabSize + i] as const),
  ]);
  return {
    tokenizer: createTokenizer({
      tokenizerJson: {
        ...json,
        model: {
          ...json.model,
          vocab,
          merges: [...(json.model.merges as unknown[]).map(toPair), ...mergeTexts(merges, tokenText)],
        },
      },
      tokenizerConfig: files['tokenizer_config.json']!,
    }),
    newTokens: newTokens.map((token, i) => {
      const id = tokenizer.vocabSize + i;
      return { id, token, oldIds: Int32Array.from(parts.get(id)!) };
    }),
  };
}

function toPair(merge: unknown): unknown {
  return typeof merge === 'string' ? merge.split(' ') : merge;
}
