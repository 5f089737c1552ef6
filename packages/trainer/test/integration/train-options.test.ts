/** What the loop can do beside the plain run: freeze, average, skip, stop early, keep the best, carry moments on, write in a thread. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCheckpointStore } from '@marco-ts/checkpoint';
import { disposeParams, initBackend, type LossFn, type ParamMap, paramsToArrays, tf } from '@marco-ts/core';
import {
  adamw,
  chain,
  clipByGlobalNorm,
  equalAverage,
  exponentialAverage,
  isHiddenMatrix,
  muon,
  partition,
  runToEnd,
  type StepCompleted,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  train,
} from '@marco-ts/trainer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ToyBatch, toyLoss, toyParams, toyRows } from '../toy/toy-problem.ts';

let directory: string;
let initial: ParamMap;
let tensorsBefore: number;
beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  initial = toyParams();
});
afterAll(() => disposeParams(initial));
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marco-loop-'));
  tensorsBefore = tf.memory().numTensors;
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

const optimizer = () => chain(clipByGlobalNorm(1), adamw({ learningRate: () => 0.1 }));

const options = (more: Partial<TrainOptions<ToyBatch>> = {}): TrainOptions<ToyBatch> => ({
  params: initial,
  lossFn: toyLoss,
  batchAt: (index) => toyRows(index * 2, 2),
  numSteps: 10,
  optimizer: optimizer(),
  groupNames: ['even', 'odd'],
  ...more,
});

const checkpoints = (every = 2, inThread = false) => ({
  store: createCheckpointStore(join(directory, 'checkpoints'), { keepLast: 2, inThread }),
  every,
  configHash: 'a',
});

async function collect(given: TrainOptions<ToyBatch>): Promise<{ events: TrainEvent[]; result: TrainResult }> {
  const events: TrainEvent[] = [];
  const result = await runToEnd(train(given), (event) => {
    events.push(event);
  });
  return { events, result };
}

const values = async (params: ParamMap) =>
  Object.fromEntries([...(await paramsToArrays(params))].map(([name, { data }]) => [name, [...data]]));
const losses = (events: readonly TrainEvent[]) =>
  events
    .filter((event): event is StepCompleted => event.type === 'step-completed')
    .map(({ step, loss }) => [step, loss]);
const dispose = (...results: TrainResult[]) => {
  for (const { params, average, optimizerState } of results)
    for (const map of [params, average, optimizerState]) if (map !== undefined) disposeParams(map);
};

/** The loss of rows from `first` on is multiplied, for as many micro-batches as `count`. */
const poisoned =
  (factor: number, first: number, count: number): LossFn<ToyBatch> =>
  (params, batch) => {
    const output = toyLoss(params, batch);
    const isPoisoned = Array.from({ length: count }, (_, index) => toyRows((first + index) * 2, 1)).some(
      ({ inputs }) => inputs[0] === batch.inputs[0],
    );
    if (!isPoisoned) return output;
    return {
      ...output,
      loss: tf.mul(output.loss, factor) as tf.Scalar,
      tokenNll_BL: tf.mul(output.tokenNll_BL!, factor) as tf.Tensor2D,
    };
  };

test('a frozen parameter stays bit for bit, has no moments and no place in a checkpoint', async () => {
  const { store } = checkpoints();
  const { result } = await collect(options({ freeze: ['b'], checkpoints: { ...checkpoints(), store } }));
  const [before, after] = [await values(initial), await values(result.params)];
  expect(Object.keys(after)).toEqual(['w', 'b']);
  expect(after.b).toEqual(before.b);
  expect(after.w).not.toEqual(before.w);
  const saved = (await store.loadLatest())!;
  expect([...saved.groups.params!.keys()]).toEqual(['w']);
  expect([...saved.groups.optimizer!.keys()]).toEqual(['adamw/m/w', 'adamw/v/w']);
  const again = await collect(options({ freeze: ['b'], checkpoints: { ...checkpoints(), store } }));
  expect(await values(again.result.params)).toEqual(after);
  await expect(collect(options({ freeze: ['bias'] }))).rejects.toThrow(/"bias", which meets none/);
  dispose(result, again.result);
});

