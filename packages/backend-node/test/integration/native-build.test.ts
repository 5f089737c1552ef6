/**
 * Really builds the addon and trains a step on it. Needs a C++ compiler, the npm registry, and in MARCO_TEST_LIBTENSORFLOW a Python
 * interpreter with a TensorFlow wheel or a directory with a libtensorflow; else it is skipped.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { buildNativeAddon } from '../../src/native-build/index.ts';
import { registerNodeBackend } from '../../src/register-node-backend.ts';

const given = process.env.MARCO_TEST_LIBTENSORFLOW;
const cache = mkdtempSync(join(tmpdir(), 'marco-native-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));
const name = given ? given : 'skipped: set MARCO_TEST_LIBTENSORFLOW to a Python with TensorFlow or to a directory';

test.skipIf(!given)(`builds, registers and computes (${name})`, { timeout: 300_000 }, async () => {
  const source = statSync(given!).isDirectory() ? { libtensorflow: given! } : { python: given! };
  const env = { ...process.env, MARCO_CACHE: cache };
  const built = await buildNativeAddon({ ...source, env });
  expect(built.record.libtensorflow.version).toMatch(/^\d+\.\d+\./);
  expect(await buildNativeAddon({ ...source, env })).toEqual({ ...built, isReused: true });

  const record = await registerNodeBackend({ gpu: false, cache, directories: [] });
  expect(record).toMatchObject({ origin: 'built', directory: built.packageDirectory });
  expect(tf.getBackend()).toBe('tensorflow');
  // x·W of [2,3]·[3,2], and the gradients of its sum: column sums of x, row sums of W.
  const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
  const weight = tf.tensor2d([1, 0, 0, 1, 1, 1], [3, 2]);
  const product = tf.matMul(x, weight);
  expect([...product.dataSync()]).toEqual([4, 5, 10, 11]);
  const [dx, dweight] = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)))(
    [x, weight],
  );
  expect([...dx!.dataSync()]).toEqual([1, 1, 2, 1, 1, 2]);
  expect([...dweight!.dataSync()]).toEqual([5, 5, 7, 7, 9, 9]);
  tf.dispose([x, weight, product, dx!, dweight!]);
});
