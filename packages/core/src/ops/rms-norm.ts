/**
 * Root-mean-square normalization: y = x / rms(x) * weight.
 *
 * Source: Zhang and Sennrich 2019, arXiv:1910.07467; `Qwen2RMSNorm` in transformers.
 */
import { expectShape } from '../shape/expect-shape.ts';
import { tf } from '../tf.ts';
import { customOp, hasKernel, runKernel } from './custom-op.ts';

/**
 * @param x_BLD activations; not disposed
 * @param weight_D learned scale; not disposed
 * @param eps added to the mean square before the root (config `rmsNormEps`)
 * @returns [B, L, D], owned by the caller
 * @throws ShapeError when D differs
 */
export function rmsNorm(x_BLD: tf.Tensor3D, weight_D: tf.Tensor1D, eps: number): tf.Tensor3D {
  const { B, L, D } = expectShape('rmsNorm', { x_BLD, weight_D });
  const fused = hasKernel('MarcoRmsNorm');
  return customOp(
    [x_BLD, weight_D],
    () => {
      const x_TD = tf.reshape(x_BLD, [B * L, D]) as tf.Tensor2D;
      const [y_TD, rstd_T] = fused
        ? (runKernel('MarcoRmsNorm', { x: x_TD, weight: weight_D }, { eps }) as [tf.Tensor2D, tf.Tensor1D])
        : composedForward(x_TD, weight_D, eps);
      return { value: tf.reshape(y_TD, [B, L, D]) as tf.Tensor3D, saved: [x_TD, weight_D, rstd_T] };
    },
    (dy_BLD, [x_TD, weight, rstd]) => {
      const dy = tf.reshape(dy_BLD, [B * L, D]) as tf.Tensor2D;
      const [dx_TD, dweight_D] = fused
        ? (runKernel('MarcoRmsNormGrad', { dy, x: x_TD!, weight: weight!, rstd: rstd! }) as [tf.Tensor, tf.Tensor])
        : composedBackward(dy, x_TD as tf.Tensor2D, weight as tf.Tensor1D, rstd as tf.Tensor1D);
      return [tf.reshape(dx_TD, [B, L, D]), dweight_D];
    },
  );
}

function composedForward(x_TD: tf.Tensor2D, weight_D: tf.Tensor1D, eps: number): [tf.Tensor2D, tf.Tensor1D] {
  const rstd_T = tf.rsqrt(tf.add(tf.mean(tf.square(x_TD), 1), eps)) as tf.Tensor1D;
  return [tf.mul(tf.mul(x_TD, tf.expandDims(rstd_T, 1)), weight_D), rstd_T];
}

/** With n = x·rstd: dweight = Σ dy·n over rows, dx = rstd·(dy·weight − n·mean(dy·weight·n)). */
function composedBackward(
  dy_TD: tf.Tensor2D,
  x_TD: tf.Tensor2D,
  weight_D: tf.Tensor1D,
  rstd_T: tf.Tensor1D,
): [tf.Tensor, tf.Tensor] {
  const rstd = tf.expandDims(rstd_T, 1);
  const normalized = tf.mul(x_TD, rstd);
  const scaled = tf.mul(dy_TD, weight_D);
  const projection = tf.mean(tf.mul(scaled, normalized), 1, true);
  return [tf.mul(rstd, tf.sub(scaled, tf.mul(normalized, projection))), tf.sum(tf.mul(dy_TD, normalized), 0)];
}
