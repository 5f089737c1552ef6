/**
 * Picks the few vectors that leave no other far from all of them: k-center greedy.
 *
 * Source: Gonzalez 1985, at most twice the best radius; as a choice of training data, Sener and Savarese 2018, arXiv:1708.00489.
 */
import type { Conversation } from '../sft/conversation.ts';
import { type EmbedOptions, embedConversations } from './embed-conversations.ts';
import type { DropReason, QualityStep } from './quality-step.ts';

/**
 * @param vectors of one length, of norm 1
 * @param numCenters how many to pick, at most all
 * @returns indices in the order of picking: the one nearest to the mean first, then always the farthest from all picked
 */
export function kCenterGreedy(vectors: readonly Float32Array[], numCenters: number): number[] {
  const count = Math.min(numCenters, vectors.length);
  if (count === 0) return [];
  const mean = new Float32Array(vectors[0]!.length);
  for (const vector of vectors) for (let d = 0; d < mean.length; d++) mean[d]! += vector[d]!;
  const distances = new Float64Array(vectors.length).fill(Number.POSITIVE_INFINITY);
  let next = indexOfGreatest(vectors.map((vector) => dot(vector, mean)));
  const picked: number[] = [];
  for (;;) {
    picked.push(next);
    if (picked.length === count) return picked;
    distances[next] = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < vectors.length; index++) {
      if (distances[index]! > Number.NEGATIVE_INFINITY) {
        distances[index] = Math.min(distances[index]!, 1 - dot(vectors[index]!, vectors[picked.at(-1)!]!));
      }
    }
    next = indexOfGreatest(distances);
  }
}

/** How many conversations are kept, by which embeddings. */
export interface DiversityStepOptions extends EmbedOptions {
  /** Conversations to keep of each language. */
  readonly keepPerLanguage: number;
}

/** Keeps the most diverse conversations of each language by vectors of our own model. */
export function diversityStep({ keepPerLanguage, ...options }: DiversityStepOptions): QualityStep {
  return {
    name: 'diversity',
    async judge(conversations: readonly Conversation[]) {
      const vectors = await embedConversations(conversations, options);
      const verdicts = vectors.map((vector): DropReason => (vector === undefined ? 'too_long' : 'like_others'));
      const usable = [...vectors.keys()].filter((index) => vectors[index] !== undefined);
      for (const own of Map.groupBy(usable, (index) => conversations[index]!.language).values()) {
        const picked = kCenterGreedy(
          own.map((index) => vectors[index]!),
          keepPerLanguage,
        );
        for (const at of picked) verdicts[own[at]!] = undefined;
      }
      return verdicts;
    },
  };
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < one.length; d++) sum += one[d]! * other[d]!;
  return sum;
}

/** The first of several. */
function indexOfGreatest(values: ArrayLike<number>): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index;
  return best;
}
