/**
 * Where a training stage reports to: always its JSONL file, beside it what the recipe asks for.
 */
import { join } from 'node:path';
import {
  combineLoggers,
  createJsonlLogger,
  createMlflowLogger,
  createTensorBoardLogger,
  type EventLogger,
} from '@marco-ts/trainer';
import type { TrainingOptions } from '../config/schema/training-options.ts';
import { BadInputError } from '../errors.ts';

export const TRAINING_LOG_FILE = 'training.jsonl';
const TENSORBOARD_DIRECTORY = 'tensorboard';

export interface LoggerOptions extends Pick<TrainingOptions, 'reportTo' | 'mlflow'> {
  readonly directory: string;
  readonly runName: string;
  readonly log: (message: string) => void;
}

/** @throws BadInputError when MLflow is asked for and not said where; an error when its server does not answer */
export async function makeLoggers({
  directory,
  runName,
  log,
  reportTo = [],
  mlflow,
}: LoggerOptions): Promise<EventLogger> {
  const loggers: EventLogger[] = [await createJsonlLogger(join(directory, TRAINING_LOG_FILE))];
  if (reportTo.includes('tensorboard'))
    loggers.push(await createTensorBoardLogger(join(directory, TENSORBOARD_DIRECTORY)));
  if (reportTo.includes('mlflow')) {
    if (mlflow === undefined)
      throw new BadInputError('reportTo names mlflow, but mlflow.trackingUri and mlflow.experimentName are not given.');
    loggers.push(await createMlflowLogger({ ...mlflow, runName, onWarning: log }));
  }
  return combineLoggers(...loggers);
}
