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
import { customOp } from './custom-op.ts';

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
  const [O, I] = weight_OI.shape;
  const T = x.size / I;
  const outputShape: number[] = [...x.shape.slice(0, -1), O];

  return customOp(
    bias_O ? [x, weight_OI, bias_O] : [x, weight_OI],
    () => {
      const operands = { a: tf.reshape(x, [T, I]) as tf.Tensor2D, b: weight_OI, transposeB: true };
      const y_TO = tf.fused.matMul(bias_O ? { ...operands, bias: bias_O } : operands);
      return { value: tf.reshape(y_TO, outputShape) as tf.Tensor as Input, saved: [x, weight_OI] };
    },
    (dy, [keptX, keptWeight_OI], [needsX, needsWeight, needsBias]) => {
      const dy_TO = tf.reshape(dy, [T, O]) as tf.Tensor2D;
      const x_TI = tf.reshape(keptX!, [T, I]) as tf.Tensor2D;
      const dx = needsX ? tf.reshape(tf.matMul(dy_TO, keptWeight_OI as tf.Tensor2D), x.shape) : null;
      const dweight_OI = needsWeight ? tf.matMul(dy_TO, x_TI, true, false) : null;
      return bias_O ? [dx, dweight_OI, needsBias ? tf.sum(dy_TO, 0) : null] : [dx, dweight_OI];
    },
  );
}
