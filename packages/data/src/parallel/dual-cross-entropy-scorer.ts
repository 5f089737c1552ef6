/**
 * A score of translation pairs by what translation models of both directions think of them: likely, and equally likely.
 *
 * Source: Junczys-Dowmunt 2018, Dual Conditional Cross-Entropy Filtering of Noisy Parallel Corpora (WMT).
 * Units: cross-entropies in nats by token; the score is exp(-(|H1 - H2| + (H1 + H2) / 2)), 0 to 1.
 */
import type { ParallelPair } from './align-paragraphs.ts';
import type { PairScorer } from './pair-scorer.ts';

/** The translation models, as one function. */
export interface DualCrossEntropyOptions {
  /**
   * Mean negative log-probability of each target given its source, in the order of the pairs. The pairs come once as they are and once turned
   * round. Any model that gives log-probabilities will do: one of `@marco-ts/eval`'s language models, or a server that echoes them.
   */
  readonly crossEntropies: (pairs: readonly ParallelPair[]) => Promise<readonly number[]>;
}

const turnedRound = (pair: ParallelPair): ParallelPair => ({
  ...pair,
  source: pair.target,
  target: pair.source,
  sourceLanguage: pair.targetLanguage,
  targetLanguage: pair.sourceLanguage,
});

/** A scorer that calls a pair good when both directions find it likely and agree on how likely. */
export function dualCrossEntropyScorer({ crossEntropies }: DualCrossEntropyOptions): PairScorer {
  return {
    name: 'dual_cross_entropy',
    async score(pairs) {
      const forward = await crossEntropies(pairs);
      const backward = await crossEntropies(pairs.map(turnedRound));
      if (forward.length !== pairs.length || backward.length !== pairs.length) {
        throw new Error(
          `[@marco-ts/data] dualCrossEntropyScorer: there must be one cross-entropy a pair, got ${forward.length} and ${backward.length} for ${pairs.length} pairs. Correct crossEntropies().`,
        );
      }
      return pairs.map((_, i) => Math.exp(-(Math.abs(forward[i]! - backward[i]!) + (forward[i]! + backward[i]!) / 2)));
    },
  };
}
