/**
 * An operation with its own gradient on tfjs's tape, and the question whether the current backend has a fused kernel.
 *
 * Everything that the gradient reads must be in `saved`: tensors made inside a recorded function are freed when the function
 * ends, and only saved ones live on until the gradient has been taken.
 */
import { needsGradient } from '../autodiff/tape.ts';
import { tf } from '../tf.ts';

/**
 * @param inputs tensors that gradients flow to; ids do not belong here
 * @param forward computes the value and names the tensors to keep for the gradient; runs in its own scope
 * @param backward gradient for each input in order, each of its input's shape; runs in its own scope. `needs` says which of them will
 *   be read: where it is false, null will do
 */
export function customOp<Value extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  forward: () => { readonly value: Value; readonly saved: readonly tf.Tensor[] },
  backward: (dy: Value, saved: tf.Tensor[], needs: boolean[]) => (tf.Tensor | null)[],
): Value {
  const op = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const { value, saved } = forward();
    save([...saved]);
    const gradFunc = (dy: tf.Tensor, kept: tf.Tensor[]) =>
      tf.tidy(() => {
        const gradients = backward(dy as Value, kept, inputs.map(needsGradient));
        return gradients.map((gradient) => gradient ?? tf.scalar(0));
      });
    return { value, gradFunc };
  });
  return op(...inputs) as Value;
}

/** Whether the current backend has registered a kernel of this name (`MarcoRmsNorm` and so on). */
export function hasKernel(kernelName: string): boolean {
  return tf.getKernel(kernelName, tf.getBackend()) !== undefined;
}

/** Runs a kernel by name and returns its outputs as a list. */
export function runKernel(
  kernelName: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: Readonly<Record<string, number | boolean | string>> = {},
): tf.Tensor[] {
  const outputs = tf.engine().runKernel(kernelName, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap);
  return Array.isArray(outputs) ? outputs : [outputs as tf.Tensor];
}
