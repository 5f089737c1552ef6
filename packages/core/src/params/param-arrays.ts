/**
 * Parameters to and from typed arrays in memory, the form in which `checkpoint` reads and writes them.
 */
import { copiesNewValues } from '../backend/copies-new-values.ts';
import { coreError } from '../core-error.ts';
import { tf } from '../tf.ts';
import type { ParamMap } from './param-map.ts';

/** The same shape of object as `NamedArray` in `@marco-ts/checkpoint`. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** A `ParamMap` off the device: typed arrays with shapes, under the same names. */
export type ArrayMap = ReadonlyMap<string, NamedArray>;

/** @returns copies of all values, in the order of the map; the caller's arrays share no memory with the backend */
export async function paramsToArrays(params: ParamMap): Promise<ArrayMap> {
  const arrays = new Map<string, NamedArray>();
  for (const [name, tensor] of params) {
    if (tensor.dtype !== 'float32' && tensor.dtype !== 'int32') {
      throw coreError('paramsToArrays', `dtype must be float32 or int32, got ${tensor.dtype} at ${name}.`);
    }
    const values = (await tensor.data()) as Float32Array | Int32Array;
    arrays.set(name, { shape: [...tensor.shape], data: values.slice() });
  }
  return arrays;
}

/** @returns tensors holding copies of the arrays, owned by the caller */
export function paramsFromArrays(arrays: ArrayMap): ParamMap {
  const params = new Map<string, tf.Tensor>();
  for (const [name, { shape, data }] of arrays) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== data.length) {
      throw coreError('paramsFromArrays', `shape [${shape}] holds ${size} values, got ${data.length} at ${name}.`);
    }
    const dtype = data instanceof Int32Array ? 'int32' : 'float32';
    params.set(name, tf.tensor(copiesNewValues() ? data : data.slice(), [...shape], dtype));
  }
  return params;
}
