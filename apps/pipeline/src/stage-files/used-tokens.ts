/**
 * What a run really takes of a packed plan: whole optimizer steps only, so the last few sequences may be left over.
 */
import type { PackedPlan } from '@marco-ts/data';

/**
 * @param numSequences sequences, or batches
 * @param perStep as many of them as one optimizer step takes
 * @returns optimizer steps
 * @throws Error when there is not enough for one
 */
export function numStepsOf(numSequences: number, perStep: number): number {
  const numSteps = Math.floor(numSequences / perStep);
  if (numSteps < 1) {
    throw new Error(
      `[@marco-ts/pipeline] numStepsOf: a training stage must have at least one optimizer step, got ${numSequences} of the ${perStep} sequences or batches that one step takes. Lower microBatchSize or gradAccumSteps, or give more tokens.`,
    );
  }
  return numSteps;
}

/** @returns tokens by source of the sequences that are trained on, in the order of `plan.sourceNames` */
export function usedTokens(plan: PackedPlan, sequencesPerStep: number): number[] {
  const numSequences = Math.min(plan.numSequences, numStepsOf(plan.numSequences, sequencesPerStep) * sequencesPerStep);
  const tokens = plan.sourceNames.map(() => 0);
  for (let piece = 0; piece < plan.sequenceOffsets[numSequences]!; piece++) {
    tokens[plan.pieceSource[piece]!]! += plan.pieceLength[piece]!;
  }
  return tokens;
}
