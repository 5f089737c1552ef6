/**
 * Anything that takes the events of a run down: a file, a server.
 */
import type { TrainEvent } from '../loop/train-event.ts';

/** Takes down events, one after the other, until it is closed. */
export interface EventLogger {
  /** Safe with the operating system, or handed to whoever keeps it, once it returns. */
  log(event: TrainEvent): Promise<void>;
  /** Writes what is left and lets go of file or server. */
  close(): Promise<void>;
}

/** @returns one logger that hands every event to each in turn; closing closes all, and then throws the first error there was */
export function combineLoggers(...loggers: readonly EventLogger[]): EventLogger {
  return {
    async log(event) {
      for (const logger of loggers) await logger.log(event);
    },
    async close() {
      const closed = await Promise.allSettled(loggers.map((logger) => logger.close()));
      for (const one of closed) if (one.status === 'rejected') throw one.reason;
    },
  };
}
