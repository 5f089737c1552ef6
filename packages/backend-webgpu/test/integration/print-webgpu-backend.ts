/**
 * Starts the backend, uses it, then breaks it on purpose; prints one line of JSON. A process of its own, because the Vulkan loader reads
 * its environment variables when the process starts.
 */
import * as tf from '@tensorflow/tfjs-core';
import { probeWebGpuBackend, registerWebGpuBackend } from '../../src/index.ts';

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const result: Record<string, unknown> = { probe: await probeWebGpuBackend() };
try {
  result.software = await registerWebGpuBackend({ allowSoftwareAdapter: false }).then(() => 'started', messageOf);
  const record = await registerWebGpuBackend();
  result.record = record;
  result.isSameRecord = JSON.stringify(await registerWebGpuBackend()) === JSON.stringify(record);
  await tf.setBackend('webgpu');
  const a = tf.tensor2d([
    [1, 2],
    [3, 4],
  ]);
  const product = tf.matMul(a, a, false, true);
  result.product = [...(await product.data())];
  const rows = tf.tensor2d([1, 2, 3, 4, 1, 2], [3, 2]);
  const sums = tf.scatterND(tf.tensor2d([0, 1, 0], [3, 1], 'int32'), rows, [2, 2]);
  result.sums = [...(await sums.data())];
  // Far beyond what the adapter gives in one buffer.
  result.tooLarge = await readLarge().then(() => 'was read', messageOf);
} catch (error) {
  result.refused = messageOf(error);
}
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));

async function readLarge(): Promise<void> {
  const large = tf.fill([2 ** 16, 2 ** 15], 1);
  await large.data();
}
