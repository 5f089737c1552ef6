/**
 * The edit count of TER: insertions, deletions, substitutions and block shifts that turn a hypothesis into a reference.
 *
 * Source: Snover et al. 2006; the greedy shift search, its limits and its tie-breaking are tercom's as in sacrebleu 2.6.0 `lib_ter.py`
 * (Memsource, Apache-2.0), since any other choice gives other scores.
 * Differs: words are integers and the matrix is two typed arrays; a shifted hypothesis reuses the rows before its first moved word.
 */

const MAX_SHIFT_SIZE = 10;
const MAX_SHIFT_DISTANCE = 50;
const BEAM_WIDTH = 25;
const MAX_SHIFT_CANDIDATES = 1000;
const INFINITE = 0x3fffffff;

const UNDEFINED = 0;
const MATCH = 1;
const SUBSTITUTE = 2;
const DELETE = 3;
const INSERT = 4;

interface EditMatrix {
  /** edit distance of `words`; rows up to and including `keep` are taken from the last call */
  distance(words: Int32Array, keep: number): number;
  /** operations of the last call from the end to the start */
  trace(): Uint8Array;
}

/** @returns the number of edits; every hypothesis word counts when the reference is empty */
export function countTerEdits(hypothesis: Int32Array, reference: Int32Array): number {
  if (reference.length === 0) return hypothesis.length;
  const matrix = createEditMatrix(hypothesis.length, reference);
  let words = hypothesis;
  let numShifts = 0;
  let numCandidates = 0;
  while (true) {
    const shift = bestShift(words, reference, matrix, numCandidates);
    numCandidates = shift.numCandidates;
    if (numCandidates >= MAX_SHIFT_CANDIDATES || shift.gain <= 0) break;
    numShifts++;
    words = shift.words;
  }
  return numShifts + matrix.distance(words, 0);
}

interface Shift {
  readonly gain: number;
  readonly words: Int32Array;
  readonly numCandidates: number;
}

function bestShift(words: Int32Array, reference: Int32Array, matrix: EditMatrix, tried: number): Shift {
  const before = matrix.distance(words, 0);
  const { align, referenceErrors, hypothesisErrors } = alignment(matrix.trace(), words.length, reference.length);
  let numCandidates = tried;
  let best: { gain: number; length: number; start: number; target: number; words: Int32Array } | null = null;
  let rowsOf = words;

  for (let start = 0; start < words.length; start++) {
    const last = Math.min(reference.length - 1, start + MAX_SHIFT_DISTANCE);
    for (let startReference = Math.max(0, start - MAX_SHIFT_DISTANCE); startReference <= last; startReference++) {
      for (let length = 1; length <= MAX_SHIFT_SIZE; length++) {
        if (start + length > words.length || startReference + length > reference.length) break;
        if (words[start + length - 1] !== reference[startReference + length - 1]) break;
        // Shift only what is wrong here and missing there, and not into itself.
        if (hypothesisErrors[start + length]! === hypothesisErrors[start]!) continue;
        if (referenceErrors[startReference + length]! === referenceErrors[startReference]!) continue;
        if (start <= align[startReference]! && align[startReference]! < start + length) continue;

        let previous = -1;
        for (let offset = -1; offset < length; offset++) {
          const target = startReference + offset === -1 ? 0 : align[startReference + offset]! + 1;
          if (target === previous) continue;
          previous = target;
          const shifted = shiftWords(words, start, length, target);
          const gain = before - matrix.distance(shifted, commonPrefix(rowsOf, shifted));
          rowsOf = shifted;
          numCandidates++;
          if (best === null || isBetter(gain, length, start, target, best))
            best = { gain, length, start, target, words: shifted };
        }
        if (numCandidates >= MAX_SHIFT_CANDIDATES) {
          return best === null
            ? { gain: 0, words, numCandidates }
            : { gain: best.gain, words: best.words, numCandidates };
        }
      }
    }
  }
  return best === null ? { gain: 0, words, numCandidates } : { gain: best.gain, words: best.words, numCandidates };
}

/** Tercom's order: the larger gain, then the longer match, the earlier match, the earlier target. */
function isBetter(
  gain: number,
  length: number,
  start: number,
  target: number,
  best: { gain: number; length: number; start: number; target: number },
): boolean {
  if (gain !== best.gain) return gain > best.gain;
  if (length !== best.length) return length > best.length;
  if (start !== best.start) return start < best.start;
  return target < best.target;
}

function commonPrefix(left: Int32Array, right: Int32Array): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length++;
  return length;
}

