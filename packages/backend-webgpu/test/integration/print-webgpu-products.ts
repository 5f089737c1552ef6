/**
 * Registers the backend with the products named on the command line and runs the product cases; prints one line of JSON:
 * `{ record, cases }`, or `{ refused }`.
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerWebGpuBackend } from '../../src/index.ts';
import type { ProductKind } from '../../src/products/products.ts';
import { PRODUCT_CASES } from './product-cases.ts';

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

try {
  const record = await registerWebGpuBackend({ products: process.argv[2] as ProductKind });
  await tf.setBackend('webgpu');
  const cases = [];
  for (const [name, run] of Object.entries(PRODUCT_CASES)) {
    const before = tf.memory().numTensors;
    const failures = await run().catch((error) => [messageOf(error)]);
    cases.push({ name, failures, leakedTensors: tf.memory().numTensors - before });
  }
  print({ record, cases });
} catch (error) {
  print({ refused: messageOf(error) });
}

function print(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}
