/**
 * Sorts fixed-width records in memory by radix: what the sorted runs on disk are made of.
 *
 * Source: least-significant-digit radix sort, Knuth, The Art of Computer Programming, volume 3, section 5.2.5.
 * Shapes: a record is `RECORD_WORDS` unsigned 32-bit words, compared from its first word to its last.
 */

/** Two 64-bit numbers: what a record is sorted by first, and what it says. */
export const RECORD_WORDS = 4;
export const RECORD_BYTES = RECORD_WORDS * 4;

const DIGIT_BITS = 16;
const NUM_DIGITS = 1 << DIGIT_BITS;
const NUM_PASSES = RECORD_WORDS * 2;
/** Below this, an insertion sort is done before the histograms are cleared. */
const SMALL = 256;

/** Digit `pass` of the record at `at`, the last word's low half first. */
const digitOf = (words: Uint32Array, at: number, pass: number): number =>
  (words[at + RECORD_WORDS - 1 - (pass >> 1)]! >>> ((pass & 1) * DIGIT_BITS)) & (NUM_DIGITS - 1);

/** @returns below 0, 0 or above 0, as the first record comes before, equals or follows the second */
export function compareRecords(a: Uint32Array, atA: number, b: Uint32Array, atB: number): number {
  for (let word = 0; word < RECORD_WORDS; word++) {
    const difference = a[atA + word]! - b[atB + word]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function insertionSort(words: Uint32Array, numRecords: number): void {
  const held = new Uint32Array(RECORD_WORDS);
  for (let record = 1; record < numRecords; record++) {
    let to = record * RECORD_WORDS;
    held.set(words.subarray(to, to + RECORD_WORDS));
    while (to > 0 && compareRecords(words, to - RECORD_WORDS, held, 0) > 0) {
      words.copyWithin(to, to - RECORD_WORDS, to);
      to -= RECORD_WORDS;
    }
    words.set(held, to);
  }
}

/**
 * @param words [R·4] the records, sorted in place
 * @param numRecords R; words behind it are left alone
 * @param scratch at least as long as the records
 */
export function sortRecords(words: Uint32Array, numRecords: number, scratch: Uint32Array): void {
  if (numRecords < SMALL) {
    insertionSort(words, numRecords);
    return;
  }
  const starts = new Uint32Array(NUM_DIGITS);
  let from = words;
  let to = scratch;
  for (let pass = 0; pass < NUM_PASSES; pass++) {
    starts.fill(0);
    const end = numRecords * RECORD_WORDS;
    for (let at = 0; at < end; at += RECORD_WORDS) starts[digitOf(from, at, pass)]!++;
    if (starts[digitOf(from, 0, pass)] === numRecords) continue;
    let next = 0;
    for (let digit = 0; digit < NUM_DIGITS; digit++) {
      const count = starts[digit]!;
      starts[digit] = next;
      next += count;
    }
    for (let at = 0; at < end; at += RECORD_WORDS) {
      const target = starts[digitOf(from, at, pass)]!++ * RECORD_WORDS;
      to[target] = from[at]!;
      to[target + 1] = from[at + 1]!;
      to[target + 2] = from[at + 2]!;
      to[target + 3] = from[at + 3]!;
    }
    [from, to] = [to, from];
  }
  if (from !== words) words.set(from.subarray(0, numRecords * RECORD_WORDS));
}
