/**
 * Which examples stand before a document.
 *
 * Source: `ContextSampler` and `FirstNSampler` of lm-evaluation-harness 0.4.13: with the same seed and rows, the same examples. Where the
 * examples come from the scored split itself, the document is left out of them.
 */
import { isDeepStrictEqual } from 'node:util';
import { inputError } from '../../input-error.ts';
import { pythonRandom } from './python-random.ts';
import type { Row } from './task-definition.ts';

export interface FewShotSamplerOptions {
  readonly task: string;
  readonly pool: readonly Row[];
  readonly sampler: 'default' | 'first_n';
  readonly count: number;
  readonly seed: number;
  /** whether the document may be among the examples, so that it has to be left out */
  readonly sharesSplit: boolean;
}

/**
 * @returns the examples of one document; with 'default' each call draws anew, so documents are asked for in order
 * @throws Error where there are fewer examples than asked for
 */
export function fewShotSampler(options: FewShotSamplerOptions): (document: Row) => readonly Row[] {
  const { task, pool, sampler, count, seed, sharesSplit } = options;
  if (!Number.isInteger(count) || count < 0) {
    throw inputError(task, `numFewShot must be a whole number, 0 or more, got ${count}.`);
  }
  if (count === 0) return () => [];
  const needed = sharesSplit ? count + 1 : count;
  if (pool.length < needed) {
    throw inputError(
      task,
      `numFewShot ${count} needs ${needed} rows to choose from, got ${pool.length}. Ask for fewer.`,
    );
  }
  const others = (document: Row, rows: readonly Row[]): readonly Row[] =>
    sharesSplit ? rows.filter((row) => !isDeepStrictEqual(row, document)) : rows;

  if (sampler === 'first_n')
    return (document) => enough(task, others(document, pool.slice(0, needed)), pool, document, count);
  const random = pythonRandom(seed);
  return (document) => {
    const drawn = others(document, random.sample(pool, needed)).slice(0, count);
    return drawn.length === count ? drawn : random.sample(others(document, pool), count);
  };
}

/** The first rows that are not the document, also where the document stands among them several times. */
function enough(
  task: string,
  first: readonly Row[],
  pool: readonly Row[],
  document: Row,
  count: number,
): readonly Row[] {
  if (first.length >= count) return first.slice(0, count);
  const rest = pool.filter((row) => !isDeepStrictEqual(row, document));
  if (rest.length >= count) return rest.slice(0, count);
  throw inputError(task, `numFewShot ${count} needs as many rows besides the document, got ${rest.length}.`);
}
