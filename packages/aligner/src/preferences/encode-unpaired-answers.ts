/**
 * Answers that are good or bad, without partners, as ids (KTO): each with the same prompt before another row's answer, for the KL estimate.
 *
 * Source: mismatched completions of TRL's `KTOTrainer`, which shifts answers by one row.
 * Differs: where that answer is too long for the prompt, the nearest earlier one that fits is taken; nothing is cut.
 */
import type { ChatMessage, Tokenizer } from '@marco-ts/tokenizer';
import { describeTooLong, type TooLongRow } from '../sequences/token-sequence.ts';
import {
  type EncodedPreferencePair,
  type EncodedPreferences,
  type EncodePreferencesOptions,
  encodeAnswer,
} from './encode-preference-pairs.ts';
import { requireAnswer, requirePrompt } from './preference-pair.ts';

/** One answer to a prompt, known to be good or bad. */
export interface UnpairedAnswer {
  /** Ends with a user message. */
  readonly prompt: readonly ChatMessage[];
  readonly answer: string;
  readonly isDesirable: boolean;
  /** ISO 639-3 and script, such as `swh_Latn`. */
  readonly language: string;
  /** Such as `truncated`; logs tell kinds apart. */
  readonly kind: string;
  /** Where it was read, such as `train.jsonl:12`: its name in errors and reports. */
  readonly where?: string;
}

/**
 * @param options `maxLength`: longest prompt with answer, in tokens
 * @throws Error naming row and field for a bad row, and when no row fits
 */
export function encodeUnpairedAnswers(
  tokenizer: Tokenizer,
  answers: readonly UnpairedAnswer[],
  { maxLength, vocabSize }: EncodePreferencesOptions,
): EncodedPreferences {
  const fitting: {
    readonly row: UnpairedAnswer;
    readonly index: number;
    readonly own: ReturnType<typeof encodeAnswer>;
  }[] = [];
  const tooLong: Record<string, number> = {};
  const tooLongRows: TooLongRow[] = [];
  for (const [index, row] of answers.entries()) {
    const where = row.where ?? `answers[${index}]`;
    requirePrompt('encodeUnpairedAnswers', row.prompt, where);
    requireAnswer('encodeUnpairedAnswers', row.answer, `${where}.answer`);
    const own = encodeAnswer(tokenizer, row.prompt, row.answer, { where: `${where}.answer`, vocabSize });
    if (own.ids.length <= maxLength) fitting.push({ row, index, own });
    else {
      tooLong[row.language] = (tooLong[row.language] ?? 0) + 1;
      tooLongRows.push({
        where: `${where}.${own.numPromptTokens > maxLength ? 'prompt' : 'answer'}`,
        numTokens: own.ids.length,
      });
    }
  }
  if (fitting.length === 0) {
    throw new Error(
      `[@marco-ts/aligner] encodeUnpairedAnswers: at least one answer must fit into ${maxLength} tokens, got none of ${answers.length}, ${describeTooLong(tooLongRows)}. Raise maxLength or give more rows.`,
    );
  }
  const pairs = fitting.map(({ row, index, own }, at): EncodedPreferencePair => {
    const room = maxLength - own.numPromptTokens;
    // Its own answer always fits, so the search ends.
    let back = 1;
    const earlier = () => fitting[(at - back + fitting.length * back) % fitting.length]!;
    while (earlier().own.ids.length - earlier().own.numPromptTokens > room) back++;
    const other = encodeAnswer(tokenizer, row.prompt, earlier().row.answer, { where: `answers[${index}].answer` });
    const { isDesirable, language, kind } = row;
    return { chosen: own, rejected: other, isDesirable, language, kind };
  });
  return { pairs, numPairs: answers.length, tooLong, tooLongRows };
}
