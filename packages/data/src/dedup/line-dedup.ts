/**
 * Takes out lines or paragraphs that were seen before, in the document or in the whole corpus: menus, notices, copied passages.
 *
 * Source: CCNet (Wenzek et al. 2020, arXiv:1911.00359), section 3.1: paragraphs by a hash of their normalised text; Lee et al. 2022,
 * arXiv:2107.06499, for why. Texts are compared in lower case without marks and diacritics, every number the same.
 * Units: 12 bytes a remembered line, at a load of 0.3 to 0.6: 20 to 40 bytes; a corpus of 50 million different lines takes 1 to 2 GB.
 * Differs: when the memory is full it goes on with what it knows, counts what it could not remember, and never grows.
 */
import { type DocumentFilter, drop, KEEP, keepEdited } from '../filters/document-filter.ts';
import { codePointLength } from '../filters/text-lines.ts';
import { hashTextInto } from '../random/hash-text.ts';
import { comparableText } from './comparable-words.ts';
import { createHashTable } from './hash-table.ts';

/** Which hashes were seen before. */
export interface LineMemory {
  /** Remembers a 64-bit hash. @returns how often it was seen before */
  countBefore(low: number, high: number): number;
  readonly size: number;
  /** Different lines that came after the memory was full. */
  readonly numNotRemembered: number;
}

const DEFAULT_MAX_LINES = 20_000_000;

/**
 * An empty memory of lines, to be shared by all documents of a corpus.
 *
 * @param options.maxLines different lines that are remembered at most
 */
export function createLineMemory(options: { readonly maxLines?: number } = {}): LineMemory {
  const { maxLines = DEFAULT_MAX_LINES } = options;
  const table = createHashTable();
  let counts = new Uint8Array(1024);
  let numNotRemembered = 0;
  return {
    get size() {
      return table.size;
    },
    get numNotRemembered() {
      return numNotRemembered;
    },
    countBefore(low, high) {
      if (table.size >= maxLines && table.get(low, high) < 0) {
        numNotRemembered++;
        return 0;
      }
      const index = table.getOrSet(low, high, table.size);
      if (index < 0) {
        if (table.size > counts.length) {
          const grown = new Uint8Array(counts.length * 2);
          grown.set(counts);
          counts = grown;
        }
        counts[table.size - 1] = 1;
        return 0;
      }
      const before = counts[index]!;
      counts[index] = Math.min(255, before + 1);
      return before;
    },
  };
}

/** What counts as a repeated line, and how many repetitions stay. */
export interface LineDedupOptions {
  /** `line`: between line ends; `paragraph`: between blank lines. */
  readonly unit?: 'line' | 'paragraph';
  /** Lines of the whole corpus in the order in which documents come; a new memory for each document when absent. */
  readonly memory?: LineMemory;
  /** Occurrences that stay, the first ones. */
  readonly maxOccurrences?: number;
  /** Shorter ones stay: a name or a `Yes.` may well come twice. Code points of the normalised text. */
  readonly minLength?: number;
  /** Documents of which less than this share of code points remains are dropped. */
  readonly minRemaining?: number;
}

const SEPARATORS = { line: /(\n)/, paragraph: /(\n[^\S\n]*(?:\n[^\S\n]*)+)/ } as const;
const EDITS = { line: 'duplicate_line', paragraph: 'duplicate_paragraph' } as const;

/** Drops as `duplicate_lines` or `duplicate_paragraphs` where too little remains; counts what it takes out in the singular. */
export function lineDedup(options: LineDedupOptions = {}): DocumentFilter {
  const { unit = 'line', memory, maxOccurrences = 1, minLength = 10, minRemaining = 0 } = options;
  const halves = new Uint32Array(2);
  return {
    name: memory === undefined ? `${unit}_dedup_in_document` : `${unit}_dedup`,
    check({ text }) {
      const seen = memory ?? createLineMemory();
      const pieces = text.split(SEPARATORS[unit]);
      let kept = '';
      let numDuplicates = 0;
      for (let i = 0; i < pieces.length; i += 2) {
        const comparable = comparableText(pieces[i]!).trim();
        if (codePointLength(comparable) >= minLength) {
          hashTextInto(comparable, halves);
          if (seen.countBefore(halves[0]!, halves[1]!) >= maxOccurrences) {
            numDuplicates++;
            continue;
          }
        }
        kept += pieces[i]! + (pieces[i + 1] ?? '');
      }
      if (numDuplicates === 0) return KEEP;
      const result = kept.trimEnd();
      if (result.trim() === '' || codePointLength(result) < minRemaining * codePointLength(text))
        return drop(`${EDITS[unit]}s`);
      return keepEdited(result, { [EDITS[unit]]: numDuplicates });
    },
  };
}
