/**
 * What a run really takes of a packed plan: whole optimizer steps only, so the last few sequences may be left over.
 */
import type { PackedPlan } from '@marco-ts/data';

/** @returns optimizer steps of a run over the plan; at least one */
export function numStepsOf(numSequences: number, sequencesPerStep: number): number {
  return Math.max(1, Math.floor(numSequences / sequencesPerStep));
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
