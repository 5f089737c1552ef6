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
/** Lower case of these takes more than a look at one unit: surrogates, I with dot, and sigma, which has a final form. */
const NEEDS_CONTEXT = /[\ud800-\udfff\u0130\u03a3]/;

/** What a unit becomes by itself: its lower case, an apostrophe or a boundary; 0 where that is not known yet. */
const simplifiedUnits = new Uint16Array(0x10000);

const simplifyText = (text: string): string => text.toLowerCase().replace(APOSTROPHES, "'").replace(NOT_IN_WORD, ' ');

function simplifyUnit(unit: number): number {
  simplifiedUnits[unit] = simplifyText(String.fromCharCode(unit)).charCodeAt(0);
  return simplifiedUnits[unit]!;
}

/** Units of a text that are looked at together: whatever its length, this much memory. */
const PIECE_UNITS = 6500;
/** In lower case: that of I with dot takes two units. */
const MAX_SIMPLIFIED_UNITS = 2 * PIECE_UNITS + 2;
/** n-grams of one piece at most: MAX_ORDER from each unit and the words. */
export const MAX_PIECE_NGRAMS = MAX_SIMPLIFIED_UNITS * (MAX_ORDER + 1);
const units = new Uint16Array(MAX_SIMPLIFIED_UNITS);
const buckets = new Uint32Array(MAX_PIECE_NGRAMS);

const simplifiedUnit = (unit: number): number => simplifiedUnits[unit]! || simplifyUnit(unit);

/** Where the piece from `start` ends: at a word boundary of its second half, where it has one. */
function endOfPiece(text: string, start: number): number {
  const limit = start + PIECE_UNITS;
  if (limit >= text.length) return text.length;
  for (let end = limit; end > limit - PIECE_UNITS / 2; end--) {
    const unit = text.charCodeAt(end);
    if ((unit & 0xf800) !== 0xd800 && simplifiedUnit(unit) === SPACE) return end;
  }
  return limit;
}

/** Fills `units` with lower-cased words between single spaces, with one at either end; answers how many, 0 when the piece has no letter. */
function simplifyForNGrams(piece: string): number {
  const given = NEEDS_CONTEXT.test(piece) ? simplifyText(piece) : piece;
  units[0] = SPACE;
  let length = 1;
  for (let i = 0; i < given.length; i++) {
    const unit = given.charCodeAt(i);
    const simplified = (unit & 0xf800) === 0xd800 ? unit : simplifiedUnit(unit);
    if (simplified !== SPACE || units[length - 1] !== SPACE) units[length++] = simplified;
  }
  if (length === 1) return 0;
  if (units[length - 1] !== SPACE) units[length++] = SPACE;
  return length;
}

/**
 * @param text any text; of a long one, pieces are cut at word boundaries
 * @param visit called for each piece with the bucket of each n-gram, in [0, NUM_BUCKETS); overwritten by the next piece
 */
export function forEachPieceOfNGrams(text: string, visit: (buckets: Uint32Array) => void): void {
  for (let start = 0; start < text.length; ) {
    const end = endOfPiece(text, start);
    visit(nGramBuckets(text.slice(start, end)));
    start = end;
  }
}

/** Fills `buckets` with the n-grams of `units`, then with its long words. */
function nGramBuckets(piece: string): Uint32Array {
  const length = simplifyForNGrams(piece);
  let count = 0;
  for (let start = 0; start < length; start++) {
    let hash = 0x811c9dc5;
    const end = Math.min(start + MAX_ORDER, length);
    for (let i = start; i < end; i++) {
      const unit = units[i]!;
      hash = Math.imul(hash ^ unit, 0x9e3779b1);
      hash ^= hash >>> 15;
      if (unit !== SPACE) buckets[count++] = Math.imul(hash, 0x85ebca6b) >>> SHIFT;
      else if (i > start) {
        // A boundary in second place or later ends the word.
        buckets[count++] = Math.imul(hash, 0x85ebca6b) >>> SHIFT;
        break;
      }
    }
  }
  return buckets.subarray(0, addLongWords(length, count));
}

/** Words of more letters than an n-gram holds between its boundaries; a seed of their own keeps them apart from n-grams. */
function addLongWords(length: number, numBuckets: number): number {
  let count = numBuckets;
  for (let start = 1; start < length; ) {
    let hash = 0x3c6ef372;
    let end = start;
    for (; units[end] !== SPACE; end++) {
      hash = Math.imul(hash ^ units[end]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    if (end - start > MAX_ORDER - 2) buckets[count++] = Math.imul(hash, 0x85ebca6b) >>> SHIFT;
    start = end + 1;
  }
  return count;
}