describe.each([
  ['an exponential average', exponentialAverage({ decay: 0.7 })],
  ['an equal average', equalAverage({ fromStep: 4, every: 3 })],
])('%s', (_, average) => {
  test('follows its definition, and resumes bit for bit, with Muon too and from a thread', async () => {
    const muonAndAdamW = partition(
      { select: isHiddenMatrix, optimizer: muon({ learningRate: () => 0.05 }) },
      { select: () => true, optimizer: adamw({ learningRate: () => 0.1 }) },
    );
    const given = { average, optimizer: muonAndAdamW };
    const whole = await collect(options(given));
    const threaded = checkpoints(2, true);
    const first = await collect(options({ ...given, numSteps: 5, checkpoints: threaded }));
    const second = await collect(options({ ...given, checkpoints: threaded }));
    expect(second.events[0]).toMatchObject({ type: 'run-started', step: 5, resumed: true });
    expect(losses([...first.events, ...second.events])).toEqual(losses(whole.events));
    expect(await values(second.result.params)).toEqual(await values(whole.result.params));
    expect(await values(second.result.average!)).toEqual(await values(whole.result.average!));
    const saved = second.events.filter((event) => event.type === 'checkpoint-saved');
    expect(saved.map(({ step }) => step)).toEqual([6, 8, 10]);
    expect(saved.every(({ stallMs, durationMs }) => stallMs > 0 && stallMs <= durationMs)).toBe(true);
    dispose(whole.result, first.result, second.result);

    const path: number[][] = [];
    for (let numSteps = 1; numSteps <= 10; numSteps++) {
      const { result } = await collect(options({ ...given, numSteps }));
      path.push((await values(result.params)).w!);
      dispose(result);
    }
    const counted = average.name === 'equal' ? [4, 7, 10] : [];
    const expected = path[0]!.map((_, i) =>
      average.name === 'equal'
        ? counted.reduce((sum, step) => sum + path[step - 1]![i]!, 0) / counted.length
        : path.slice(1).reduce((mean, params) => 0.7 * mean + 0.3 * params[i]!, path[0]![i]!),
    );
    const wholeAgain = await collect(options(given));
    (await values(wholeAgain.result.average!)).w!.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
    dispose(wholeAgain.result);
  });
});

describe('guards', () => {
  test('a poisoned batch is left out, and its sources named; the steps around it are those of a run without it', async () => {
    const { events, result } = await collect(
      options({ lossFn: poisoned(Number.NaN, 3, 1), guard: { onFault: 'skip' } }),
    );
    const warnings = events.filter((event) => event.type === 'warning');
    expect(warnings).toMatchObject([
      {
        step: 4,
        code: 'step-skipped',
        message: 'Left out the update of step 4, micro-batch 3, sources even, odd: loss NaN.',
      },
    ]);
    expect(losses(events).map(([step]) => step)).toEqual([1, 2, 3, 5, 6, 7, 8, 9, 10]);
    expect(
      Object.values(await values(result.params))
        .flat()
        .every(Number.isFinite),
    ).toBe(true);
    dispose(result);
  });

  test('only the source whose loss is not finite is named', async () => {
    const lossFn: LossFn<ToyBatch> = (params, batch) => {
      const output = toyLoss(params, batch);
      if (batch.inputs[0] !== toyRows(6, 1).inputs[0]) return output;
      const factors = [...batch.sourceIds].map((source) => (source === 1 ? Number.NaN : 1));
      const tokenNll_BL = tf.mul(output.tokenNll_BL!, tf.tensor2d(factors, [2, 3])) as tf.Tensor2D;
      return { ...output, loss: tf.sum(tokenNll_BL) as tf.Scalar, tokenNll_BL };
    };
    await expect(collect(options({ lossFn }))).rejects.toThrow(
      /got loss NaN at step 4, micro-batch 3, sources odd\. No checkpoint/,
    );
  });

  test('a spike is skipped or stops the run; a resumed run decides as an undisturbed one', async () => {
    const spikes = { minSteps: 8, window: 16, threshold: 10 };
    const given = { lossFn: poisoned(1e6, 15, 1), numSteps: 20, optimizer: adamw({ learningRate: () => 0.01 }) };
    const skipping = { ...given, guard: { onFault: 'skip' as const, spikes } };
    const whole = await collect(options(skipping));
    const skipped = whole.events.filter((event) => event.type === 'warning');
    expect(skipped.map(({ step }) => step)).toEqual([16]);
    expect(skipped[0]!.message).toMatch(
      /a spike of the loss, .* deviations above the median .* of the 15 steps before/,
    );
    const first = await collect(options({ ...skipping, numSteps: 13, checkpoints: checkpoints() }));
    const second = await collect(options({ ...skipping, checkpoints: checkpoints() }));
    expect(second.events.filter((event) => event.type === 'warning')).toEqual(skipped);
    expect(await values(second.result.params)).toEqual(await values(whole.result.params));
    await expect(collect(options({ ...given, guard: { spikes } }))).rejects.toThrow(/a spike of the loss.*step 16/);
    const unguarded = await collect(options(given));
    expect(losses(unguarded.events)[15]![1]).toBeGreaterThan(1e3);
    dispose(whole.result, first.result, second.result, unguarded.result);
  });

  test('skipping has an end', async () => {
    const guard = { onFault: 'skip' as const, maxSkipsInARow: 3 };
    await expect(collect(options({ lossFn: poisoned(Number.NaN, 2, 8), guard }))).rejects.toThrow(
      /at step 6, micro-batch 5/,
    );
    await expect(collect(options({ guard: { maxSkipsInARow: 0 } }))).rejects.toThrow(
      /guard.maxSkipsInARow must be > 0/,
    );
  });
});

