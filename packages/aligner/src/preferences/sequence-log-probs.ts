/**
 * Log-probability of every answer in a batch: the sums of its tokens' log-probabilities.
 *
 * Shapes: T = B·L positions, S sequences. A product with a 0/1 matrix, because that has a gradient on every backend.
 */
import { tf } from '@marco-ts/core';

/**
 * @param nll_BL nats per token, 0 where nothing is predicted; not disposed
 * @param sequenceIds [T] sequence of each position, -1 for none
 * @returns [S] sums of -nll, in nats
 */
export function sequenceLogProbs(nll_BL: tf.Tensor, sequenceIds: Int32Array, numSequences: number): tf.Tensor1D {
  const numPositions = sequenceIds.length;
  const membership = new Float32Array(numSequences * numPositions);
  for (let t = 0; t < numPositions; t++) {
    const sequence = sequenceIds[t]!;
    if (sequence >= 0) membership[sequence * numPositions + t] = -1;
  }
  return tf.tidy(() => {
    const sums = tf.matMul(
      tf.tensor2d(membership, [numSequences, numPositions]),
      tf.reshape(nll_BL, [numPositions, 1]),
    );
    return tf.reshape(sums, [numSequences]) as tf.Tensor1D;
  });
}
