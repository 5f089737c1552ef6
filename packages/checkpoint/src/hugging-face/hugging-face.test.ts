import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NamedArray } from '../named-array.ts';
import { openHuggingFaceModel } from './open-hugging-face-model.ts';
import { readHuggingFaceModel } from './read-hugging-face-model.ts';
import { type WriteHuggingFaceModelOptions, writeHuggingFaceModel } from './write-hugging-face-model.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'marco-hugging-face-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const arrays = new Map<string, NamedArray>(
  Array.from({ length: 5 }, (_, i) => [`layer.${4 - i}`, { shape: [10], data: new Float32Array(10).fill(i / 2) }]),
);
const options: WriteHuggingFaceModelOptions = {
  config: { model_type: 'qwen2' },
  generationConfig: { eos_token_id: 1 },
  arrays,
};
const directory = () => join(root, 'model');
const edit = async (name: string, change: (json: Record<string, object>) => unknown) => {
  const path = join(directory(), name);
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))));
};

test('a single file, with its companions', async () => {
  await writeHuggingFaceModel(directory(), {
    ...options,
    files: { 'tokenizer.json': '{}', 'README.md': new Uint8Array([65]) },
  });
  expect((await readdir(directory())).sort()).toEqual([
    'README.md',
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
  ]);
  const back = await readHuggingFaceModel(directory());
  expect(back.config).toEqual(options.config);
  expect(back.generationConfig).toEqual(options.generationConfig);
  expect(back.arrays).toEqual(new Map([...arrays].sort()));
});

test.each([
  ['F32', 80, [2, 2, 1]],
  ['BF16', 60, [3, 2]],
  ['F16', 1, [1, 1, 1, 1, 1]],
] as const)('shards of %s with at most %i bytes', async (dtype, maxShardSizeBytes, counts) => {
  await writeHuggingFaceModel(directory(), { config: {}, arrays, dtype, maxShardSizeBytes });
  const index = JSON.parse(await readFile(join(directory(), 'model.safetensors.index.json'), 'utf8'));
  expect(index.metadata.total_size).toBe(5 * 10 * (dtype === 'F32' ? 4 : 2));
  const shards = (await readdir(directory())).filter((name) => name.endsWith('.safetensors')).sort();
  expect(shards).toEqual(counts.map((_, i) => `model-0000${i + 1}-of-0000${counts.length}.safetensors`));
  for (const [i, shard] of shards.entries())
    expect(Object.values(index.weight_map).filter((name) => name === shard)).toHaveLength(counts[i]!);
  const back = await readHuggingFaceModel(directory());
  expect(back.generationConfig).toBeUndefined();
  expect(new Map([...back.arrays].sort())).toEqual(new Map([...arrays].sort()));
});

test('open gives single tensors and where they lie', async () => {
  await writeHuggingFaceModel(directory(), { ...options, maxShardSizeBytes: 80 });
  const model = await openHuggingFaceModel(directory());
  expect(model.tensors.get('layer.0')).toMatchObject({
    dtype: 'F32',
    shape: [10],
    path: join(directory(), 'model-00003-of-00003.safetensors'),
  });
  expect((await model.readArray('layer.3')).data[0]).toBe(0.5);
  await expect(model.readArray('nothing')).rejects.toThrow(/must be in the model, got "nothing"/);
  await model.close();
});

