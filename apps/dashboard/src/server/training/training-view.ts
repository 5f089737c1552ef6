/** The curves of one training stage, made small enough to send and to draw. */
import type { TrainingView } from '../../api-types.ts';
import { downsample } from './downsample.ts';
import type { TrainingLog } from './training-log.ts';

export interface CurveRequest {
  /** steps to tell about; default all */
  readonly from?: number;
  readonly to?: number;
  /** of each curve */
  readonly maxPoints: number;
  /** names of the curves; default all that are no source's */
  readonly names?: readonly string[];
}

export function trainingView(stage: string, log: TrainingLog, request: CurveRequest): TrainingView {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, maxPoints, names } = request;
  const loss = log.series.get('loss');
  return {
    stage,
    step: log.step,
    numSteps: log.numSteps,
    isFinished: log.isFinished,
    numPoints: loss?.length ?? 0,
    firstStep: loss?.firstStep() ?? 0,
    lastStep: loss?.lastStep() ?? 0,
    curves: [...log.series].flatMap(([name, series]) => {
      if (names !== undefined && !names.includes(name)) return [];
      const { steps, values } = series.range(from, to);
      return [{ name, ...downsample(steps, values, maxPoints) }];
    }),
    warnings: log.warnings,
    checkpoints: log.checkpoints,
  };
}
