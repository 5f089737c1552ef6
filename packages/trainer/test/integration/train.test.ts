/** The loop's laws on a toy problem, and what it does when things go wrong. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCheckpointStore } from '@marco-ts/checkpoint';
import { disposeParams, initBackend, type LossFn, type ParamMap, paramsToArrays, tf } from '@marco-ts/core';
import {
  adamw,
  chain,
  clipByGlobalNorm,
  cosine,
  createJsonlLogger,
  type Optimizer,
  readJsonlLog,
  runToEnd,
  type StepCompleted,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  train,
} from '@marco-ts/trainer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ToyBatch, toyLoss, toyParams, toyRows } from '../toy/toy-problem.ts';

const backends = ['cpu', 'wasm'] as const;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marco-train-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const makeOptimizer = (): Optimizer =>
  chain(
    clipByGlobalNorm(1),
    adamw({ learningRate: cosine({ peak: 0.1, warmupSteps: 2, numSteps: 10 }), weightDecay: 0.01 }),
  );

const toyOptions = (params: ParamMap, more: Partial<TrainOptions<ToyBatch>> = {}): TrainOptions<ToyBatch> => ({
  params,
  lossFn: toyLoss,
  batchAt: (index) => toyRows(index * 2, 2),
  gradAccumSteps: 2,
  numSteps: 10,
  optimizer: makeOptimizer(),
  groupNames: ['even', 'odd'],
  ...more,
});

async function collect<Batch>(options: TrainOptions<Batch>): Promise<{ events: TrainEvent[]; result: TrainResult }> {
  const events: TrainEvent[] = [];
  const result = await runToEnd(train(options), (event) => {
    events.push(event);
  });
  return { events, result };
}

async function valuesOf(params: ParamMap): Promise<Record<string, number[]>> {
  return Object.fromEntries([...(await paramsToArrays(params))].map(([name, { data }]) => [name, [...data]]));
}

const steps = (events: readonly TrainEvent[]): StepCompleted[] =>
  events.filter((event) => event.type === 'step-completed');
/** What must be equal between two runs: everything but clocks and memory. */
const numbers = (events: readonly TrainEvent[]) =>
  steps(events).map(({ step, loss, gradNorm, learningRate, numTokens, totalTokens, groups }) => ({
    step,
    loss,
    gradNorm,
    learningRate,
    numTokens,
    totalTokens,
    groups,
  }));

