/**
 * The first of equal translation pairs stays.
 *
 * Source: OpusFilter's remove_duplicates (Aulamo et al. 2020), which compares both sides as they are, or in lower case and letters alone.
 * Differs: digits count too when normalised, because "in 1948" and "in 1966" are two pairs.
 */
import { createHashTable } from '../dedup/hash-table.ts';
import { drop, KEEP } from '../filters/document-filter.ts';
import { hashTextInto } from '../random/hash-text.ts';
import type { ParallelFilter } from './parallel-filters.ts';

/** What makes pairs equal. */
export interface PairDedupOptions {
  /** `normalised` compares lower case without punctuation, marks of width and repeated spaces. */
  readonly by?: 'exact' | 'normalised';
}

const normalised = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();

/** A filter that remembers the pairs it has seen; drops as `exact_duplicate_pair` or `normalised_duplicate_pair`. */
export function pairDedup(options: PairDedupOptions = {}): ParallelFilter {
  const by = options.by ?? 'exact';
  const form = by === 'exact' ? (text: string) => text : normalised;
  const seen = createHashTable();
  const halves = new Uint32Array(2);
  return {
    name: 'dedup',
    check: ({ source, target, sourceLanguage, targetLanguage }) => {
      hashTextInto(JSON.stringify([sourceLanguage, targetLanguage, form(source), form(target)]), halves);
      return seen.getOrSet(halves[0]!, halves[1]!, 0) === -1 ? KEEP : drop(`${by}_duplicate_pair`);
    },
  };
}
