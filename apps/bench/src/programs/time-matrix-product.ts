/**
 * Times one matrix product on the current backend.
 *
 * Shapes: a is [batch, m, k] and b [batch, k, n], each with its last two axes swapped where it is transposed.
 */
import { createRandom, tf } from '@marco-ts/core';
import { timeCalls } from './time-calls.ts';

export interface MatrixProduct {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** @returns seconds of one product */
export function timeMatrixProduct(product: MatrixProduct, durationSeconds: number): number {
  const { batch, m, k, n, transposeA, transposeB } = product;
  const random = createRandom(1);
  const uniform = (rows: number, columns: number) =>
    tf.tensor3d(
      Float32Array.from({ length: batch * rows * columns }, () => random.uniform()),
      [batch, rows, columns],
    );
  const a = transposeA ? uniform(k, m) : uniform(m, k);
  const b = transposeB ? uniform(n, k) : uniform(k, n);
  const multiply = () => tf.matMul(a, b, transposeA, transposeB).dispose();
  multiply();
  const seconds = timeCalls(multiply, durationSeconds);
  tf.dispose([a, b]);
  return seconds;
}
