/**
 * GGUF files of the Python package gguf (tools/goldens/gguf_files.py): read to its values, and written byte for byte as it writes them.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportGguf, openGguf, sha256File } from '@marco-ts/checkpoint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTinyQwen2 } from './gguf/write-tiny-qwen2.ts';

const golden = join(import.meta.dirname, 'gguf');
const expected = JSON.parse(readFileSync(join(golden, 'expected.json'), 'utf8')) as {
  allTypes: {
    metadata: Record<string, [string, unknown, unknown?]>;
    tensors: Record<string, { shape: number[]; values: number[] }>;
  };
  tinySha256: Record<'F32' | 'F16' | 'BF16' | 'Q8_0', string>;
};

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'marco-gguf-golden-'));
  await writeTinyQwen2(join(root, 'tiny-qwen2'), { maxShardSizeBytes: 100_000 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('metadata of every type and tensors of every type that is read, as Python wrote them', async () => {
  const file = await openGguf(join(golden, 'all-types.gguf'));
  expect(file.version).toBe(3);
  expect([...file.metadata.keys()]).toEqual(Object.keys(expected.allTypes.metadata));
  for (const [key, [type, ...rest]] of Object.entries(expected.allTypes.metadata)) {
    const value = file.metadata.get(key)!;
    expect(value.type).toBe(type);
    if (value.type === 'ARRAY') expect([value.itemType, value.value]).toEqual(rest);
    else expect(typeof value.value === 'bigint' ? String(value.value) : value.value).toBe(rest[0]);
  }
  expect([...file.tensors.keys()]).toEqual(Object.keys(expected.allTypes.tensors));
  for (const [name, { shape, values }] of Object.entries(expected.allTypes.tensors)) {
    expect(file.tensors.get(name)).toMatchObject({ type: name, shape });
    if (name === 'Q4_0') {
      await expect(file.readArray(name)).rejects.toThrow(
        /the type must be .*, got Q4_0 at tensor "Q4_0" of .*readBytes/,
      );
      expect((await file.readBytes(name)).length).toBe(4 * 2 * 18);
    } else {
      const { data } = await file.readArray(name);
      expect([...data]).toEqual(values.map((value) => (data instanceof Float32Array ? Math.fround(value) : value)));
    }
  }
  await file.close();
});

test.each(['F32', 'F16', 'BF16', 'Q8_0'] as const)(
  'a model exported as %s is the file that Python writes',
  async (dtype) => {
    const path = join(root, `${dtype}.gguf`);
    await exportGguf({ modelDirectory: join(root, 'tiny-qwen2'), path, dtype });
    expect(await sha256File(path)).toBe(expected.tinySha256[dtype]);
  },
);
