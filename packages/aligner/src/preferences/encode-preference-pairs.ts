/**
 * Preference pairs as ids: the prompt's ids are found by rendering it alone, so that the answer begins exactly where the prompt ends.
 *
 * Differs from TRL: the line feed that the template writes after an answer's end carries no loss unless the template's mask says so, and
 * a pair that is too long is left out whole, never cut.
 */
import { IGNORE_INDEX } from '@marco-ts/data';
import type { ChatMessage, Tokenizer } from '@marco-ts/tokenizer';
import {
  countTargets,
  describeTooLong,
  requireKnownIds,
  type TokenSequence,
  type TooLongRow,
} from '../sequences/token-sequence.ts';
import { type PreferencePair, requirePair } from './preference-pair.ts';

/** A pair as ids: both answers, each with the prompt before it. */
export interface EncodedPreferencePair {
  readonly chosen: TokenSequence;
  readonly rejected: TokenSequence;
  readonly language: string;
  readonly kind: string;
  /** Only for answers without partners (KTO): `chosen` is the answer, good or bad, and `rejected` that of another row to the same prompt. */
  readonly isDesirable?: boolean;
}

/** The pairs that fit, and how many did not. */
export interface EncodedPreferences {
  readonly pairs: EncodedPreferencePair[];
  readonly numPairs: number;
  /** Pairs left out because an answer with its prompt is longer than `maxLength`, by language. */
  readonly tooLong: Readonly<Record<string, number>>;
  /** The same ones, each by row and field. */
  readonly tooLongRows: readonly TooLongRow[];
}

/** What a pair must fit. */
export interface EncodePreferencesOptions {
  /** Longest prompt with answer, in tokens. */
  readonly maxLength: number;
  /** Rows of the model's embedding: an id past them is refused. */
  readonly vocabSize?: number | undefined;
}

/**
 * @param options `maxLength`: longest prompt with answer, in tokens
 * @throws Error naming row and field for a bad pair, for a template whose rendered prompt is no beginning of the conversation, and when no pair fits
 */
export function encodePreferencePairs(
  tokenizer: Tokenizer,
  pairs: readonly PreferencePair[],
  { maxLength, vocabSize }: EncodePreferencesOptions,
): EncodedPreferences {
  const encoded: EncodedPreferencePair[] = [];
  const tooLong: Record<string, number> = {};
  const tooLongRows: TooLongRow[] = [];
  for (const [index, pair] of pairs.entries()) {
    const where = pair.where ?? `pairs[${index}]`;
    requirePair('encodePreferencePairs', pair, where);
    const chosen = encodeAnswer(tokenizer, pair.prompt, pair.chosen, { where: `${where}.chosen`, vocabSize });
    const rejected = encodeAnswer(tokenizer, pair.prompt, pair.rejected, { where: `${where}.rejected`, vocabSize });
    const [field, { ids }] = chosen.ids.length > maxLength ? ['chosen', chosen] : ['rejected', rejected];
    if (ids.length > maxLength) {
      tooLong[pair.language] = (tooLong[pair.language] ?? 0) + 1;
      const isPrompt = chosen.numPromptTokens > maxLength;
      tooLongRows.push({ where: `${where}.${isPrompt ? 'prompt' : field}`, numTokens: ids.length });
      continue;
    }
    encoded.push({ chosen, rejected, language: pair.language, kind: pair.kind });
  }
  if (encoded.length === 0) {
    throw new Error(
      `[@marco-ts/aligner] encodePreferencePairs: at least one pair must fit into ${maxLength} tokens, got none of ${pairs.length}, ${describeTooLong(tooLongRows)}. Raise maxLength or give more pairs.`,
    );
  }
  return { pairs: encoded, numPairs: pairs.length, tooLong, tooLongRows };
}

/**
 * An answer after its prompt.
 *
 * @param options.where names the row and field in errors
 */
export function encodeAnswer(
  tokenizer: Tokenizer,
  prompt: readonly ChatMessage[],
  answer: string,
  { where, vocabSize }: { readonly where: string; readonly vocabSize?: number | undefined },
): TokenSequence & { readonly numPromptTokens: number } {
  const promptIds = tokenizer.encodeChat([...prompt], { addGenerationPrompt: true }).ids;
  const { ids, assistantMask } = tokenizer.encodeChat([...prompt, { role: 'assistant', content: answer }]);
  if (vocabSize !== undefined) requireKnownIds('encodePreferencePairs', ids, vocabSize, where);
  if (!promptIds.every((id, t) => ids[t] === id)) {
    throw new Error(
      `[@marco-ts/aligner] encodePreferencePairs: the chat template must render a prompt as the beginning of its conversation, got other ids at ${where}. Use a template that does not rewrite earlier turns.`,
    );
  }
  const labels = ids.map((id, t) => (t >= promptIds.length && assistantMask[t] === 1 ? id : IGNORE_INDEX));
  const sequence = { ids, labels, numPromptTokens: promptIds.length };
  if (countTargets(sequence) === 0) {
    throw new Error(
      `[@marco-ts/aligner] encodePreferencePairs: the chat template must mark the answer, got no marked token at ${where}. Use a template that the tokenizer can mask.`,
    );
  }
  return sequence;
}