describe.each(backends)('train on %s', (backend) => {
  let available = false;
  let initial: ParamMap;
  beforeAll(async () => {
    available = await initBackend({ prefer: [backend] }).then(
      () => true,
      () => false,
    );
    if (available) initial = toyParams();
  });
  afterAll(() => {
    if (available) disposeParams(initial);
  });
  beforeEach((context) => {
    context.skip(!available, `backend ${backend} is not available here`);
  });

  test('learns, reports each step, keeps the tensor count, leaves the initial parameters alone', async () => {
    const before = await valuesOf(initial);
    const tensorsBefore = tf.memory().numTensors;
    const { events, result } = await collect(
      toyOptions(initial, { numSteps: 10, optimizer: adamw({ learningRate: () => 0.1 }) }),
    );
    expect(events[0]).toEqual({ type: 'run-started', step: 0, numSteps: 10, resumed: false });
    expect(events.at(-1)).toMatchObject({ type: 'run-finished', step: 10 });
    const logged = steps(events);
    expect(logged.map((event) => event.step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(logged.at(-1)!.loss).toBeLessThan(logged[0]!.loss * 0.7);
    for (const event of logged) {
      expect(event.metrics.squaredError).toBeCloseTo(event.loss, 6);
      expect(event.numTokens).toBe(12);
      const groups = Object.values(event.groups!);
      expect(Object.keys(event.groups!)).toEqual(['even', 'odd']);
      expect(groups.reduce((sum, group) => sum + group.numTargets, 0)).toBe(event.numTargets);
      expect(groups.reduce((sum, group) => sum + group.loss * group.numTargets, 0) / event.numTargets).toBeCloseTo(
        event.loss,
        5,
      );
      expect(event.tokensPerSecond).toBeGreaterThan(0);
    }
    expect(new Set(logged.map((event) => event.memory.numTensors)).size).toBe(1);
    expect(await valuesOf(initial)).toEqual(before);
    expect(result).toMatchObject({ step: 10, totalTokens: 120, interrupted: false });
    expect(tf.memory().numTensors).toBe(tensorsBefore + result.params.size);
    disposeParams(result.params);
  });

  test('1 x 8 micro-batches give the steps of 4 x 2 and of 8 x 1', async () => {
    const runs = await Promise.all(
      [1, 4, 8].map(async (gradAccumSteps) => {
        const rows = 8 / gradAccumSteps;
        return collect(toyOptions(initial, { gradAccumSteps, batchAt: (index) => toyRows(index * rows, rows) }));
      }),
    );
    const [whole, ...split] = await Promise.all(
      runs.map(async ({ events, result }) => {
        const values = await valuesOf(result.params);
        disposeParams(result.params);
        return { losses: steps(events).map((event) => event.loss), values };
      }),
    );
    for (const run of split) {
      run.losses.forEach((loss, index) => {
        expect(loss).toBeCloseTo(whole!.losses[index]!, 5);
      });
      for (const name of ['w', 'b']) {
        run.values[name]!.forEach((value, index) => {
          expect(value).toBeCloseTo(whole!.values[name]![index]!, 5);
        });
      }
    }
  });

  test('ten steps equal five, a resume and five, bit for bit', async () => {
    const undisturbed = await collect(toyOptions(initial));
    const checkpoints = { store: createCheckpointStore(directory, { keepLast: 2 }), every: 2, configHash: 'same' };
    const first = await collect(toyOptions(initial, { numSteps: 5, checkpoints }));
    const second = await collect(toyOptions(initial, { numSteps: 10, checkpoints }));
    expect(second.events[0]).toEqual({ type: 'run-started', step: 5, numSteps: 10, resumed: true });
    expect(numbers([...first.events, ...second.events])).toEqual(numbers(undisturbed.events));
    expect(await valuesOf(second.result.params)).toEqual(await valuesOf(undisturbed.result.params));
    expect(second.result.totalTokens).toBe(undisturbed.result.totalTokens);
    for (const { result } of [undisturbed, first, second]) disposeParams(result.params);
  });
});

describe('train', () => {
  let initial: ParamMap;
  let tensorsBefore: number;
  beforeAll(async () => {
    await initBackend({ prefer: ['cpu'] });
    initial = toyParams();
  });
  afterAll(() => disposeParams(initial));
  beforeEach(() => {
    tensorsBefore = tf.memory().numTensors;
  });
  afterEach(() => {
    expect(tf.memory().numTensors).toBe(tensorsBefore);
  });

  const storeIn = (path: string, every = 2, configHash = 'a') => ({
    store: createCheckpointStore(path, { keepLast: 3 }),
    every,
    configHash,
  });

  test('a finished run does nothing more and gives its parameters again', async () => {
    const first = await collect(toyOptions(initial, { numSteps: 3, checkpoints: storeIn(directory) }));
    const again = await collect(toyOptions(initial, { numSteps: 3, checkpoints: storeIn(directory) }));
    expect(again.events.map((event) => event.type)).toEqual(['run-started', 'run-finished']);
    expect(await valuesOf(again.result.params)).toEqual(await valuesOf(first.result.params));
    disposeParams(first.result.params);
    disposeParams(again.result.params);
  });

  test('the signal finishes the step, saves, and the same call goes on to the same end', async () => {
    const undisturbed = await collect(toyOptions(initial));
    const checkpoints = storeIn(directory, 100);
    const controller = new AbortController();
    const events: TrainEvent[] = [];
    const run = train(toyOptions(initial, { checkpoints, signal: controller.signal }));
    let next = await run.next();
    for (; !next.done; next = await run.next()) {
      events.push(next.value);
      if (next.value.type === 'step-completed' && next.value.step === 4) controller.abort();
    }
    expect(events.slice(-2)).toMatchObject([
      { type: 'checkpoint-saved', step: 4 },
      { type: 'run-interrupted', step: 4 },
    ]);
    expect(next.value.interrupted).toBe(true);
    const rest = await collect(toyOptions(initial, { checkpoints }));
    expect(numbers([...events, ...rest.events])).toEqual(numbers(undisturbed.events));
    for (const params of [undisturbed.result.params, next.value.params, rest.result.params]) disposeParams(params);
  });

  test('a signal from a timer is noticed although the maths is synchronous', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    const { result } = await collect(
      toyOptions(initial, { numSteps: 1_000_000, signal: controller.signal, logEvery: 100_000 }),
    );
    expect(result.interrupted).toBe(true);
    disposeParams(result.params);
  });

  test('another configuration is refused with both hashes', async () => {
    const { result } = await collect(
      toyOptions(initial, { numSteps: 2, checkpoints: storeIn(directory, 2, 'first-hash') }),
    );
    disposeParams(result.params);
    await expect(collect(toyOptions(initial, { checkpoints: storeIn(directory, 2, 'second-hash') }))).rejects.toThrow(
      /first-hash, got second-hash at checkpoint 2/,
    );
    const other = new Map([['w', tf.zeros([2, 2])]]);
    await expect(collect(toyOptions(other, { checkpoints: storeIn(directory, 2, 'first-hash') }))).rejects.toThrow(
      /w \[2, 2\], got \[2, 1\]/,
    );
    disposeParams(other);
    await expect(
      collect(toyOptions(initial, { numSteps: 1, checkpoints: storeIn(directory, 2, 'first-hash') })),
    ).rejects.toThrow(/numSteps must not be below the checkpoint's step 2, got 1/);
  });

  test('a damaged checkpoint is passed over with a warning, and the run ends the same', async () => {
    const undisturbed = await collect(toyOptions(initial));
    const first = await collect(toyOptions(initial, { numSteps: 5, checkpoints: storeIn(directory) }));
    const newest = (await readdir(directory)).sort().at(-1)!;
    const file = join(directory, newest, 'params.safetensors');
    const bytes = await readFile(file);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(file, bytes);
    const second = await collect(toyOptions(initial, { checkpoints: storeIn(directory) }));
    expect(second.events[0]).toMatchObject({ type: 'run-started', step: 4, resumed: true });
    expect(second.events[1]).toMatchObject({ type: 'warning', code: 'checkpoint-skipped' });
    expect(await valuesOf(second.result.params)).toEqual(await valuesOf(undisturbed.result.params));
    for (const { result } of [undisturbed, first, second]) disposeParams(result.params);
  });

  test.each([
    [
      'loss NaN',
      (): LossFn<ToyBatch> => (params, batch) => {
        const output = toyLoss(params, batch);
        return batch.inputs[0] === toyRows(12, 1).inputs[0]
          ? { ...output, loss: tf.mul(output.loss, Number.NaN) as tf.Scalar }
          : output;
      },
    ],
    [
      'gradient norm Infinity',
      (): LossFn<ToyBatch> => (params, batch) => {
        const output = toyLoss(params, batch);
        if (batch.inputs[0] !== toyRows(12, 1).inputs[0]) return output;
        // x - sqrt(x)² is 0, but the gradient of sqrt at 0 is infinite.
        const zero = tf.mul(tf.sum(params.get('b')!), 0) as tf.Scalar;
        return { ...output, loss: tf.add(output.loss, tf.sqrt(tf.relu(zero))) as tf.Scalar };
      },
    ],
  ])('%s stops the run: step, sources and the last good checkpoint are named', async (what, makeLoss) => {
    for (const optimizer of [makeOptimizer(), adamw({ learningRate: () => 0.1 })]) {
      const path = join(directory, optimizer.name);
      const run = collect(toyOptions(initial, { lossFn: makeLoss(), optimizer, checkpoints: storeIn(path) }));
      await expect(run).rejects.toThrow(
        /at step 4, micro-batches 6-7, sources even, odd\. The last good checkpoint is step 2/,
      );
      await expect(run).rejects.toThrow(what.startsWith('loss') ? /got loss NaN/ : /got gradient norm (NaN|Infinity)/);
      await expect(run).rejects.toMatchObject({ name: 'DivergenceError' });
    }
  });

  test('a step that predicts nothing is left out with a warning', async () => {
    const batchAt = (index: number): ToyBatch => {
      const rows = toyRows(index, 1);
      return index === 1 ? { ...rows, labels: rows.labels.map(() => -100) } : rows;
    };
    const { events, result } = await collect(toyOptions(initial, { numSteps: 3, gradAccumSteps: 1, batchAt }));
    expect(events.find((event) => event.type === 'warning')).toMatchObject({ step: 2, code: 'empty-batch' });
    expect(steps(events).map((event) => event.step)).toEqual([1, 3]);
    disposeParams(result.params);
  });

  test('evaluates on time and at the end, and logEvery joins steps by their weights', async () => {
    const seen: number[] = [];
    const evaluate = {
      every: 4,
      run: async (params: ParamMap, step: number) => {
        seen.push(step);
        const norm = tf.norm(params.get('w')!);
        const value = (await norm.data())[0]!;
        norm.dispose();
        return { norm: value };
      },
    };
    const each = await collect(toyOptions(initial, { numSteps: 10 }));
    const joined = await collect(toyOptions(initial, { numSteps: 10, logEvery: 3, evaluate }));
    expect(seen).toEqual([4, 8, 10]);
    expect(joined.events.filter((event) => event.type === 'evaluation-completed').length).toBe(3);
    const windows = steps(joined.events);
    expect(windows.map((event) => event.step)).toEqual([3, 4, 6, 8, 9, 10]);
    const firstThree = steps(each.events).slice(0, 3);
    const numTargets = firstThree.reduce((sum, event) => sum + event.numTargets, 0);
    expect(windows[0]!.numTargets).toBe(numTargets);
    expect(windows[0]!.loss).toBeCloseTo(
      firstThree.reduce((sum, event) => sum + event.loss * event.numTargets, 0) / numTargets,
      10,
    );
    disposeParams(each.result.params);
    disposeParams(joined.result.params);
  });

  test('leaving early frees everything; errors of the batch source come through', async () => {
    for await (const event of train(toyOptions(initial))) {
      if (event.type === 'step-completed' && event.step === 2) break;
    }
    const failing = toyOptions(initial, {
      batchAt: (index) => {
        if (index === 3) throw new Error('shard gone');
        return toyRows(index, 1);
      },
    });
    await expect(collect(failing)).rejects.toThrow('shard gone');
    await expect(
      collect(toyOptions(initial, { lossFn: (p, b) => ({ ...toyLoss(p, b), weight: Number.NaN }) })),
    ).rejects.toThrow(/weight/);
    const full = {
      ...createCheckpointStore(directory, { keepLast: 1 }),
      save: () => Promise.reject(new Error('disk full')),
    };
    await expect(
      collect(toyOptions(initial, { checkpoints: { store: full, every: 2, configHash: 'a' } })),
    ).rejects.toThrow('disk full');
    const broken = { every: 3, run: () => Promise.reject(new Error('no such task')) };
    await expect(collect(toyOptions(initial, { evaluate: broken }))).rejects.toThrow('no such task');
    await expect(collect(toyOptions(initial, { gradAccumSteps: 0 }))).rejects.toThrow(
      /gradAccumSteps must be a whole number >= 1, got 0/,
    );
    await expect(collect(toyOptions(initial, { numSteps: 1.5 }))).rejects.toThrow(/numSteps/);
    await expect(collect(toyOptions(new Map()))).rejects.toThrow(/params must hold/);
  });

  test('the log of a killed and resumed run names every step once', async () => {
    const path = join(directory, 'log', 'train.jsonl');
    const checkpoints = storeIn(join(directory, 'checkpoints'));
    const logger = await createJsonlLogger(path);
    const killed = runToEnd(train(toyOptions(initial, { checkpoints })), async (event) => {
      await logger.log(event);
      if (event.type === 'step-completed' && event.step === 5) throw new Error('killed');
    });
    await expect(killed).rejects.toThrow('killed');
    await logger.close();
    await writeFile(path, '{"type":"step-comp', { flag: 'a' });
    expect((await readJsonlLog(path)).at(-1)).toMatchObject({ type: 'step-completed', step: 5 });
    const nextLogger = await createJsonlLogger(path);
    const events: TrainEvent[] = [];
    const result = await runToEnd(train(toyOptions(initial, { checkpoints })), async (event) => {
      events.push(event);
      await nextLogger.log(event);
    });
    await nextLogger.close();
    disposeParams(result.params);
    expect(events[0]).toMatchObject({ step: 4, resumed: true });
    const logged = await readJsonlLog(path);
    expect(steps(logged).map((event) => event.step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(logged.every((event) => !Number.isNaN(Date.parse(event.time)))).toBe(true);
    await writeFile(path, 'not a log\n{"type":"x","step":1}\n');
    await expect(readJsonlLog(path)).rejects.toThrow(/train\.jsonl:1/);
    const foreign = await createJsonlLogger(path);
    await expect(foreign.log({ type: 'run-started', step: 0, numSteps: 1, resumed: false })).rejects.toThrow(
      /train\.jsonl:1/,
    );
    await foreign.close();
    expect(await readFile(path, 'utf8')).toContain('not a log');
  });
});
