/** Every preference loss, its gradient and its metrics against TRL's own code on given log-probabilities. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { disposeParams, initBackend, type LossOutput, tf, valueAndGrad } from '@marco-ts/core';
import { beforeAll, expect, test } from 'vitest';
import { type KtoFormula, ktoOutput } from '../../src/preferences/kto-loss.ts';
import { type PreferenceLossFormula, preferenceOutput } from '../../src/preferences/preference-loss.ts';

interface Result {
  readonly name: string;
  readonly loss: number;
  readonly grad: readonly number[];
  readonly metrics: Readonly<Record<string, number>>;
}
/** `scale` multiplies the given log-probabilities. */
type Case = Result & Required<PreferenceLossFormula> & { readonly scale?: number };
type KtoCase = Result & KtoFormula & { readonly isDesirable: number[]; readonly reference: number[] };

const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'preference-losses.json'), 'utf8')) as {
  numPairs: number;
  length: number;
  logProbs: number[];
  completionMask: number[];
  reference: number[];
  cases: Case[];
  ktoCases: KtoCase[];
};
const { numPairs, length, logProbs, completionMask } = golden;
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

beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
});

test.each(golden.cases.map((entry) => [entry.name, entry] as const))('%s', async (_, expected) => {
  const {
    lossTypes,
    lossWeights,
    beta,
    labelSmoothing,
    simpoGamma = 0.5,
    reference,
    scale,
  } = {
    reference: golden.reference,
    scale: 1,
    ...expected,
  };
  const batch = { numPairs, numTargets, sequenceIds, referenceLogps: Float32Array.from(reference), kinds: [] };
  await expectEqual(expected, scale, (nll) =>
    preferenceOutput(nll, batch, { lossTypes, lossWeights, beta, labelSmoothing, simpoGamma }),
  );
});

test.each(golden.ktoCases.map((entry) => [entry.name, entry] as const))('%s', async (_, expected) => {
  const { isDesirable, reference, beta, desirableWeight, undesirableWeight } = expected;
  const batch = {
    numPairs,
    sequenceIds,
    referenceLogps: Float32Array.from(reference),
    isDesirable: Uint8Array.from(isDesirable),
  };
  await expectEqual(expected, 1, (nll) =>
    ktoOutput(nll, batch, { beta, desirableWeight, undesirableWeight } as KtoFormula),
  );
});

/** Sums divided by their weights, and the gradient by the log-probabilities, are TRL's means. */
async function expectEqual(expected: Result, scale: number, output: (nll: tf.Tensor) => LossOutput): Promise<void> {
  const tensorsBefore = tf.memory().numTensors;
  const scaled = logProbs.map((value) => value * scale);
  const params = new Map([['logProbs', tf.tensor2d(scaled, [numSequences, length - 1])]]);
  let weights: Readonly<Record<string, number>> = {};
  const { loss, aux, grads } = valueAndGrad<Record<string, tf.Tensor>>(params, (traced) => {
    const { loss: sum, metrics, metricWeights } = output(tf.neg(traced.get('logProbs')!));
    weights = metricWeights ?? {};
    return { loss: sum, aux: metrics };
  });
  expect((await loss.data())[0]! / numPairs).toBeCloseTo(expected.loss, 5);
  const gradient = await grads.get('logProbs')!.data();
  expect(gradient.length).toBe(expected.grad.length);
  expected.grad.forEach((value, at) => {
    const difference = Math.abs(gradient[at]! / numPairs - value);
    expect(difference, `gradient ${at}`).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
  });
  for (const [name, value] of Object.entries(expected.metrics)) {
    expect((await aux[name]!.data())[0]! / (weights[name] ?? numPairs), name).toBeCloseTo(value, 4);
  }
  tf.dispose([loss, ...Object.values(aux)]);
  disposeParams(grads);
  disposeParams(params);
  expect(tf.memory().numTensors).toBe(tensorsBefore);
}