function shiftWords(words: Int32Array, start: number, length: number, target: number): Int32Array {
  const shifted = new Int32Array(words.length);
  const block = words.subarray(start, start + length);
  if (target < start) {
    shifted.set(words.subarray(0, target));
    shifted.set(block, target);
    shifted.set(words.subarray(target, start), target + length);
    shifted.set(words.subarray(start + length), start + length);
  } else {
    // Beyond the block, `target` is where the block's end comes to lie; inside it, the words after the block move before it.
    const moved =
      target > start + length
        ? words.subarray(start + length, target)
        : words.subarray(start + length, length + target);
    shifted.set(words.subarray(0, start));
    shifted.set(moved, start);
    shifted.set(block, start + moved.length);
    shifted.set(words.subarray(start + length + moved.length), start + moved.length + length);
  }
  return shifted;
}

/**
 * @param trace operations from the end to the start
 * @returns align: reference position to hypothesis position; running error counts, [length + 1] each
 */
function alignment(trace: Uint8Array, numHypothesis: number, numReference: number) {
  const align = new Int32Array(numReference);
  const referenceErrors = new Int32Array(numReference + 1);
  const hypothesisErrors = new Int32Array(numHypothesis + 1);
  let inHypothesis = 0;
  let inReference = 0;
  for (let index = trace.length - 1; index >= 0; index--) {
    const operation = trace[index]!;
    const error = operation === MATCH ? 0 : 1;
    if (operation !== INSERT) {
      hypothesisErrors[inHypothesis + 1] = hypothesisErrors[inHypothesis]! + error;
      inHypothesis++;
    }
    if (operation !== DELETE) {
      referenceErrors[inReference + 1] = referenceErrors[inReference]! + error;
      align[inReference++] = inHypothesis - 1;
    }
  }
  return { align, referenceErrors, hypothesisErrors };
}

function createEditMatrix(numHypothesis: number, reference: Int32Array): EditMatrix {
  const width = reference.length + 1;
  const costs = new Int32Array((numHypothesis + 1) * width).fill(INFINITE);
  const operations = new Uint8Array((numHypothesis + 1) * width).fill(UNDEFINED);
  for (let column = 0; column < width; column++) {
    costs[column] = column;
    operations[column] = INSERT;
  }
  const ratio = numHypothesis > 0 ? reference.length / numHypothesis : 1;
  const beam = BEAM_WIDTH < ratio / 2 ? Math.ceil(ratio / 2 + BEAM_WIDTH) : BEAM_WIDTH;

  return {
    distance(words, keep) {
      for (let row = keep + 1; row <= numHypothesis; row++) {
        const diagonal = Math.floor(row * ratio);
        const first = Math.max(0, diagonal - beam);
        const end = row === numHypothesis ? width : Math.min(width, diagonal + beam);
        const word = words[row - 1]!;
        const here = row * width;
        const above = here - width;
        for (let column = first; column < end; column++) {
          if (column === 0) {
            costs[here] = costs[above]! + 1;
            operations[here] = DELETE;
            continue;
          }
          const same = word === reference[column - 1];
          // A cell starts infinite, and only a smaller cost replaces it: match or substitution, then deletion, then insertion.
          let cost = INFINITE;
          let operation = UNDEFINED;
          const diagonalCost = costs[above + column - 1]! + (same ? 0 : 1);
          if (diagonalCost < cost) {
            cost = diagonalCost;
            operation = same ? MATCH : SUBSTITUTE;
          }
          const deleteCost = costs[above + column]! + 1;
          if (deleteCost < cost) {
            cost = deleteCost;
            operation = DELETE;
          }
          const insertCost = column > first ? costs[here + column - 1]! + 1 : INFINITE;
          if (insertCost < cost) {
            cost = insertCost;
            operation = INSERT;
          }
          costs[here + column] = cost;
          operations[here + column] = operation;
        }
      }
      return costs[numHypothesis * width + width - 1]!;
    },
    trace() {
      const steps = new Uint8Array(numHypothesis + reference.length);
      let length = 0;
      let row = numHypothesis;
      let column = reference.length;
      while (row > 0 || column > 0) {
        const operation = operations[row * width + column]!;
        if (operation === UNDEFINED)
          throw new Error('[@marco-ts/eval] ter: internal error, the edit path leaves the beam.');
        steps[length++] = operation;
        if (operation !== INSERT) row--;
        if (operation !== DELETE) column--;
      }
      return steps.subarray(0, length);
    },
  };
}
