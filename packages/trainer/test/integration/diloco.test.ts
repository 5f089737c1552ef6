/** Workers over a directory and over an S3-compatible store: one run of several, late ones, lost ones, and its loss beside synchronous training. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCheckpointStore } from '@marco-ts/checkpoint';
import { disposeParams, initBackend, type ParamMap, paramsToArrays, tf } from '@marco-ts/core';
import {
  adamw,
  createDilocoWorker,
  createDirectoryMailbox,
  createS3Mailbox,
  type DilocoOptions,
  type Mailbox,
  type RoundCompleted,
  runToEnd,
  type TrainEvent,
  train,
} from '@marco-ts/trainer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startS3Server } from '../toy/s3-server.ts';
import { toyLoss, toyParams, toyRows } from '../toy/toy-problem.ts';

let directory: string;
let initial: ParamMap;
let tensorsBefore: number;
beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  initial = toyParams();
});
afterAll(() => disposeParams(initial));
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marco-diloco-'));
  tensorsBefore = tf.memory().numTensors;
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

const values = async (params: ParamMap) =>
  [...(await paramsToArrays(params)).values()].flatMap(({ data }) => [...data]);

interface WorkerRun {
  readonly slot: number;
  readonly numSlots: number;
  readonly numSteps: number;
  readonly mailbox: Mailbox;
  readonly more?: Partial<DilocoOptions>;
  /** stops the run by force after this event */
  readonly dieAfter?: (event: TrainEvent) => boolean;
  readonly checkpointDirectory?: string;
}

/** Micro-batches are dealt out in turn, so that all workers together see each once. */
async function work({ slot, numSlots, numSteps, mailbox, more = {}, dieAfter, checkpointDirectory }: WorkerRun) {
  const events: TrainEvent[] = [];
  const worker = createDilocoWorker({
    mailbox,
    workerId: `w${slot}`,
    every: 5,
    configHash: 'same',
    format: 'f32',
    pollMs: 5,
    timeoutMs: 60_000,
    ...more,
  });
  const run = train({
    params: initial,
    lossFn: toyLoss,
    batchAt: (index) => toyRows((index * numSlots + slot) * 2, 2),
    numSteps,
    optimizer: adamw({ learningRate: () => 0.02 }),
    synchronize: worker,
    ...(checkpointDirectory === undefined
      ? {}
      : {
          checkpoints: {
            store: createCheckpointStore(checkpointDirectory, { keepLast: 1 }),
            every: 1,
            configHash: 'a',
          },
        }),
  });
  try {
    const result = await runToEnd(run, (event) => {
      events.push(event);
      if (dieAfter?.(event)) throw new Error('killed');
    });
    const end = await values(result.params);
    disposeParams(result.params);
    return { events, end };
  } catch (error) {
    if ((error as Error).message !== 'killed') throw error;
    return { events, end: undefined };
  }
}

const rounds = (events: readonly TrainEvent[]) =>
  events.filter((event): event is RoundCompleted => event.type === 'round-completed');

/** Mean squared error over rows that no run has seen. */
function heldOutLoss(flat: readonly number[]): number {
  return tf.tidy(() => {
    const params = new Map<string, tf.Tensor>([
      ['w', tf.tensor2d(flat.slice(0, 2), [2, 1])],
      ['b', tf.tensor1d(flat.slice(2))],
    ]);
    const { loss, weight } = toyLoss(params, toyRows(100_000, 64));
    return loss.dataSync()[0]! / weight;
  });
}

describe('three workers', () => {
  test('end with the same parameters, and near synchronous training on the same tokens', async () => {
    const mailbox = createDirectoryMailbox(join(directory, 'mail'));
    const more = { minWorkers: 3 };
    const workers = await Promise.all(
      [0, 1, 2].map((slot) => work({ slot, numSlots: 3, numSteps: 30, mailbox, more })),
    );
    for (const { events, end } of workers) {
      expect(end).toEqual(workers[0]!.end);
      expect(rounds(events).map(({ step, metrics, notes }) => [step, metrics.workers, notes])).toEqual(
        [5, 10, 15, 20, 25, 30].map((step) => [step, 3, []]),
      );
    }
    const synchronous = await runToEnd(
      train({
        params: initial,
        lossFn: toyLoss,
        batchAt: (index) => toyRows(index * 2, 2),
        gradAccumSteps: 3,
        numSteps: 30,
        optimizer: adamw({ learningRate: () => 0.02 }),
      }),
    );
    const before = heldOutLoss(await values(initial));
    const together = heldOutLoss(workers[0]!.end!);
    const inStep = heldOutLoss(await values(synchronous.params));
    disposeParams(synchronous.params);
    expect(inStep).toBeLessThan(before * 0.8);
    // The outer momentum may well be ahead; it must not be far behind.
    expect(together).toBeLessThan(inStep * 1.1);
  });

  test.each(['bf16', 'int8'] as const)('agree to the last bit when moves are sent as %s too', async (format) => {
    const mailbox = createDirectoryMailbox(join(directory, 'mail'));
    const more = { minWorkers: 2, format };
    const [first, second] = await Promise.all(
      [0, 1].map((slot) => work({ slot, numSlots: 2, numSteps: 20, mailbox, more })),
    );
    expect(first!.end).toEqual(second!.end);
    // 20 steps end a round of 5, 22 do not: the last one is shorter.
    const longer = await Promise.all([0, 1].map((slot) => work({ slot, numSlots: 2, numSteps: 22, mailbox, more })));
    expect(longer[0]!.end).toEqual(longer[1]!.end);
    expect(longer[0]!.events.at(-1)).toMatchObject({ type: 'run-finished', step: 22 });
    expect(heldOutLoss(first!.end!)).toBeLessThan(heldOutLoss(await values(initial)) * 0.8);
  });
});

