/**
 * The optimizer of a training section: clipping, then AdamW, or Muon for the matrices inside the layers and AdamW for the rest.
 */
import {
  adamw,
  chain,
  clipByGlobalNorm,
  isHiddenMatrix,
  muon,
  type Optimizer,
  partition,
  type Schedule,
} from '@marco-ts/trainer';
import type { Recipe } from '../config/recipe-schema.ts';

export type OptimizerSettings = Pick<
  Recipe['pretrain'],
  'optimizer' | 'adamBeta1' | 'adamBeta2' | 'adamEpsilon' | 'weightDecay' | 'maxGradNorm'
>;

export function makeOptimizer(settings: OptimizerSettings, learningRate: Schedule): Optimizer {
  const { weightDecay, maxGradNorm } = settings;
  const elementwise = adamw({
    learningRate,
    beta1: settings.adamBeta1,
    beta2: settings.adamBeta2,
    eps: settings.adamEpsilon,
    weightDecay,
  });
  if (settings.optimizer !== 'muon') return chain(clipByGlobalNorm(maxGradNorm), elementwise);
  return chain(
    clipByGlobalNorm(maxGradNorm),
    partition(
      { select: isHiddenMatrix, optimizer: muon({ learningRate, weightDecay }) },
      { select: () => true, optimizer: elementwise },
    ),
  );
}
