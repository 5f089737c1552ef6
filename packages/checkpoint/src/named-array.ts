/**
 * A tensor outside any tensor library: a shape and a flat typed array in row-major order.
 */

export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Arrays keyed by their exact Hugging Face names. */
export type ArrayMap = ReadonlyMap<string, NamedArray>;

/** Number of elements of a shape; 1 for the scalar shape `[]`. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}