test('one worker whose moves are taken as they are is plain training', async () => {
  const mailbox = createDirectoryMailbox(join(directory, 'mail'));
  const more = { learningRate: 1, momentum: 0 };
  const { end } = await work({ slot: 0, numSlots: 1, numSteps: 20, mailbox, more });
  const plain = await runToEnd(
    train({
      params: initial,
      lossFn: toyLoss,
      batchAt: (index) => toyRows(index * 2, 2),
      numSteps: 20,
      optimizer: adamw({ learningRate: () => 0.02 }),
    }),
  );
  (await values(plain.params)).forEach((value, i) => {
    expect(end![i]).toBeCloseTo(value, 5);
  });
  disposeParams(plain.params);
});

test('a worker lost in the middle of a round is waited for until the timeout; it comes back at the newest round', async () => {
  const mailbox = createDirectoryMailbox(join(directory, 'mail'));
  const more = { timeoutMs: 3000 };
  const checkpointDirectory = join(directory, 'lost');
  let survivor: ReturnType<typeof work> | undefined;
  const dieAfter = (event: TrainEvent) => {
    // Both are in the first round; in the second one is lost.
    if (event.type === 'run-started') survivor = work({ slot: 0, numSlots: 2, numSteps: 30, mailbox, more });
    return event.type === 'step-completed' && event.step === 8;
  };
  const lost = await work({ slot: 1, numSlots: 2, numSteps: 30, mailbox, more, dieAfter, checkpointDirectory });
  expect(lost.end).toBeUndefined();
  const { events, end } = (await survivor)!;
  const all = rounds(events);
  expect(all.map(({ metrics }) => metrics.workers)).toEqual([2, 1, 1, 1, 1, 1]);
  expect(all[1]!.notes).toEqual(['round 1 went on without w1']);
  expect(all[1]!.metrics.waitMs).toBeGreaterThanOrEqual(3000);
  const back = await work({ slot: 1, numSlots: 2, numSteps: 30, mailbox, more, checkpointDirectory });
  expect(back.events[0]).toMatchObject({ type: 'run-started', step: 30 });
  expect(back.end).toEqual(end);
});

test('a worker whose round is so old that its files are gone does not wait for it', async () => {
  const mailbox = createDirectoryMailbox(join(directory, 'mail'));
  const timeoutMs = 20_000;
  const slow = createDilocoWorker({ mailbox, workerId: 'w1', every: 5, configHash: 'same', pollMs: 5, timeoutMs });
  const joined = await slow.join(initial, 0);
  const { end } = await work({ slot: 0, numSlots: 2, numSteps: 30, mailbox, more: { timeoutMs: 50 } });
  const late = await slow.exchange(joined.params, 5);
  expect(late.step).toBe(30);
  expect(late.notes).toEqual(['round 0 was closed without this worker; it goes on with round 6']);
  expect(late.metrics).toMatchObject({ workers: 0, bytesSent: 0 });
  expect(late.metrics.waitMs).toBeLessThan(timeoutMs);
  expect(await values(late.params)).toEqual(end);
  expect(await mailbox.list('rounds/000000000/')).toEqual([]);
  disposeParams(joined.params);
  disposeParams(late.params);
});

test('a worker that comes back while its round is open goes on where its checkpoint is', async () => {
  const mailbox = createDirectoryMailbox(join(directory, 'mail'));
  const more = { minWorkers: 2 };
  const dieAfter = (event: TrainEvent) => event.type === 'step-completed' && event.step === 8;
  const checkpointDirectory = join(directory, 'lost');
  const other = work({ slot: 0, numSlots: 2, numSteps: 15, mailbox, more });
  await work({ slot: 1, numSlots: 2, numSteps: 15, mailbox, more, dieAfter, checkpointDirectory });
  const back = await work({ slot: 1, numSlots: 2, numSteps: 15, mailbox, more, checkpointDirectory });
  expect(back.events[0]).toMatchObject({ type: 'run-started', resumed: true });
  expect((back.events[0] as { step: number }).step).toBeGreaterThan(5);
  const { events, end } = await other;
  expect(back.end).toEqual(end);
  expect(rounds(events).map(({ metrics }) => metrics.workers)).toEqual([2, 2, 2]);
  // Nobody was disturbed: the end is that of two workers that were never killed.
  const fresh = createDirectoryMailbox(join(directory, 'fresh'));
  const [undisturbed] = await Promise.all(
    [0, 1].map((slot) => work({ slot, numSlots: 2, numSteps: 15, mailbox: fresh, more })),
  );
  expect(end).toEqual(undisturbed!.end);
});

