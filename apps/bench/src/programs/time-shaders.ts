/**
 * How long the GPU works on each shader, by the timestamps that tfjs's WebGPU backend takes for its own profiler.
 *
 * Source: `time` and `recordAndSubmit` of tfjs-backend-webgpu 4.22; a whole training step waits for the device more than once, which `time` does not allow.
 */
import { tf } from '@marco-ts/core';

/** Milliseconds and calls of all runs of one shader. */
export interface ShaderTime {
  readonly name: string;
  readonly durationMs: number;
  readonly calls: number;
}

interface TimedBackend {
  readonly supportTimestampQuery?: boolean;
  activeTimers: { readonly name: string; readonly query: Promise<number> }[] | null;
}

/** @returns longest first; nothing where the device keeps no time. The run itself takes longer: every shader is waited for. */
export async function timeShaders(run: () => Promise<unknown>): Promise<ShaderTime[]> {
  const backend = tf.backend() as unknown as TimedBackend;
  if (!backend.supportTimestampQuery) return [];
  const timers: NonNullable<TimedBackend['activeTimers']> = [];
  backend.activeTimers = timers;
  try {
    await run();
  } finally {
    backend.activeTimers = null;
  }
  const times = new Map<string, { name: string; durationMs: number; calls: number }>();
  for (const { name, query } of timers) {
    const sum = times.get(name) ?? { name, durationMs: 0, calls: 0 };
    sum.durationMs += await query;
    sum.calls++;
    times.set(name, sum);
  }
  return [...times.values()].sort((left, right) => right.durationMs - left.durationMs);
}
