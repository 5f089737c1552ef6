/**
 * Turns Ctrl-C and SIGTERM into an abort signal: the first lets the running stage save, a second Ctrl-C ends the process at once.
 */
import { EXIT_CODES, InterruptedError, type StopSignal } from '../../errors.ts';

export interface StopSignals {
  /** its `reason` is an `InterruptedError` */
  readonly signal: AbortSignal;
  /** takes the handlers away again */
  close(): void;
}

/** One Ctrl-C comes twice when the terminal and a parent that passes signals on both send it; nobody presses it again this soon. */
const SAME_KEY_PRESS_MS = 100;

/** @param onStop called once, at the first signal */
export function listenForStopSignals(onStop: (signal: StopSignal) => void): StopSignals {
  const controller = new AbortController();
  let stoppedAt = 0;
  const stop = (name: StopSignal) => (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - stoppedAt > SAME_KEY_PRESS_MS) process.exit(EXIT_CODES[name]);
      return;
    }
    stoppedAt = performance.now();
    controller.abort(new InterruptedError(name, undefined));
    onStop(name);
  };
  const onInterrupt = stop('SIGINT');
  const onTerminate = stop('SIGTERM');
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  return {
    signal: controller.signal,
    close() {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
    },
  };
}
