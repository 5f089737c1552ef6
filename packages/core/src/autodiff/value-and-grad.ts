/**
 * Value and gradient of a loss over a map of plain tensors.
 *
 * Source: `jax.value_and_grad` with auxiliary outputs.
 */
import { coreError } from '../core-error.ts';
import type { ParamMap } from '../params/param-map.ts';
import { tf } from '../tf.ts';
import { backpropagate } from './tape.ts';

/** A loss, what it gave out beside its value, and its gradients; every tensor is owned by the caller. */
export interface ValueAndGrad<Aux extends Record<string, tf.Tensor>> {
  readonly loss: tf.Scalar;
  readonly aux: Aux;
  /** One gradient per parameter, under the same names and in the same order; zeros where the loss does not reach it. */
  readonly grads: ParamMap;
}

/**
 * @param params float32 tensors to differentiate by; not disposed
 * @param loss synchronous function of the parameters; returns a scalar to differentiate and tensors to hand back unchanged
 * @returns new tensors that the caller owns: disposed by hand, or by the `tf.tidy` that surrounds the call
 * @throws when the loss is no float32 scalar, is a promise, or uses an operation without a gradient on the way from a parameter
 */
export function valueAndGrad<Aux extends Record<string, tf.Tensor> = Record<string, never>>(
  params: ParamMap,
  loss: (params: ParamMap) => { readonly loss: tf.Scalar; readonly aux?: Aux },
): ValueAndGrad<Aux> {
  const names = [...params.keys()];
  const tensors = names.map((name) => {
    const tensor = params.get(name)!;
    if (tensor.dtype !== 'float32') {
      throw coreError('valueAndGrad', `parameters must be float32, got ${tensor.dtype} at ${name}.`);
    }
    return tensor;
  });

  const flat = tf.tidy(() => {
    const { result, grads } = backpropagate(() => runLoss(params, loss), tensors);
    return {
      loss: tf.clone(result.output),
      aux: Object.fromEntries(Object.entries(result.aux).map(([name, tensor]) => [name, tf.clone(tensor)])),
      grads,
    };
  });
  return {
    loss: flat.loss,
    aux: flat.aux as Aux,
    grads: new Map(names.map((name, index) => [name, flat.grads[index]!])),
  };
}

function runLoss<Aux extends Record<string, tf.Tensor>>(
  params: ParamMap,
  loss: (params: ParamMap) => { readonly loss: tf.Scalar; readonly aux?: Aux },
): { output: tf.Scalar; aux: Record<string, tf.Tensor> } {
  const result = loss(params);
  if (typeof (result as unknown as Promise<unknown>)?.then === 'function') {
    throw coreError(
      'valueAndGrad',
      'the loss must be synchronous, got a promise. Read files and await before calling it.',
    );
  }
  const output = result?.loss;
  if (!(output instanceof tf.Tensor) || output.rank !== 0 || output.dtype !== 'float32') {
    const got = output instanceof tf.Tensor ? `${output.dtype} [${output.shape}]` : String(output);
    throw coreError('valueAndGrad', `the loss must be a float32 scalar, got ${got}. Sum it with tf.sum.`);
  }
  return { output, aux: result.aux ?? {} };
}
