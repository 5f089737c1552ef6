/**
 * What the machine can do on the current backend: the best of a few large matrix products, in floating-point operations per second.
 *
 * Units: a multiplication and an addition are two operations. A quarter of a second at most on a slow machine after the first product.
 */
import { tf } from '@marco-ts/core';

const SIZE = 768;
const ROUNDS = 4;

/** @returns operations per second of float32 products; a share of it is what a training step reaches */
export async function measurePeakFlops(): Promise<number> {
  const [a, b] = [tf.ones([SIZE, SIZE]), tf.ones([SIZE, SIZE])] as [tf.Tensor2D, tf.Tensor2D];
  let best = Number.POSITIVE_INFINITY;
  try {
    // The first one may compile a kernel.
    for (let round = 0; round <= ROUNDS; round++) {
      const startedAt = performance.now();
      const corner = tf.tidy(() => tf.slice(tf.matMul(a, b), [0, 0], [1, 1]));
      await corner.data();
      if (round > 0) best = Math.min(best, performance.now() - startedAt);
      corner.dispose();
    }
  } finally {
    tf.dispose([a, b]);
  }
  return (2 * SIZE ** 3) / (best / 1000);
}