describe('refused by the reader', () => {
  const shard = (i: number) => `model-0000${i}-of-00003.safetensors`;
  const reroute =
    (file: unknown, tensor = 'layer.0') =>
    () =>
      edit('model.safetensors.index.json', (json) => ({
        ...json,
        weight_map: { ...json.weight_map, [tensor]: file },
      }));
  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'a missing shard',
      () => rm(join(directory(), shard(2))),
      /cannot read, it does not exist \(ENOENT\) at .*model-00002-of-00003/,
    ],
    ['a missing config', () => rm(join(directory(), 'config.json')), /ENOENT\) at .*config.json/],
    [
      'a path upwards',
      reroute('../x.safetensors'),
      /files of the same directory, got "\.\.\/x.safetensors" \(a path.*\) for layer.0 at .*index.json/,
    ],
    ['an absolute path', reroute('/etc/x.safetensors'), /a path that leads/],
    ['a Windows path', reroute('a\\x.safetensors'), /a path that leads/],
    ['another kind of file', reroute('config.json'), /no .safetensors file/],
    ['a number', reroute(3), /no string/],
    [
      'a tensor in the wrong shard',
      reroute(shard(1), 'layer.1'),
      /got layer.1, which the index places in model-00001.* at .*00002-of/,
    ],
    [
      'a tensor that no shard holds',
      () =>
        edit('model.safetensors.index.json', (json) => ({
          weight_map: { ...json.weight_map, ghost: shard(1) },
        })),
      /none called ghost at .*00001/,
    ],
    [
      'a tensor that the index does not know',
      () => edit('model.safetensors.index.json', () => ({ weight_map: { 'layer.4': shard(1) } })),
      /layer.3, which the index does not know/,
    ],
    ['no weight map', () => edit('model.safetensors.index.json', () => ({})), /weight_map must map.*got none/],
    [
      'an empty weight map',
      () => edit('model.safetensors.index.json', () => ({ weight_map: {} })),
      /at least one tensor/,
    ],
    [
      'no index',
      () => rm(join(directory(), 'model.safetensors.index.json')),
      /must hold model.safetensors or .*, got model-00001-of-00003.safetensors/,
    ],
    ['a damaged config', () => writeFile(join(directory(), 'config.json'), '{'), /must be JSON.*config.json/],
  ])('%s', async (_, damage, message) => {
    await writeHuggingFaceModel(directory(), { ...options, maxShardSizeBytes: 80 });
    await damage();
    await expect(readHuggingFaceModel(directory())).rejects.toThrow(message);
  });

  test('a directory that is not there', async () => {
    await expect(readHuggingFaceModel(join(root, 'none'))).rejects.toThrow(/ENOENT/);
  });
});

test('fuzz: a damaged directory is either refused with its path or read to arrays of the declared shapes', async () => {
  await writeHuggingFaceModel(directory(), { ...options, maxShardSizeBytes: 80 });
  const names = await readdir(directory());
  const whole = new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(directory(), name))] as const)),
  );
  let refused = 0;
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    byte: fc.nat({ max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (name, edits, isCut) => {
        const bytes = Buffer.from(whole.get(name)!);
        for (const { at, byte } of edits) bytes[Math.floor(at * bytes.length)] = byte;
        await writeFile(
          join(directory(), name),
          isCut ? bytes.subarray(0, Math.floor(edits[0]!.at * bytes.length)) : bytes,
        );
        try {
          for (const { shape, data } of (await readHuggingFaceModel(directory())).arrays.values())
            expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        } catch (error) {
          expect((error as Error).message).toMatch(/^\[@marco-ts\/checkpoint\] /);
          expect((error as Error).message).toContain(directory());
          refused++;
        }
        await writeFile(join(directory(), name), whole.get(name)!);
      },
    ),
    { numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(50);
});

describe('refused by the writer, with nothing written', () => {
  test.each<[string, Partial<WriteHuggingFaceModelOptions>, RegExp]>([
    ['a file that leads elsewhere', { files: { '../x': '' } }, /got "\.\.\/x" \(a path/],
    ['a file that the model writes', { files: { 'config.json': '' } }, /a name that the model itself writes/],
    ['no tensors', { arrays: new Map() }, /must have tensors/],
    ['a shard size of 0', { maxShardSizeBytes: 0 }, /above 0/],
    [
      'a value past F16',
      { arrays: new Map([['x', { shape: [1], data: Float32Array.of(1e9) }]]), dtype: 'F16' },
      /fit F16, got 1000000000/,
    ],
  ])('%s', async (_, change, message) => {
    await expect(writeHuggingFaceModel(directory(), { ...options, ...change })).rejects.toThrow(message);
    expect(await readdir(root)).toEqual([]);
  });

  test('another model in the directory stays, unless overwrite is set', async () => {
    await writeHuggingFaceModel(directory(), options);
    const other = { ...options, arrays: new Map([['x', { shape: [1], data: Float32Array.of(2) }]]) };
    await expect(writeHuggingFaceModel(directory(), other)).rejects.toThrow(/not overwritten/);
    expect((await readHuggingFaceModel(directory())).arrays.size).toBe(5);
    await writeHuggingFaceModel(directory(), { ...other, overwrite: true });
    expect((await readHuggingFaceModel(directory())).arrays.size).toBe(1);
    expect((await stat(directory())).isDirectory()).toBe(true);
  });
});
