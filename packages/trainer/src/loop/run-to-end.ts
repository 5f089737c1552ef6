/**
 * Drives a run and hands its events on: `for await` alone would lose the generator's result, which owns tensors.
 */
import type { TrainEvent } from './train-event.ts';
import type { TrainResult } from './train-options.ts';

/**
 * @param run what `train` returned
 * @param onEvent awaited before the run goes on; when it throws, the run is closed and its tensors are freed
 * @returns the run's result; its parameters are owned by the caller
 */
export async function runToEnd(
  run: AsyncGenerator<TrainEvent, TrainResult, void>,
  onEvent: (event: TrainEvent) => void | Promise<void> = () => {},
): Promise<TrainResult> {
  let next = await run.next();
  while (!next.done) {
    try {
      await onEvent(next.value);
    } catch (error) {
      await run.return(undefined as never);
      throw error;
    }
    next = await run.next();
  }
  return next.value;
}
