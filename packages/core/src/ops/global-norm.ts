/**
 * Euclidean norm of all gradients together.
 *
 * Source: `torch.nn.utils.clip_grad_norm_` (the norm part).
 */
import type { ParamMap } from '../params/param-map.ts';
import { tf } from '../tf.ts';
import { hasKernel, runKernel } from './custom-op.ts';

/**
 * @param grads float32; not disposed
 * @returns the square root of the sum of all squares; 0 for an empty map, NaN or Infinity when the gradients hold one
 */
export async function globalNorm(grads: ParamMap): Promise<number> {
  if (grads.size === 0) return 0;
  const sumOfSquares = hasKernel('MarcoSumOfSquares')
    ? (x: tf.Tensor) => tf.reshape(runKernel('MarcoSumOfSquares', { x })[0]!, [1])
    : (x: tf.Tensor) => tf.reshape(tf.sum(tf.square(x)), [1]);
  // One tensor, so that the device is read once.
  const sums = tf.tidy(() => tf.concat([...grads.values()].map(sumOfSquares)));
  try {
    const values = await sums.data();
    let total = 0;
    for (const value of values) total += value;
    return Math.sqrt(total);
  } finally {
    sums.dispose();
  }
}
