/**
 * The report of one evaluation: plain data that survives JSON and holds what is needed to score and compare again.
 */
import type { Json, TaskResult } from '../tasks/eval-task.ts';
import type { EvalContamination } from './contamination.ts';

/** All that an evaluation measured, samples included. */
export interface EvalResults {
  readonly format: 'marco-ts/eval-results';
  readonly formatVersion: 1;
  /** of the model, as the caller names it */
  readonly modelName: string;
  readonly config: {
    readonly limit: number | null;
    readonly numResamples: number;
    readonly seed: number | string;
    /** whatever else the caller wants to keep: model arguments, checkpoint, git hash */
    readonly extra: Readonly<Record<string, Json>>;
  };
  readonly tasks: Readonly<Record<string, TaskResult>>;
  readonly seconds: number;
  /** where the model's training text was at hand */
  readonly contamination?: EvalContamination;
}
