/**
 * Turns Ctrl-C, SIGTERM and SIGUSR1 (Slurm's warning) into an abort signal: the first lets the running stage save, a second Ctrl-C ends the process at once.
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

const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGUSR1'];

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
  const handlers = STOP_SIGNALS.map((name) => [name, stop(name)] as const);
  for (const [name, handler] of handlers) process.on(name, handler);
  return {
    signal: controller.signal,
    close() {
      for (const [name, handler] of handlers) process.off(name, handler);
    },
  };
}
