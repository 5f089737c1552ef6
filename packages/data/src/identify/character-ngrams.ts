/**
 * Character n-grams and whole words of a text as hashed buckets: what language identification looks at.
 *
 * Text is lower-cased; everything but letters, marks and apostrophes is a word boundary. n-grams of 1 to `MAX_ORDER` UTF-16 units run over
 * words with a boundary on both sides, never across two boundaries. Words that no n-gram holds whole count once more as words.
 */

const NUM_BUCKETS_LOG2 = 20;
export const NUM_BUCKETS = 2 ** NUM_BUCKETS_LOG2;
const MAX_ORDER = 4;
const SPACE = 32;
const SHIFT = 32 - NUM_BUCKETS_LOG2;

const APOSTROPHES = /[’ʼ‘`´]/g;
const NOT_IN_WORD = /[^\p{L}\p{M}']+/gu;

/** Lower-cased words between single spaces, with one at either end; empty when the text has no letter. */
function simplifyForNGrams(text: string): string {
  const words = text.toLowerCase().replace(APOSTROPHES, "'").replace(NOT_IN_WORD, ' ').trim();
  return words === '' ? '' : ` ${words} `;
}

/**
 * @param text any text
 * @param visit called with the bucket of each n-gram, in [0, NUM_BUCKETS)
 * @returns number of n-grams
 */
export function forEachNGram(text: string, visit: (bucket: number) => void): number {
  const simplified = simplifyForNGrams(text);
  let count = 0;
  for (let start = 0; start < simplified.length; start++) {
    let hash = 0x811c9dc5;
    for (let order = 1; order <= MAX_ORDER && start + order <= simplified.length; order++) {
      const unit = simplified.charCodeAt(start + order - 1);
      hash = Math.imul(hash ^ unit, 0x9e3779b1);
      hash ^= hash >>> 15;
      if (order === 1 && unit === SPACE) continue;
      visit(Math.imul(hash, 0x85ebca6b) >>> SHIFT);
      count++;
      // A boundary in second place or later ends the word.
      if (unit === SPACE && order > 1) break;
    }
  }
  return count + forEachLongWord(simplified, visit);
}

/** Words of more letters than an n-gram holds between its boundaries; a seed of their own keeps them apart from n-grams. */
function forEachLongWord(simplified: string, visit: (bucket: number) => void): number {
  let count = 0;
  for (let start = 1; start < simplified.length; ) {
    let hash = 0x3c6ef372;
    let end = start;
    for (; simplified.charCodeAt(end) !== SPACE; end++) {
      hash = Math.imul(hash ^ simplified.charCodeAt(end), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    if (end - start > MAX_ORDER - 2) {
      visit(Math.imul(hash, 0x85ebca6b) >>> SHIFT);
      count++;
    }
    start = end + 1;
  }
  return count;
}
