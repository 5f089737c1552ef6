/** Rewrites a broadcast of two shapes as the fewest dimensions with strides, for the elementwise kernel. */

export interface CollapsedBroadcast {
  /** four sizes, outermost first, padded with 1 */
  readonly dims: readonly number[];
  /** strides in elements; 0 repeats */
  readonly stridesA: readonly number[];
  readonly stridesB: readonly number[];
}

/** Strides of a contiguous shape aligned to the right of `rank` dimensions, 0 where it is broadcast. */
function broadcastStrides(shape: readonly number[], rank: number): number[] {
  const strides = new Array<number>(rank).fill(0);
  let stride = 1;
  for (let i = 1; i <= shape.length; i++) {
    const size = shape[shape.length - i]!;
    if (size !== 1) strides[rank - i] = stride;
    stride *= size;
  }
  return strides;
}

/** @returns null when more than four dimensions remain */
export function collapseBroadcast(
  a: readonly number[],
  b: readonly number[],
  out: readonly number[],
): CollapsedBroadcast | null {
  const rank = out.length;
  const allA = broadcastStrides(a, rank);
  const allB = broadcastStrides(b, rank);
  const dims: number[] = [];
  const stridesA: number[] = [];
  const stridesB: number[] = [];
  for (let i = rank - 1; i >= 0; i--) {
    const size = out[i]!;
    if (size === 1) continue;
    const inner = dims[0];
    if (inner !== undefined && allA[i] === stridesA[0]! * inner && allB[i] === stridesB[0]! * inner) {
      dims[0] = inner * size;
      continue;
    }
    dims.unshift(size);
    stridesA.unshift(allA[i]!);
    stridesB.unshift(allB[i]!);
  }
  if (dims.length > 4) return null;
  while (dims.length < 4) {
    dims.unshift(1);
    stridesA.unshift(0);
    stridesB.unshift(0);
  }
  return { dims, stridesA, stridesB };
}
