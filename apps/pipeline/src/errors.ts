/**
 * The errors of the `marco` command and the exit code each one ends with.
 *
 * | code | means |
 * |---|---|
 * | 0 | done, or nothing was left to do |
 * | 1 | a stage or command failed |
 * | 2 | bad input: recipe, option, directory |
 * | 130 | stopped by Ctrl-C (SIGINT), everything so far is saved |
 * | 143 | stopped by SIGTERM, everything so far is saved |
 * | 138 | stopped by SIGUSR1, which Slurm sends before the time is up; everything so far is saved |
 */

export const EXIT_CODES = { done: 0, failed: 1, badInput: 2, SIGINT: 130, SIGTERM: 143, SIGUSR1: 138 } as const;

/** The signals after which a run saves what it has and ends. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGUSR1';

/** Something the user gave cannot be used: a recipe, an option, a directory, an unreadable or empty source. Ends with exit code 2. */
export class BadInputError extends Error {
  override readonly name = 'BadInputError';
}

/** A stage threw. `cause` is what it threw. Ends with exit code 1, or 2 when the cause is a `BadInputError`. */
export class StageFailedError extends Error {
  override readonly name = 'StageFailedError';
  readonly stage: string;
  constructor(stage: string, message: string, cause: unknown) {
    super(message, { cause });
    this.stage = stage;
  }
}

/** The run was stopped by a signal after the current stage saved what it had. Ends with exit code 130, 143 or 138. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly stopSignal: StopSignal;
  readonly stage: string | undefined;
  constructor(stopSignal: StopSignal, stage: string | undefined) {
    super(stage === undefined ? `stopped by ${stopSignal}` : `stopped by ${stopSignal} in stage ${stage}`);
    this.stopSignal = stopSignal;
    this.stage = stage;
  }
}

/** @returns the exit code of the table above for anything thrown */
export function exitCodeOf(error: unknown): number {
  if (error instanceof InterruptedError) return EXIT_CODES[error.stopSignal];
  if (error instanceof BadInputError) return EXIT_CODES.badInput;
  if (error instanceof StageFailedError && error.cause instanceof BadInputError) return EXIT_CODES.badInput;
  return EXIT_CODES.failed;
}