describe('a watched metric', () => {
  /** Best at step 6. */
  const evaluate = {
    every: 2,
    atStart: true,
    run: async (_: ParamMap, step: number) => ({ score: Math.abs(step - 6) }),
  };
  const watch = { metric: 'score', patience: 2, keepBest: true };

  test('stops the run when it no longer improves, keeps the best checkpoint, and a resumed run ends alike', async () => {
    const whole = await collect(options({ evaluate, watch, numSteps: 30 }));
    expect(whole.result).toMatchObject({ step: 10, stoppedEarly: true, best: { step: 6, value: 0 } });
    expect(whole.events.at(-1)).toMatchObject({ type: 'run-finished', step: 10, stoppedEarly: true });
    const evaluations = whole.events.filter((event) => event.type === 'evaluation-completed');
    expect(evaluations.map(({ step, isBest = false }) => [step, isBest])).toEqual([
      [0, true],
      [2, true],
      [4, true],
      [6, true],
      [8, false],
      [10, false],
    ]);
    const saving = { ...checkpoints(1), store: createCheckpointStore(join(directory, 'best'), { keepLast: 1 }) };
    const first = await collect(options({ evaluate, watch, numSteps: 8, checkpoints: saving }));
    expect(await saving.store.steps()).toEqual([6, 8]);
    const second = await collect(options({ evaluate, watch, numSteps: 30, checkpoints: saving }));
    expect(second.result).toMatchObject({ step: 10, stoppedEarly: true, best: { step: 6, value: 0 } });
    expect(await saving.store.steps()).toEqual([6, 10]);
    const sixth = await collect(options({ numSteps: 6 }));
    const best = await saving.store.load(6);
    expect([...best.groups.params!.get('w')!.data]).toEqual((await values(sixth.result.params)).w);
    const third = await collect(options({ evaluate, watch, numSteps: 30, checkpoints: saving }));
    expect(third.events.map(({ type }) => type)).toEqual(['run-started', 'run-finished']);
    dispose(whole.result, first.result, second.result, sixth.result, third.result);
  });

  test('a metric that is not reported, and one without evaluations, are refused', async () => {
    await expect(collect(options({ evaluate, watch: { metric: 'scores' } }))).rejects.toThrow(
      /got scores, which is none of score/,
    );
    await expect(collect(options({ watch: { metric: 'score' } }))).rejects.toThrow(/watch needs evaluate/);
  });
});

test('moments, steps and schedule carried on: two runs of five steps are one of ten', async () => {
  const learningRate = (step: number) => 0.1 / (1 + step);
  const make = () => adamw({ learningRate });
  const whole = await collect(options({ optimizer: make() }));
  const first = await collect(options({ optimizer: make(), numSteps: 5, keepOptimizerState: true }));
  const second = await collect(
    options({
      params: first.result.params,
      optimizer: make(),
      numSteps: 5,
      batchAt: (index) => toyRows((index + 5) * 2, 2),
      continueFrom: { optimizerState: first.result.optimizerState!, numSteps: 5 },
    }),
  );
  expect(await values(second.result.params)).toEqual(await values(whole.result.params));
  dispose(whole.result, first.result, second.result);
});

test('old and new state never lie side by side: beside parameters, moments and gradients one tensor at a time', async () => {
  const params: ParamMap = new Map(Array.from({ length: 20 }, (_, index) => [`w${index}`, tf.ones([1000])]));
  let most = 0;
  let held = 0;
  const inner = adamw({ learningRate: () => 0.1 });
  const watching = {
    ...inner,
    step: ((given, updates, state, step, release) =>
      inner.step(given, updates, state, step, (tensor) => {
        most = Math.max(most, tf.memory().numBytes - held);
        release?.(tensor);
      })) as typeof inner.step,
  };
  const lossFn: LossFn<unknown> = (p) => ({
    loss: tf.addN([...p.values()].map((w) => tf.sum(w))) as tf.Scalar,
    weight: 1,
    metrics: {},
  });
  held = tf.memory().numBytes;
  const result = await runToEnd(train({ params, lossFn, batchAt: () => 0, numSteps: 3, optimizer: watching }));
  // Beside the caller's parameters: parameters (new ones from the second step on), two moments, gradients are 4 x 80,000 bytes; one tensor's three new values 12,000.
  expect(most).toBeLessThanOrEqual(4 * 80_000 + 12_000);
  expect(most).toBeGreaterThan(3 * 80_000);
  disposeParams(params);
  disposeParams(result.params);
});

test('speed is told in operations per second and as a share of the peak', async () => {
  const { events, result } = await collect(
    options({ numSteps: 1, speed: { flopsPerToken: 100, peakFlopsPerSecond: 1e6 } }),
  );
  const [event] = events.filter((one): one is StepCompleted => one.type === 'step-completed');
  expect(event!.flopsPerSecond).toBeCloseTo(event!.tokensPerSecond * 100, 3);
  expect(event!.peakShare).toBeCloseTo(event!.flopsPerSecond! / 1e6, 9);
  dispose(result);
});
