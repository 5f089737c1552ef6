/**
 * The outer step of DiLoCo: stochastic gradient descent with Nesterov momentum, whose gradient is how far the workers moved on average.
 *
 * Source: Douillard et al. 2023, arXiv:2311.08105 (learning rate 0.7, momentum 0.9); `torch.optim.SGD(nesterov=True)`.
 */

export interface OuterSettings {
  readonly learningRate: number;
  readonly momentum: number;
}

/** One parameter of the common run, and the momentum of its outer steps. */
export interface OuterState {
  readonly params: Float32Array<ArrayBuffer>;
  /** zeros before the first round */
  readonly momentum: Float32Array<ArrayBuffer>;
}

/**
 * @param state of one parameter, with `delta`: its global value minus the mean of the workers'; all of one length, none changed
 * @returns new arrays
 */
export function nesterovOuterStep(
  { params, momentum, delta }: OuterState & { readonly delta: Float32Array },
  settings: OuterSettings,
): OuterState {
  const nextMomentum = new Float32Array(params.length);
  const nextParams = new Float32Array(params.length);
  for (let i = 0; i < params.length; i++) {
    const velocity = Math.fround(settings.momentum * momentum[i]! + delta[i]!);
    nextMomentum[i] = velocity;
    nextParams[i] = params[i]! - settings.learningRate * (delta[i]! + settings.momentum * velocity);
  }
  return { params: nextParams, momentum: nextMomentum };
}
