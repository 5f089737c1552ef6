/**
 * Scores of translation pairs, from any model of similarity or translation quality, and a threshold on them.
 *
 * Shapes: one score a pair, in the order of the pairs; higher is better.
 */
import type { ParallelPair } from './align-paragraphs.ts';
import type { FilteredPairs } from './parallel-filters.ts';

/** Says how good translation pairs are. */
export interface PairScorer {
  /** Snake case; a pair below the threshold goes as `low_<name>`. */
  readonly name: string;
  /** One score a pair, in their order; higher is better. */
  score(pairs: readonly ParallelPair[]): Promise<readonly number[]> | readonly number[];
}

/** The threshold, and who is told of dropped pairs. */
export interface FilterByScoreOptions {
  /** Pairs below it are dropped. */
  readonly minScore: number;
  /** Pairs that the scorer gets at once; 64 without it. */
  readonly batchSize?: number;
  /** Told of each dropped pair with its score. */
  readonly onDrop?: (pair: ParallelPair, reason: string, score: number) => void;
}

/**
 * kept + dropped = read, in the order of `pairs`.
 *
 * @throws Error when the scorer answers with another number of scores, or with one that is not a number
 */
export async function filterByScore(
  pairs: readonly ParallelPair[],
  scorer: PairScorer,
  options: FilterByScoreOptions,
): Promise<FilteredPairs> {
  const { minScore, batchSize = 64, onDrop } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new Error(`[@marco-ts/data] filterByScore: batchSize must be a positive integer, got ${batchSize}.`);
  }
  const reason = `low_${scorer.name}`;
  const kept: ParallelPair[] = [];
  for (let start = 0; start < pairs.length; start += batchSize) {
    const batch = pairs.slice(start, start + batchSize);
    const scores = await scorer.score(batch);
    if (scores.length !== batch.length) {
      throw new Error(
        `[@marco-ts/data] filterByScore: a scorer must give one score a pair, got ${scores.length} for ${batch.length} pairs from ${scorer.name}. Correct its score().`,
      );
    }
    for (const [i, pair] of batch.entries()) {
      const score = scores[i]!;
      if (Number.isNaN(score)) {
        throw new Error(
          `[@marco-ts/data] filterByScore: a score must be a number, got NaN for ${pair.id} from ${scorer.name}. Drop such pairs before, or correct its score().`,
        );
      }
      if (score >= minScore) kept.push(pair);
      else onDrop?.(pair, reason, score);
    }
  }
  const numDropped = pairs.length - kept.length;
  return { kept, droppedByReason: numDropped === 0 ? {} : { [reason]: numDropped } };
}
