/**
 * The machine that the numbers belong to.
 */
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly platform: string;
  readonly node: string;
  /** Programs that wanted the processor in the last minute: above 0 at the start, others were at work. */
  readonly loadAtStart: number;
  readonly loadAtEnd: number;
}

/** @returns a function that completes the description when the measurements are done */
export function describeMachine(): () => Machine {
  const loadAtStart = loadavg()[0]!;
  return () => ({
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch} ${release()}`,
    node: process.version,
    loadAtStart,
    loadAtEnd: loadavg()[0]!,
  });
}
