/** Every preference loss, its gradient and its metrics against TRL's own code on given log-probabilities. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { disposeParams, initBackend, tf, valueAndGrad } from '@marco-ts/core';
import { beforeAll, expect, test } from 'vitest';
import type { PreferenceLossType } from '../../src/preferences/pair-losses.ts';
import { preferenceOutput } from '../../src/preferences/preference-loss.ts';

interface Case {
  readonly name: string;
  readonly lossType: PreferenceLossType;
  readonly beta: number;
  readonly labelSmoothing: number;
  readonly sftWeight: number;
  readonly loss: number;
  readonly grad: readonly number[];
  readonly metrics: Readonly<Record<string, number>>;
}

const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'preference-losses.json'), 'utf8')) as {
  numPairs: number;
  length: number;
  logProbs: number[];
  completionMask: number[];
  reference: number[];
  cases: Case[];
};

beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
});

test.each(golden.cases.map((entry) => [entry.name, entry] as const))('%s', async (_, expected) => {
  const { numPairs, length, logProbs, completionMask, reference } = golden;
  const numSequences = 2 * numPairs;
  // TRL's log-probability at t is that of token t + 1: it belongs to the answer where the mask at t + 1 says so.
  const sequenceIds = Int32Array.from({ length: numSequences * (length - 1) }, (_, at) => {
    const row = Math.floor(at / (length - 1));
    return completionMask[row * length + (at % (length - 1)) + 1] === 1 ? row : -1;
  });
  const numTargets = Float32Array.from(
    { length: numSequences },
    (_, row) => sequenceIds.filter((id) => id === row).length,
  );
  const tensorsBefore = tf.memory().numTensors;
  const params = new Map([['logProbs', tf.tensor2d(logProbs, [numSequences, length - 1])]]);
  const { loss, aux, grads } = valueAndGrad(params, (traced) => {
    const output = preferenceOutput(
      tf.neg(traced.get('logProbs')!),
      { numPairs, numTargets, sequenceIds, referenceLogps: Float32Array.from(reference) },
      expected,
    );
    return { loss: output.loss, aux: output.metrics };
  });
  expect((await loss.data())[0]! / numPairs).toBeCloseTo(expected.loss, 5);
  const gradient = await grads.get('logProbs')!.data();
  expect(gradient.length).toBe(expected.grad.length);
  expected.grad.forEach((value, at) => {
    expect(Math.abs(gradient[at]! / numPairs - value), `gradient ${at}`).toBeLessThan(1e-5);
  });
  for (const [name, value] of Object.entries(expected.metrics)) {
    expect((await (aux as Record<string, tf.Tensor>)[name]!.data())[0]! / numPairs, name).toBeCloseTo(value, 4);
  }
  tf.dispose([loss, ...Object.values(aux)]);
  disposeParams(grads);
  disposeParams(params);
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});
