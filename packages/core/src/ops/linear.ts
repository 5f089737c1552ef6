/**
 * Linear layer: y = x weightᵀ + bias, with Hugging Face's weight layout [out, in].
 *
 * Source: `torch.nn.functional.linear`.
 * Differs: keeps only x and weight for the gradient; tfjs's broadcast addition of the bias would keep the product as well. The bias is added
 * where the product lies.
 */
import { coreError } from '../core-error.ts';
import { expectShape } from '../shape/expect-shape.ts';
import { tf } from '../tf.ts';
import { customOp, runKernel } from './custom-op.ts';
import { asRows, fromRows } from './rows.ts';

/** What tfjs's kernel of product and bias is told; `tf.fused.matMul` would give it three dimensions, by reshaping. */
const ADD_BIAS = { transposeA: false, transposeB: true, activation: 'linear' };

/**
 * @param x any rank from 2 up, the last dimension I; not disposed
 * @param weight_OI not disposed
 * @param bias_O not disposed
 * @returns x's shape with the last dimension O, owned by the caller
 * @throws ShapeError when I or O differs
 */
export function linear<Input extends tf.Tensor2D | tf.Tensor3D>(
  x: Input,
  weight_OI: tf.Tensor2D,
  bias_O?: tf.Tensor1D,
): Input {
  if (x.rank === 2) expectShape('linear', { x_TI: x, weight_OI });
  else if (x.rank === 3) expectShape('linear', { x_BLI: x, weight_OI });
  else throw coreError('linear', `x must have rank 2 or 3, got [${(x as tf.Tensor).shape}].`);
  if (bias_O) expectShape('linear', { weight_OI, bias_O });
  return customOp(
    bias_O ? [x, weight_OI, bias_O] : [x, weight_OI],
    () => {
      const [a, b] = [asRows(x), weight_OI];
      const y_TO = bias_O
        ? (runKernel('_FusedMatMul', { a, b, bias: bias_O }, ADD_BIAS)[0] as tf.Tensor2D)
        : tf.matMul(a, b, false, true);
      return { value: fromRows(y_TO, x), saved: [x, weight_OI] };
    },
    (dy, [keptX, keptWeight_OI], [needsX, needsWeight, needsBias]) => {
      const dy_TO = asRows(dy);
      const dx = needsX ? fromRows(tf.matMul(dy_TO, keptWeight_OI as tf.Tensor2D), x) : null;
      const dweight_OI = needsWeight ? tf.matMul(dy_TO, asRows(keptX!), true, false) : null;
      return bias_O ? [dx, dweight_OI, needsBias ? tf.sum(dy_TO, 0) : null] : [dx, dweight_OI];
    },
  );
}
