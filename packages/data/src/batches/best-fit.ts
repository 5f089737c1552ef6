/**
 * Best-fit packing of pieces into bins of equal capacity, in O(P log L).
 *
 * Source: Ding et al. 2024, arXiv:2404.10830 (best-fit decreasing with a segment tree over remaining capacity); ties go to the earlier piece
 * and the earlier bin, so that the result depends on nothing but the input.
 * Shapes: P pieces, N bins.
 */

export interface PackedBins {
  readonly numBins: number;
  /** [P] bin of each piece */
  readonly binOf: Uint32Array;
}

/** Smallest set index at or above a value, over indices 0 to `limit`. */
function createIndexSet(limit: number) {
  let width = 1;
  while (width < limit + 1) width *= 2;
  const tree = new Uint8Array(width * 2);
  return {
    set(index: number, isSet: boolean): void {
      let node = width + index;
      tree[node] = isSet ? 1 : 0;
      for (node >>= 1; node >= 1; node >>= 1) tree[node] = tree[node * 2]! | tree[node * 2 + 1]!;
    },
    atOrAbove(index: number): number {
      let node = width + index;
      if (tree[node]) return index;
      while (node > 1) {
        const isLeft = node % 2 === 0;
        node >>= 1;
        if (isLeft && tree[node * 2 + 1]) {
          node = node * 2 + 1;
          while (node < width) node = tree[node * 2] ? node * 2 : node * 2 + 1;
          return node - width;
        }
      }
      return -1;
    },
  };
}

/** Piece indices by falling length, equal lengths in their order (a counting sort). */
function byFallingLength(lengths: Uint32Array, capacity: number): Uint32Array {
  const starts = new Uint32Array(capacity + 2);
  for (let i = 0; i < lengths.length; i++) starts[capacity - lengths[i]! + 1]!++;
  for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!;
  const order = new Uint32Array(lengths.length);
  for (let i = 0; i < lengths.length; i++) order[starts[capacity - lengths[i]!]!++] = i;
  return order;
}

/**
 * Puts every piece into a bin, the longest first, each where it leaves the least room.
 *
 * @param lengths [P] each in [1, capacity]
 * @param capacity length of a bin
 */
export function packBestFit(lengths: Uint32Array, capacity: number): PackedBins {
  const binOf = new Uint32Array(lengths.length);
  // Bins with the same remaining room are a queue through `next`, oldest first.
  const head = new Int32Array(capacity + 1).fill(-1);
  const tail = new Int32Array(capacity + 1).fill(-1);
  const next = new Int32Array(lengths.length).fill(-1);
  const room = createIndexSet(capacity);
  let numBins = 0;
  for (const piece of byFallingLength(lengths, capacity)) {
    const length = lengths[piece]!;
    let remaining = room.atOrAbove(length);
    let bin: number;
    if (remaining < 0) {
      bin = numBins++;
      remaining = capacity;
    } else {
      bin = head[remaining]!;
      head[remaining] = next[bin]!;
      if (head[remaining] === -1) {
        tail[remaining] = -1;
        room.set(remaining, false);
      }
    }
    binOf[piece] = bin;
    const left = remaining - length;
    if (left === 0) continue;
    next[bin] = -1;
    if (tail[left] === -1) {
      head[left] = bin;
      room.set(left, true);
    } else next[tail[left]!] = bin;
    tail[left] = bin;
  }
  return { numBins, binOf };
}
