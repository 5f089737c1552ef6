/**
 * How many documents there are in each language and how long they are, in counts that add up over units and ranks.
 *
 * Units: characters are code points, bytes are UTF-8; `lengths[k]` counts documents of 2^k to 2^(k+1) - 1 characters.
 */
import type { Document } from '../document.ts';
import { codePointLength } from '../filters/text-lines.ts';

/** Statistics of one language. */
export interface LanguageStatistics {
  readonly numDocuments: number;
  readonly numCharacters: number;
  readonly numBytes: number;
  readonly lengths: readonly number[];
}

/** Statistics by language. */
export type DocumentStatistics = Readonly<Record<string, LanguageStatistics>>;

export interface DocumentStatisticsCounter {
  count(document: Document): void;
  add(statistics: DocumentStatistics): void;
  toJson(): DocumentStatistics;
}

interface Counts {
  numDocuments: number;
  numCharacters: number;
  numBytes: number;
  lengths: number[];
}

/** @returns a counter that has seen nothing yet */
export function createDocumentStatistics(): DocumentStatisticsCounter {
  const languages = new Map<string, Counts>();
  const countsOf = (language: string): Counts => {
    let counts = languages.get(language);
    if (counts === undefined) {
      counts = { numDocuments: 0, numCharacters: 0, numBytes: 0, lengths: [] };
      languages.set(language, counts);
    }
    return counts;
  };
  const countLength = (counts: Counts, power: number, count: number): void => {
    while (counts.lengths.length <= power) counts.lengths.push(0);
    counts.lengths[power]! += count;
  };
  return {
    count: ({ language, text }) => {
      const counts = countsOf(language);
      const numCharacters = codePointLength(text);
      counts.numDocuments++;
      counts.numCharacters += numCharacters;
      counts.numBytes += Buffer.byteLength(text);
      countLength(counts, Math.floor(Math.log2(Math.max(1, numCharacters))), 1);
    },
    add: (statistics) => {
      for (const [language, other] of Object.entries(statistics)) {
        const counts = countsOf(language);
        counts.numDocuments += other.numDocuments;
        counts.numCharacters += other.numCharacters;
        counts.numBytes += other.numBytes;
        for (const [power, count] of other.lengths.entries()) countLength(counts, power, count);
      }
    },
    toJson: () => Object.fromEntries([...languages].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** @returns the power of two below which at least half of the documents' lengths lie, as a length in characters */
export function medianLengthBelow({ lengths, numDocuments }: LanguageStatistics): number {
  let seen = 0;
  for (const [power, count] of lengths.entries()) {
    seen += count;
    if (seen * 2 >= numDocuments) return 2 ** (power + 1);
  }
  return 0;
}
