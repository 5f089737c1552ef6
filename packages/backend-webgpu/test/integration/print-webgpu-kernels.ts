/**
 * Runs the kernel cases, then loses the device; prints one line of JSON: `{ cases, afterLoss }`, or `{ refused }`.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { registerWebGpuBackend } from '../../src/index.ts';
import { type Comparison, KERNEL_CASES } from './kernel-cases.ts';

export interface PrintedCase {
  readonly name: string;
  /** What differs too much, or what was thrown. */
  readonly failures: string[];
  readonly leakedTensors: number;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

try {
  await registerWebGpuBackend();
  await tf.setBackend('webgpu');
  const cases: PrintedCase[] = [];
  for (const [name, run] of Object.entries(KERNEL_CASES)) {
    const before = tf.memory().numTensors;
    const failures = await run().then(
      (comparisons) => comparisons.flatMap(differences),
      (error) => [messageOf(error)],
    );
    cases.push({ name, failures, leakedTensors: tf.memory().numTensors - before });
  }
  const gate = tf.ones([2, 2]);
  await (tf.backend() as unknown as WebGPUBackend).device.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  let afterLoss = 'ran';
  try {
    tf.engine().runKernel('MarcoSwiglu', { gate, up: gate });
  } catch (error) {
    afterLoss = messageOf(error);
  }
  print({ cases, afterLoss });
} catch (error) {
  print({ refused: messageOf(error) });
}

function differences({ ours, expected, tolerance }: Comparison, index: number): string[] {
  if (ours.length !== expected.length) return [`${index}: ${ours.length} values, expected ${expected.length}`];
  const scale = expected.reduce(
    (largest, value) => (Number.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest),
    1,
  );
  const place = expected.findIndex((value, at) => {
    const isSame = ours[at] === value;
    return !isSame && !(Math.abs(ours[at]! - value) <= tolerance * scale);
  });
  return place < 0 ? [] : [`${index}: ${ours[place]}, expected ${expected[place]} at ${place}`];
}

function print(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}
