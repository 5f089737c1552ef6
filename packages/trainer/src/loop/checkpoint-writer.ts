/**
 * Writes checkpoints beside the steps: the loop stands still for the copy of its state, not for hashing and the disk.
 *
 * One write is under way at a most; the next one waits for it. A run that ends, however it ends, waits for the last.
 */
import type { CheckpointOptions, RunState } from './run-state.ts';
import { snapshotRunState } from './run-state.ts';
import type { CheckpointSaved } from './train-event.ts';

export interface CheckpointWriter {
  /** Step of the newest checkpoint that is safe or being written; 0 when there is none. */
  readonly begunStep: number;
  /** Step of the newest checkpoint that is safe; 0 when there is none. */
  readonly savedStep: number;
  /** Copies the state and begins to write it. @param keepSteps stay beside the last ones */
  begin(run: RunState, keepSteps: readonly number[]): Promise<void>;
  /** @returns the checkpoints that have become safe since the last call. @throws what a write threw */
  finished(): CheckpointSaved[];
  /** Waits for the write under way. @throws what it threw */
  settle(): Promise<void>;
  /** Waits for the write under way, whatever comes of it. */
  close(): Promise<void>;
}

/** @param savedStep of the checkpoint that the run goes on from; 0 for none */
export function createCheckpointWriter({ store, configHash }: CheckpointOptions, savedStep: number): CheckpointWriter {
  let begunStep = savedStep;
  let pending: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  let safe: CheckpointSaved[] = [];
  const throwFailure = () => {
    if (failure !== undefined) throw failure.error;
  };
  return {
    get begunStep() {
      return begunStep;
    },
    get savedStep() {
      return savedStep;
    },
    async begin(run, keepSteps) {
      const startedAt = performance.now();
      await this.settle();
      const { step } = run;
      const contents = await snapshotRunState(run, configHash);
      begunStep = step;
      const stallMs = performance.now() - startedAt;
      pending = store.save(step, contents, { keepSteps }).then(
        () => {
          savedStep = step;
          safe.push({ type: 'checkpoint-saved', step, durationMs: performance.now() - startedAt, stallMs });
        },
        (error: unknown) => {
          failure = { error };
        },
      );
    },
    finished() {
      throwFailure();
      const events = safe;
      safe = [];
      return events;
    },
    async settle() {
      await pending;
      throwFailure();
    },
    close: () => pending,
  };
}
