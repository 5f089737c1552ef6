/**
 * How little an instruction helps the model to its answer: the answer's loss after the instruction, divided by its loss without.
 *
 * Source: instruction-following difficulty, Li et al. 2023, arXiv:2308.12032: s(A|Q) / s(A) with s the mean nll of the answer's tokens. Above 1
 * the instruction misleads; near 0 the answer follows from it.
 * Differs: without an instruction, the answer still follows the opening of the assistant's turn.
 */
import { IGNORE_INDEX } from '@marco-ts/data';
import type { Tokenizer } from '@marco-ts/tokenizer';
import { type EncodedPreferencePair, encodeAnswer } from '../preferences/encode-preference-pairs.ts';
import {
  type PrecomputeReferenceOptions,
  precomputeReferenceLogProbs,
} from '../preferences/precompute-reference-log-probs.ts';
import { countTargets, type TokenSequence } from '../sequences/token-sequence.ts';
import type { Conversation } from '../sft/conversation.ts';
import type { DropReason, QualityStep } from './quality-step.ts';

/** The model that reads the answers, and the shape of its batches. */
export interface DifficultyOptions
  extends Pick<
    PrecomputeReferenceOptions,
    'params' | 'config' | 'sequenceLength' | 'microBatchSize' | 'onProgress' | 'signal'
  > {
  readonly tokenizer: Tokenizer;
}

/** @returns the ratio of each conversation's last answer; NaN for one that is longer than `sequenceLength` or does not end with an answer */
export async function instructionDifficulties(
  conversations: readonly Conversation[],
  { tokenizer, ...options }: DifficultyOptions,
): Promise<Float64Array> {
  const difficulties = new Float64Array(conversations.length).fill(Number.NaN);
  const encoded: { readonly index: number; readonly pair: EncodedPreferencePair }[] = [];
  for (const [index, { messages, language, task }] of conversations.entries()) {
    const last = messages.at(-1)!;
    if (last.role !== 'assistant') continue;
    const whole = encodeAnswer(tokenizer, messages.slice(0, -1), last.content, { where: `conversations[${index}]` });
    if (whole.ids.length > options.sequenceLength) continue;
    encoded.push({ index, pair: { chosen: whole, rejected: withoutPrompt(whole), language, kind: task } });
  }
  if (encoded.length === 0) return difficulties;
  const pairs = encoded.map(({ pair }) => pair);
  const logps = await precomputeReferenceLogProbs({ ...options, pairs, padTokenId: tokenizer.padTokenId });
  for (const [at, { index }] of encoded.entries()) difficulties[index] = logps.chosen[at]! / logps.rejected[at]!;
  return difficulties;
}

/** The answer after one token, the last of its turn's opening; both sequences predict the same tokens. */
function withoutPrompt(sequence: TokenSequence & { readonly numPromptTokens: number }): TokenSequence {
  const from = sequence.numPromptTokens - 1;
  const labels = sequence.labels.slice(from);
  labels[0] = IGNORE_INDEX;
  const answer = { ids: sequence.ids.slice(from), labels };
  if (countTargets(answer) !== countTargets(sequence)) {
    throw new Error(
      '[@marco-ts/aligner] instructionDifficulties: both sequences must predict the same tokens, got other numbers.',
    );
  }
  return answer;
}

/** Which difficulties are kept. */
export interface DifficultyStepOptions extends DifficultyOptions {
  /** Above it the instruction does not help; default 1. */
  readonly maxDifficulty?: number;
  /** Of what is left, the share of hardest ones to keep, within each language; default 1. */
  readonly keepShare?: number;
}

/** Drops what the instruction makes no easier, and the easiest of the rest. */
export function difficultyStep({ maxDifficulty = 1, keepShare = 1, ...options }: DifficultyStepOptions): QualityStep {
  return {
    name: 'difficulty',
    async judge(conversations) {
      const difficulties = await instructionDifficulties(conversations, options);
      const verdicts = Array.from(difficulties, (difficulty): DropReason => {
        if (Number.isNaN(difficulty)) return 'too_long';
        return difficulty > maxDifficulty ? 'instruction_does_not_help' : undefined;
      });
      const usable = [...verdicts.keys()].filter((index) => verdicts[index] === undefined);
      for (const own of Map.groupBy(usable, (index) => conversations[index]!.language).values()) {
        own.sort((a, b) => difficulties[b]! - difficulties[a]!);
        for (const index of own.slice(Math.ceil(keepShare * own.length))) verdicts[index] = 'too_easy';
      }
      return verdicts;
    },
  };
}
