/**
 * The nearest matrix with equal singular values, roughly, by five Newton-Schulz steps: X <- a X + (b A + c A²) X with A = X Xᵀ.
 *
 * Source: Jordan et al. 2024, Muon (kellerjordan.github.io/posts/muon); `torch.optim.Muon`, whose coefficients and order are kept.
 * Shapes: R rows, C columns. Differs: float32 throughout, where PyTorch's rounds to bfloat16.
 */
import { tf } from '@marco-ts/core';

/** They bring every singular value in (0, 1] close to 1 in few steps, not exactly to it. */
const [A, B, C] = [3.4445, -4.775, 2.0315];

/**
 * @param matrix_RC float32; not disposed
 * @param numSteps Newton-Schulz steps; the singular values of the result lie between about 0.7 and 1.2 after five
 * @returns [R, C], owned by the caller
 */
export function orthogonalize(matrix_RC: tf.Tensor2D, numSteps = 5): tf.Tensor2D {
  const [rows, columns] = matrix_RC.shape;
  const isTall = rows > columns;
  return tf.tidy(() => {
    let x = isTall ? tf.transpose(matrix_RC) : matrix_RC;
    x = tf.div(x, tf.maximum(tf.norm(x), 1e-7));
    for (let step = 0; step < numSteps; step++) {
      const before = x;
      x = tf.tidy(() => {
        const gram = tf.matMul(before, before, false, true);
        const polynomial = tf.add(tf.mul(gram, B), tf.mul(tf.matMul(gram, gram), C)) as tf.Tensor2D;
        return tf.add(tf.mul(before, A), tf.matMul(polynomial, before)) as tf.Tensor2D;
      });
      if (before !== matrix_RC) before.dispose();
    }
    return (isTall ? tf.transpose(x) : x) as tf.Tensor2D;
  });
}
