/**
 * Values that Python and TypeScript make alike, so that fixtures need not hold inputs: a 32-bit mixing of index and seed.
 *
 * Source: `formula_values` in tools/goldens/core_ops.py.
 */
import { tf } from '../src/tf.ts';

/** @returns float32 values in [-scale/2, scale/2) */
export function formulaValues(seed: number, size: number, scale = 1): Float32Array {
  return Float32Array.from({ length: size }, (_, index) => {
    let x = (Math.imul(index, 2654435761) + Math.imul(seed, 40503) + 1) >>> 0;
    x = (x ^ (x >>> 16)) >>> 0;
    x = Math.imul(x, 0x45d9f3b) >>> 0;
    x = (x ^ (x >>> 16)) >>> 0;
    return (x / 4294967296 - 0.5) * scale;
  });
}

export function formulaTensor<Shape extends number[]>(seed: number, shape: [...Shape], scale = 1): TensorOf<Shape> {
  const size = shape.reduce((product, length) => product * length, 1);
  const dimensions: number[] = shape;
  return tf.tensor<tf.Rank>(formulaValues(seed, size, scale), dimensions as [number], 'float32') as TensorOf<Shape>;
}

type TensorOf<Shape extends number[]> = Shape['length'] extends 1
  ? tf.Tensor1D
  : Shape['length'] extends 2
    ? tf.Tensor2D
    : Shape['length'] extends 3
      ? tf.Tensor3D
      : tf.Tensor4D;
