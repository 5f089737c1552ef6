import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CheckpointStore, createCheckpointStore } from './checkpoint-store.ts';

let root = '';
let store: CheckpointStore;
beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'marco-store-')), 'checkpoints');
  store = createCheckpointStore(root, { keepLast: 2 });
});
afterEach(() => rm(join(root, '..'), { recursive: true, force: true }));

const contents = (step: number) => ({
  groups: {
    params: new Map([['model.norm.weight', { shape: [2, 2], data: Float32Array.of(step, -0, Number.NaN, 1e-45) }]]),
    'adam.m': new Map([['model.norm.weight', { shape: [3], data: Int32Array.of(1, step, -3) }]]),
    empty: new Map(),
  },
  state: { step, rate: 1e-5, nested: { list: [1, 'two', null] } },
});

test('what was saved comes back bit for bit, from a store that was opened anew', async () => {
  expect(await store.loadLatest()).toBeNull();
  await store.save(7, contents(7));
  const loaded = (await createCheckpointStore(root, { keepLast: 2 }).loadLatest())!;
  expect(loaded.step).toBe(7);
  expect(loaded.skipped).toEqual([]);
  expect(loaded.state).toEqual(contents(7).state);
  expect(Object.keys(loaded.groups).sort()).toEqual(['adam.m', 'empty', 'params']);
  const bits = new Uint32Array(loaded.groups.params!.get('model.norm.weight')!.data.buffer);
  expect(bits).toEqual(new Uint32Array(Float32Array.of(7, -0, Number.NaN, 1e-45).buffer));
  expect(loaded.groups['adam.m']!.get('model.norm.weight')).toEqual({ shape: [3], data: Int32Array.of(1, 7, -3) });
});

test('keeps the last ones and leaves nothing else behind', async () => {
  for (const step of [1, 2, 3, 10]) await store.save(step, contents(step));
  expect(await store.steps()).toEqual([3, 10]);
  expect((await readdir(root)).sort()).toEqual(['step-000000003', 'step-000000010']);
});

test('a step saved again replaces the earlier one', async () => {
  await store.save(1, contents(1));
  await store.save(1, { ...contents(1), state: { again: 1 } });
  await store.save(1, { ...contents(1), state: { again: 2 } });
  expect((await store.loadLatest())!.state).toEqual({ again: 2 });
  expect(await readdir(root)).toEqual(['step-000000001-r2']);
});

test('steps asked for stay beside the last ones, and one step is loaded by its number', async () => {
  for (const step of [1, 2, 3]) await store.save(step, contents(step), { keepSteps: [1] });
  expect(await store.steps()).toEqual([1, 2, 3]);
  await store.save(4, contents(4), { keepSteps: [2] });
  expect(await store.steps()).toEqual([2, 3, 4]);
  expect((await store.load(2)).state).toEqual(contents(2).state);
  await expect(store.load(1)).rejects.toThrow(/the step must have a checkpoint, got 1 at .* There are: 4, 3, 2/);
  await flip(join(root, 'step-000000002', 'params.safetensors'), -3);
  await expect(store.load(2)).rejects.toThrow(/must pass verification, got params.safetensors has SHA-256/);
});

describe('in a thread', () => {
  test('the same checkpoint comes back, the arrays are given up, and errors come through', async () => {
    const threaded = createCheckpointStore(root, { keepLast: 1, inThread: true });
    const given = contents(7);
    const saving = threaded.save(7, given);
    expect(given.groups.params.get('model.norm.weight')!.data.length).toBe(0);
    expect(await saving).toBe(join(root, 'step-000000007'));
    await store.save(6, contents(6));
    const loaded = (await threaded.loadLatest())!;
    expect(loaded.state).toEqual(contents(7).state);
    expect(loaded.groups['adam.m']!.get('model.norm.weight')!.data).toEqual(Int32Array.of(1, 7, -3));
    await threaded.save(8, contents(8));
    expect(await threaded.steps()).toEqual([8]);
    await rm(root, { recursive: true });
    await writeFile(root, '');
    await expect(threaded.save(9, contents(9))).rejects.toThrow(/cannot write a checkpoint, .* at .*checkpoints/);
    await expect(threaded.save(1, { groups: { '../x': new Map() }, state: {} })).rejects.toThrow(/plain name/);
  });
});

