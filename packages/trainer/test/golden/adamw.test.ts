/** Eight clipped AdamW steps with a warm-up against PyTorch, the gradients given. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { disposeParams, initBackend, type ParamMap, paramsFromArrays, paramsToArrays, tf } from '@marco-ts/core';
import { adamw, chain, clipByGlobalNorm, cosine } from '@marco-ts/trainer';
import { beforeAll, expect, test } from 'vitest';

type Values = Record<string, number[]>;
const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'adamw.json'), 'utf8')) as {
  settings: {
    peak: number;
    warmupSteps: number;
    numSteps: number;
    beta1: number;
    beta2: number;
    weightDecay: number;
    maxNorm: number;
  };
  shapes: Record<string, number[]>;
  start: Values;
  steps: { grads: Values; gradNorm: number; learningRate: number; params: Values }[];
};

const toParams = (values: Values): ParamMap =>
  paramsFromArrays(
    new Map(
      Object.entries(values).map(([name, data]) => [
        name,
        { shape: golden.shapes[name]!, data: Float32Array.from(data) },
      ]),
    ),
  );

beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
});

test('parameters, norms and rates equal torch at every step, and no tensor is left', async () => {
  const { settings } = golden;
  const optimizer = chain(
    clipByGlobalNorm(settings.maxNorm),
    adamw({
      learningRate: cosine(settings),
      beta1: settings.beta1,
      beta2: settings.beta2,
      weightDecay: settings.weightDecay,
    }),
  );
  const tensorsBefore = tf.memory().numTensors;
  let params = toParams(golden.start);
  let state = optimizer.init(params);
  let clipped = 0;
  for (const [index, expected] of golden.steps.entries()) {
    // Sums over four items: the factor 1/4 goes through `scale`, as in the loop.
    const grads = toParams(
      Object.fromEntries(Object.entries(expected.grads).map(([name, data]) => [name, data.map((x) => x * 4)])),
    );
    const next = await optimizer.step(params, { grads, scale: 0.25 }, state, index);
    for (const map of [grads, params, state]) disposeParams(map);
    ({ params, state } = next);
    expect(next.metrics.learningRate).toBeCloseTo(expected.learningRate, 12);
    expect(next.metrics.gradNorm).toBeCloseTo(expected.gradNorm, 5);
    if (expected.gradNorm > settings.maxNorm) clipped++;
    for (const [name, { data }] of await paramsToArrays(params)) {
      data.forEach((value, i) => {
        expect(Math.abs(value - expected.params[name]![i]!), `step ${index} ${name}[${i}]`).toBeLessThan(1e-6);
      });
    }
  }
  expect(clipped).toBeGreaterThan(0);
  expect(clipped).toBeLessThan(golden.steps.length);
  disposeParams(params);
  disposeParams(state);
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});