test('a worker that joins late begins with what the others have', async () => {
  const mailbox = createDirectoryMailbox(join(directory, 'mail'));
  const alone = await work({ slot: 0, numSlots: 2, numSteps: 10, mailbox });
  const [first, late] = await Promise.all(
    [0, 1].map((slot) => work({ slot, numSlots: 2, numSteps: 20, mailbox, more: { minWorkers: 2 } })),
  );
  expect(alone.end).toBeDefined();
  expect(late!.events[0]).toMatchObject({ type: 'run-started', step: 10 });
  expect(first!.end).toEqual(late!.end);
  expect(rounds(late!.events).map(({ metrics }) => metrics.workers)).toEqual([2, 2]);
});

test('a round that was closed and never written down is finished by whoever comes next', async () => {
  const mailbox = createDirectoryMailbox(join(directory, 'mail'));
  await work({ slot: 0, numSlots: 1, numSteps: 10, mailbox });
  const newest = (await mailbox.list('outer/')).at(-1)!;
  const before = await mailbox.get(newest);
  await mailbox.remove(newest);
  await work({ slot: 0, numSlots: 1, numSteps: 10, mailbox });
  expect(await mailbox.get(newest)).toEqual(before);
});

test('another recipe in the same mailbox, and a worker without a proper name, are refused', async () => {
  const mailbox = createDirectoryMailbox(join(directory, 'mail'));
  await work({ slot: 0, numSlots: 1, numSteps: 5, mailbox });
  const other = { configHash: 'other' };
  await expect(work({ slot: 1, numSlots: 1, numSteps: 5, mailbox, more: other })).rejects.toThrow(
    /workers must agree on .*"same".*got .*"other"/,
  );
  expect(() => createDilocoWorker({ mailbox, workerId: '../x', every: 1, configHash: 'a' })).toThrow(/workerId/);
  expect(() => createDilocoWorker({ mailbox, workerId: 'x', every: 0, configHash: 'a' })).toThrow(/every must be > 0/);
});

describe('mailboxes', () => {
  const key = 'rounds/000000001/delta/w é';
  const contract = async (mailbox: Mailbox) => {
    expect(await mailbox.get(key)).toBeUndefined();
    expect(await mailbox.list('rounds/')).toEqual([]);
    const wins = await Promise.all([1, 2, 3, 4].map((byte) => mailbox.putIfAbsent(key, Uint8Array.of(byte))));
    expect(wins.filter(Boolean).length).toBe(1);
    expect(Buffer.from((await mailbox.get(key))!)[0]).toBe(wins.indexOf(true) + 1);
    await mailbox.put(key, Uint8Array.of(9, 0, 255));
    expect([...(await mailbox.get(key))!]).toEqual([9, 0, 255]);
    for (const name of ['a', 'b', 'c&', 'd', 'e']) await mailbox.put(`rounds/2/${name}`, Uint8Array.of(1));
    expect(await mailbox.list('rounds/2/')).toEqual(['a', 'b', 'c&', 'd', 'e'].map((name) => `rounds/2/${name}`));
    expect(await mailbox.list('rounds/')).toContain(key);
    await mailbox.remove(key);
    await mailbox.remove(key);
    expect(await mailbox.get(key)).toBeUndefined();
  };

  test('a directory', async () => contract(createDirectoryMailbox(join(directory, 'mail'))));

  test('an S3-compatible store, which is busy at times; and two workers over it', async () => {
    const server = await startS3Server({ bucket: 'bucket', pageSize: 2 });
    const options = { endpoint: server.endpoint, bucket: 'bucket', accessKeyId: 'KEY', secretAccessKey: 'SECRET' };
    await contract(createS3Mailbox({ ...options, prefix: 'one/' }));
    const mailbox = createS3Mailbox({ ...options, prefix: 'two/' });
    server.busy.times = 2;
    const [first, second] = await Promise.all(
      [0, 1].map((slot) => work({ slot, numSlots: 2, numSteps: 10, mailbox, more: { minWorkers: 2 } })),
    );
    expect(first!.end).toEqual(second!.end);
    expect(server.numUnsigned()).toBe(0);
    await expect(createS3Mailbox({ ...options, accessKeyId: 'OTHER' }).list('x')).rejects.toThrow(/got 403 Signature/);
    await server.close();
  });
});