describe('a damaged newest checkpoint is skipped with its reason', () => {
  const newest = () => join(root, 'step-000000002');
  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'truncated weights',
      () => truncate(join(newest(), 'params.safetensors'), 100),
      /params.safetensors has 100 bytes, not/,
    ],
    [
      'a flipped bit',
      () => flip(join(newest(), 'params.safetensors'), -3),
      /params.safetensors has SHA-256 [0-9a-f]{64}, not/,
    ],
    ['a flipped bit in the state', () => flip(join(newest(), 'state.json'), 4), /state.json has SHA-256/],
    ['a missing group', () => rm(join(newest(), 'adam.m.safetensors')), /adam.m.safetensors is missing/],
    ['missing checksums', () => rm(join(newest(), 'checksums.json')), /checksums.json is missing/],
    ['empty checksums', () => writeFile(join(newest(), 'checksums.json'), ''), /JSON/],
    [
      'checksums that list nothing',
      () => writeFile(join(newest(), 'checksums.json'), '{"files":{}}'),
      /checksums.json is damaged/,
    ],
    [
      'an empty directory',
      () => rm(newest(), { recursive: true }).then(() => mkdir(newest())),
      /checksums.json is missing/,
    ],
    ['a file in its place', () => rm(newest(), { recursive: true }).then(() => writeFile(newest(), '')), /ENOTDIR/],
  ])('%s', async (_, damage, reason) => {
    await store.save(1, contents(1));
    await store.save(2, contents(2));
    await damage();
    const loaded = (await store.loadLatest())!;
    expect(loaded.step).toBe(1);
    expect(loaded.state).toEqual(contents(1).state);
    expect(loaded.skipped).toMatchObject([{ step: 2, directory: newest() }]);
    expect(loaded.skipped[0]!.reason).toMatch(reason);
  });

  test('every truncation of every file is noticed', async () => {
    await store.save(1, contents(1));
    await store.save(2, contents(2));
    for (const name of await readdir(newest())) {
      const whole = await readFile(join(newest(), name));
      for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 9)) {
        await writeFile(join(newest(), name), whole.subarray(0, length));
        expect((await store.loadLatest())!.step).toBe(1);
      }
      await writeFile(join(newest(), name), whole);
    }
    expect((await store.loadLatest())!.step).toBe(2);
  });

  test('damaged ones do not push out the intact ones', async () => {
    for (const step of [1, 2, 3]) await store.save(step, contents(step));
    await flip(join(root, 'step-000000003', 'params.safetensors'), -3);
    expect((await store.loadLatest())!.step).toBe(2);
    await store.save(4, contents(4));
    expect(await store.steps()).toEqual([2, 4]);
  });

  test('when none is intact, it says so instead of starting afresh', async () => {
    await store.save(1, contents(1));
    await truncate(join(root, 'step-000000001', 'state.json'), 0);
    await expect(store.loadLatest()).rejects.toThrow(
      /at least one checkpoint must pass verification.*state.json has 0 bytes.*start afresh/,
    );
  });
});

test('what a killed process left is ignored by loading and removed by the next save', async () => {
  await store.save(1, contents(1));
  await cp(join(root, 'step-000000001'), join(root, '.saving-2-1'), { recursive: true });
  await rename(join(root, 'step-000000001', 'state.json'), join(root, '.removing-1-1'));
  await cp(join(root, '.removing-1-1'), join(root, 'step-000000001', 'state.json'));
  expect((await store.loadLatest())!.step).toBe(1);
  await store.save(3, contents(3));
  expect((await readdir(root)).sort()).toEqual(['step-000000001', 'step-000000003']);
});

describe('refused', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['keepLast 0', async () => createCheckpointStore(root, { keepLast: 0 }), /keepLast must be 1 or more, got 0/],
    ['a fractional step', () => store.save(1.5, contents(1)), /step must be a whole number.*got 1.5/],
    [
      'a group that leads elsewhere',
      () => store.save(1, { groups: { '../x': new Map() }, state: {} }),
      /plain name, got "\.\.\/x"/,
    ],
    [
      'a state that JSON would change',
      () => store.save(1, { groups: {}, state: { a: [Number.NaN] } }),
      /plain JSON, got NaN at \$\.a\[0\]/,
    ],
  ])('%s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
    expect(await readdir(join(root, '..'))).toEqual([]);
  });

  test('a root that is a file', async () => {
    await writeFile(root, '');
    await expect(store.save(1, contents(1))).rejects.toThrow(/cannot write a checkpoint, .* at .*checkpoints/);
  });
});

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[(at + bytes.length) % bytes.length]! ^= 1;
  await writeFile(path, bytes);
}
