/**
 * Averages of the weights along a run: smoother than the last step's, kept beside the parameters as one more map of tensors.
 *
 * Source: exponential mean and equal mean (SWA, Izmailov et al. 2018, arXiv:1803.05407) of `torch.optim.swa_utils`; averaging the
 * checkpoints of a stage is the equal mean of every n-th step.
 * Units: `step` counts completed optimizer steps, so that an average is a function of the run alone and resumes bit for bit.
 */
import { type ParamMap, tf } from '@marco-ts/core';

/** A rule by which the average of a parameter takes up the parameter's next value. */
export interface WeightAverage {
  readonly name: string;
  /**
   * @param average of one parameter so far; before the first step the parameter itself. Not disposed
   * @param param after `step`; not disposed
   * @returns a new tensor, owned by the caller, or `average` itself where this step does not count
   */
  blend(average: tf.Tensor, param: tf.Tensor, step: number): tf.Tensor;
}

/** How slowly an exponential mean forgets, and where it begins. */
export interface ExponentialAverageOptions {
  /** Share of the average that stays at each step, in [0, 1), such as 0.999. */
  readonly decay: number;
  /** First step that counts; default 1. Until then the average is the parameter. */
  readonly fromStep?: number;
}

/** @throws Error when a value is out of range */
export function exponentialAverage({ decay, fromStep = 1 }: ExponentialAverageOptions): WeightAverage {
  if (!(decay >= 0 && decay < 1)) throw fault('exponentialAverage', 'decay must be in [0, 1)', decay);
  requireStep('exponentialAverage', 'fromStep', fromStep);
  return {
    name: 'exponential',
    blend: (average, param, step) => (step <= fromStep ? tf.clone(param) : mix(average, param, 1 - decay)),
  };
}

/** Which steps an equal mean counts. */
export interface EqualAverageOptions {
  /** First step that counts; the average is the parameter until then. */
  readonly fromStep: number;
  /** Every so many steps one counts. */
  readonly every: number;
}

/** @throws Error when a value is out of range */
export function equalAverage({ fromStep, every }: EqualAverageOptions): WeightAverage {
  requireStep('equalAverage', 'fromStep', fromStep);
  requireStep('equalAverage', 'every', every);
  return {
    name: 'equal',
    blend(average, param, step) {
      if (step <= fromStep) return tf.clone(param);
      const since = step - fromStep;
      return since % every === 0 ? mix(average, param, 1 / (since / every + 1)) : average;
    },
  };
}

/**
 * Equal mean of several models, such as the checkpoints of a stage.
 *
 * @param models of the same names and shapes; not disposed
 * @returns new tensors, owned by the caller
 * @throws Error when there is none or their names differ
 */
export function averageParams(models: readonly ParamMap[]): ParamMap {
  const [first] = models;
  if (first === undefined) throw fault('averageParams', 'there must be a model to average', 'none');
  const average = new Map<string, tf.Tensor>();
  for (const name of first.keys()) {
    const tensors = models.map((model, index) => {
      const tensor = model.get(name);
      if (tensor === undefined || model.size !== first.size)
        throw fault('averageParams', `models must have the same parameters, ${name} among them`, `model ${index}`);
      return tensor;
    });
    average.set(
      name,
      tf.tidy(() => tf.mul(tf.addN(tensors), 1 / models.length)),
    );
  }
  return average;
}

function mix(average: tf.Tensor, param: tf.Tensor, share: number): tf.Tensor {
  return tf.tidy(() => tf.add(average, tf.mul(tf.sub(param, average), share)));
}

function requireStep(functionName: string, field: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw fault(functionName, `${field} must be a whole number of steps >= 1`, value);
}

function fault(functionName: string, rule: string, got: string | number): Error {
  return new Error(`[@marco-ts/trainer] ${functionName}: ${rule}, got ${got}. Correct it in the recipe.`);
}
