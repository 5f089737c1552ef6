import { disposeParams, initBackend, tf } from '@marco-ts/core';
import { beforeAll, expect, test } from 'vitest';
import { sequenceLength, type ToyBatch, toyLoss, toyParams, toyRows } from '../../test/toy/toy-problem.ts';
import { adamw } from '../optimizers/adamw.ts';
import { constant } from '../schedules/constant.ts';
import { evaluateLoss } from './evaluate-loss.ts';
import { train } from './train.ts';

beforeAll(() => initBackend({ prefer: ['cpu'] }));

const groupNames = ['even', 'odd'];
const measure = (params: ReturnType<typeof toyParams>, rowsOfBatch: number, numBatches: number) =>
  evaluateLoss<ToyBatch>({
    params,
    lossFn: toyLoss,
    numBatches,
    batchAt: (index) => toyRows(index * rowsOfBatch, rowsOfBatch),
    groupNames,
  });

test('held-out loss, metrics and groups are those that a step on the same rows tells, however they are batched', async () => {
  const params = toyParams();
  const before = tf.memory().numTensors;
  const whole = await measure(params, 12, 1);
  const parts = await measure(params, 2, 6);
  expect(tf.memory().numTensors).toBe(before);
  const run = train<ToyBatch>({
    params,
    lossFn: toyLoss,
    batchAt: () => toyRows(0, 12),
    numSteps: 1,
    optimizer: adamw({ learningRate: constant({ peak: 0.1 }) }),
    groupNames,
  });
  for await (const event of run) {
    if (event.type !== 'step-completed') continue;
    expect(whole.loss).toBe(event.loss);
    expect(whole.numTargets).toBe(event.numTargets);
    expect(whole.groups).toEqual(event.groups);
    expect(whole.metrics.squaredError).toBeCloseTo(event.loss, 6);
  }
  expect(parts.loss).toBeCloseTo(whole.loss, 6);
  expect(parts.groups!.odd!.numTargets).toBe(whole.groups!.odd!.numTargets);
  expect(parts.groups!.odd!.loss).toBeCloseTo(whole.groups!.odd!.loss, 6);
  disposeParams(params);
});

test('a raised signal ends it with its reason', async () => {
  const params = toyParams();
  const stop = AbortSignal.abort(new Error('enough'));
  const options = { params, lossFn: toyLoss, numBatches: 1, batchAt: () => toyRows(0, sequenceLength), signal: stop };
  await expect(evaluateLoss(options)).rejects.toThrow('enough');
  disposeParams(params);
});
