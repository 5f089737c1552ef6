/**
 * Scales all gradients down together when their global norm exceeds a maximum.
 *
 * Source: `torch.nn.utils.clip_grad_norm_`, whose factor max / (norm + 1e-6) is used, so that losses agree with PyTorch runs.
 * Differs: only `Updates.scale` changes; no gradient is touched.
 */
import { globalNorm } from '@marco-ts/core';
import type { GradientTransform } from './optimizer.ts';

/**
 * @param maxNorm largest L2 norm over all gradients together
 * @returns a transform that reports `gradNorm`, the norm before clipping
 * @throws Error when `maxNorm` is not positive
 */
export function clipByGlobalNorm(maxNorm: number): GradientTransform {
  if (!(maxNorm > 0)) {
    throw new Error(
      `[@marco-ts/trainer] clipByGlobalNorm: maxNorm must be > 0, got ${maxNorm}. Leave the transform out for no clipping.`,
    );
  }
  return {
    name: 'clipByGlobalNorm',
    init: () => new Map(),
    async update({ grads, scale, norm }) {
      const gradNorm = norm ?? (await globalNorm(grads)) * Math.abs(scale);
      // A norm that is not finite is reported, not applied: the loop stops on it with the step's place.
      const factor = Number.isFinite(gradNorm) ? Math.min(1, maxNorm / (gradNorm + 1e-6)) : 1;
      return {
        updates: { grads, scale: scale * factor, norm: gradNorm * factor },
        state: new Map(),
        metrics: { gradNorm },
      };
    },
  };
}
