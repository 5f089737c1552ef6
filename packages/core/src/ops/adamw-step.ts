/**
 * One AdamW step for one tensor.
 *
 * Source: Loshchilov and Hutter 2017, arXiv:1711.05101; `torch.optim.AdamW` (eps outside of the root, decay before the step).
 */
import { coreError } from '../core-error.ts';
import { ShapeError } from '../shape/shape-error.ts';
import { tf } from '../tf.ts';
import { hasKernel, runKernel } from './custom-op.ts';

/** One parameter with its gradient and moments, all of one shape; none is disposed. */
export interface AdamWTensors {
  readonly param: tf.Tensor;
  readonly grad: tf.Tensor;
  /** Running mean of the gradient; zeros before the first step. */
  readonly m: tf.Tensor;
  /** Running mean of the squared gradient; zeros before the first step. */
  readonly v: tf.Tensor;
}

/** The numbers of one AdamW step, the learning rate already that of this step. */
export interface AdamWSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Counted from 1. */
  readonly step: number;
  /** The gradient is `grad * gradScale`: averaging and clipping cost no pass. */
  readonly gradScale: number;
}

/**
 * @param tensors four float32 tensors of one shape; not disposed
 * @returns new tensors, owned by the caller
 */
export function adamwStep(tensors: AdamWTensors, settings: AdamWSettings): Omit<AdamWTensors, 'grad'> {
  const { param, grad, m, v } = tensors;
  for (const [name, tensor] of Object.entries({ grad, m, v })) {
    if (!tf.util.arraysEqual(tensor.shape, param.shape)) {
      throw new ShapeError(
        `[@marco-ts/core] adamwStep: ${name} must have param's shape [${param.shape}], got [${tensor.shape}].`,
      );
    }
  }
  for (const [name, value] of Object.entries(settings)) {
    if (!Number.isFinite(value))
      throw coreError('adamwStep', `settings must be finite numbers, got ${value} at ${name}.`);
  }
  if (!Number.isInteger(settings.step) || settings.step < 1) {
    throw coreError('adamwStep', `step must be an integer from 1, got ${settings.step}.`);
  }
  const [nextParam, nextM, nextV] = hasKernel('MarcoAdamW')
    ? runKernel('MarcoAdamW', { param, grad, m, v }, { ...settings })
    : composed(tensors, settings);
  return { param: nextParam!, m: nextM!, v: nextV! };
}

function composed({ param, grad, m, v }: AdamWTensors, settings: AdamWSettings): tf.Tensor[] {
  const { learningRate, beta1, beta2, eps, weightDecay, step, gradScale } = settings;
  return tf.tidy(() => {
    const g = tf.mul(grad, gradScale);
    const nextM = tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1));
    const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2));
    const denominator = tf.add(tf.mul(tf.sqrt(nextV), 1 / Math.sqrt(1 - beta2 ** step)), eps);
    const update = tf.mul(tf.div(nextM, denominator), learningRate / (1 - beta1 ** step));
    return [tf.sub(tf.mul(param, 1 - learningRate * weightDecay), update), nextM, nextV];
  });
}
