/**
 * Root-mean-square normalization: y = x / rms(x) * weight.
 *
 * Source: Zhang and Sennrich 2019, arXiv:1910.07467; `Qwen2RMSNorm` in transformers.
 */
import { expectShape } from '../shape/expect-shape.ts';
import { tf } from '../tf.ts';
import { customOp, hasKernel, runKernel } from './custom-op.ts';
import { asRows, fromRows } from './rows.ts';

/**
 * @param x activations [B, L, D] or [T, D]; not disposed
 * @param weight_D learned scale; not disposed
 * @param eps added to the mean square before the root (config `rmsNormEps`)
 * @returns x's shape, owned by the caller
 * @throws ShapeError when D differs
 */
export function rmsNorm<Input extends tf.Tensor2D | tf.Tensor3D>(x: Input, weight_D: tf.Tensor1D, eps: number): Input {
  if (x.rank === 2) expectShape('rmsNorm', { x_TD: x, weight_D });
  else expectShape('rmsNorm', { x_BLD: x, weight_D });
  const fused = hasKernel('MarcoRmsNorm');
  return customOp(
    [x, weight_D],
    () => {
      const x_TD = asRows(x);
      const [y_TD, rstd_T] = fused
        ? (runKernel('MarcoRmsNorm', { x: x_TD, weight: weight_D }, { eps }) as [tf.Tensor2D, tf.Tensor1D])
        : composedForward(x_TD, weight_D, eps);
      return { value: fromRows(y_TD, x), saved: [x_TD, weight_D, rstd_T] };
    },
    (dy, [x_TD, weight, rstd]) => {
      const dy_TD = asRows(dy);
      const [dx_TD, dweight_D] = fused
        ? (runKernel('MarcoRmsNormGrad', { dy: dy_TD, x: x_TD!, weight: weight!, rstd: rstd! }) as [
            tf.Tensor,
            tf.Tensor,
          ])
        : composedBackward(dy_TD, x_TD as tf.Tensor2D, weight as tf.Tensor1D, rstd as tf.Tensor1D);
      return [fromRows(dx_TD, x), dweight_D];
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
