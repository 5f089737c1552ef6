/** Muon, weight averages and DiLoCo's outer step against PyTorch, the gradients given. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { disposeParams, initBackend, paramsFromArrays, paramsToArrays, tf } from '@marco-ts/core';
import { equalAverage, exponentialAverage, muon, nesterovOuterStep, type WeightAverage } from '@marco-ts/trainer';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

type Values = Record<string, number[]>;
const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'muon-averages.json'), 'utf8')) as {
  outer: {
    learningRate: number;
    momentum: number;
    start: number[];
    rounds: { local: number[][]; param: number[] }[];
  };
  averages: {
    decay: number;
    fromStep: number;
    every: number;
    steps: { param: number[]; exponential: number[]; equal: number[] | null }[];
  };
  muon: {
    shapes: Record<string, number[]>;
    settings: { learningRate: number; weightDecay: number; momentum: number };
    cases: Record<'original' | 'match-rms-adamw', { start: Values; steps: { grads: Values; params: Values }[] }>;
  };
};

const toParams = (values: Values, factor = 1) =>
  paramsFromArrays(
    new Map(
      Object.entries(values).map(([name, data]) => [
        name,
        { shape: golden.muon.shapes[name]!, data: Float32Array.from(data, (value) => value * factor) },
      ]),
    ),
  );

const expectClose = (actual: ArrayLike<number>, expected: readonly number[], tolerance: number, where: string) => {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, index) => {
    expect(Math.abs(actual[index]! - value), `${where}[${index}]`).toBeLessThan(tolerance);
  });
};

let tensorsBefore: number;
beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
});
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

test.each(['original', 'match-rms-adamw'] as const)('five Muon steps equal torch, scaled by %s', async (scaleBy) => {
  const { settings, cases } = golden.muon;
  const optimizer = muon({ ...settings, learningRate: () => settings.learningRate, scaleBy });
  let params = toParams(cases[scaleBy].start);
  let state = optimizer.init(params);
  for (const [index, expected] of cases[scaleBy].steps.entries()) {
    const grads = toParams(expected.grads, 4);
    const next = await optimizer.step(params, { grads, scale: 0.25 }, state, index, (tensor) => tensor.dispose());
    // Every tensor that came in has been released.
    for (const map of [params, grads, state]) for (const tensor of map.values()) expect(tensor.isDisposed).toBe(true);
    ({ params, state } = next);
    for (const [name, { data }] of await paramsToArrays(params))
      expectClose(data, expected.params[name]!, 2e-6, `step ${index} ${name}`);
  }
  disposeParams(params);
  disposeParams(state);
});

test('averages of the weights equal torch at every step', async () => {
  const { decay, fromStep, every, steps } = golden.averages;
  const kinds: Record<'exponential' | 'equal', WeightAverage> = {
    exponential: exponentialAverage({ decay }),
    equal: equalAverage({ fromStep, every }),
  };
  for (const [kind, average] of Object.entries(kinds) as ['exponential' | 'equal', WeightAverage][]) {
    let current: tf.Tensor = tf.tensor1d(steps[0]!.param);
    for (const [index, expected] of steps.entries()) {
      const param = tf.tensor1d(expected.param);
      const next = average.blend(current, param, index + 1);
      if (next !== current) current.dispose();
      param.dispose();
      current = next;
      // Before its first step, an average is the parameter.
      expectClose(await current.data(), expected[kind] ?? expected.param, 1e-6, `${kind} ${index}`);
    }
    current.dispose();
  }
});

test("DiLoCo's outer step equals torch's SGD with Nesterov momentum on the mean delta", () => {
  const { rounds, start, ...settings } = golden.outer;
  let params = Float32Array.from(start);
  let momentum = new Float32Array(start.length);
  for (const [index, { local, param }] of rounds.entries()) {
    const delta = params.map((value, i) => local.reduce((sum, one) => sum + (value - one[i]!), 0) / local.length);
    ({ params, momentum } = nesterovOuterStep({ params, momentum, delta }, settings));
    expectClose(params, param, 1e-6, `round ${index}`);
  }
});
