import { readFileSync } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ArrayMap, NamedArray } from '../named-array.ts';
import { openSafetensors } from './open-safetensors.ts';
import { writeSafetensors } from './write-safetensors.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marco-safetensors-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const array = (shape: number[], data: Float32Array | Int32Array): NamedArray => ({ shape, data });

async function readAll(path: string): Promise<Map<string, NamedArray>> {
  const file = await openSafetensors(path);
  try {
    const arrays = new Map<string, NamedArray>();
    for (const name of file.tensors.keys()) arrays.set(name, await file.readArray(name));
    return arrays;
  } finally {
    await file.close();
  }
}

/** A file from parts, to write what the writer would never write. */
async function craft(name: string, header: unknown, data: Uint8Array, headerLength?: bigint): Promise<string> {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(headerLength ?? BigInt(json.length));
  const path = join(directory, `${name}.safetensors`);
  await writeFile(path, Buffer.concat([prefix, json, data]));
  return path;
}

describe('round trip', () => {
  test('any float32 and int32 arrays come back bit for bit, whatever the names and shapes', async () => {
    const entry = fc.record({
      shape: fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
      integers: fc.boolean(),
      seed: fc.integer(),
    });
    const path = join(directory, 'round-trip.safetensors');
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ minLength: 1 }), entry, { maxKeys: 6 }), async (entries) => {
        const arrays = new Map<string, NamedArray>();
        for (const [name, { shape, integers, seed }] of Object.entries(entries)) {
          const bits = Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
            Math.imul(seed + i, 2654435761),
          );
          arrays.set(name, array(shape, integers ? bits : new Float32Array(bits.buffer)));
        }
        await writeSafetensors(path, arrays);
        const back = await readAll(path);
        expect([...back.keys()].sort()).toEqual([...arrays.keys()].sort());
        for (const [name, { shape, data }] of arrays) {
          expect(back.get(name)!.shape).toEqual(shape);
          expect(back.get(name)!.data.constructor).toBe(data.constructor);
          expect(new Uint8Array(back.get(name)!.data.buffer)).toEqual(new Uint8Array(data.buffer));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('the same arrays give the same bytes in whatever order they were set, with aligned data and the metadata of PyTorch', async () => {
    const a = array([3], Float32Array.of(1, 2, 3));
    const b = array([1], Int32Array.of(7));
    await writeSafetensors(
      join(directory, 'ab.safetensors'),
      new Map([
        ['a', a],
        ['b', b],
      ]),
    );
    await writeSafetensors(
      join(directory, 'ba.safetensors'),
      new Map([
        ['b', b],
        ['a', a],
      ]),
    );
    const bytes = await readFile(join(directory, 'ab.safetensors'));
    expect(await readFile(join(directory, 'ba.safetensors'))).toEqual(bytes);
    expect(Number(bytes.readBigUInt64LE()) % 8).toBe(0);
    const file = await openSafetensors(join(directory, 'ab.safetensors'));
    expect(file.metadata).toEqual({ format: 'pt' });
    expect(await file.readBytes('b')).toEqual(Uint8Array.of(7, 0, 0, 0));
    await expect(file.readArray('c')).rejects.toThrow(/must be in the file, got "c".*It holds 2 tensors/);
    await file.close();
  });

  test('half precision is written in pieces: a tensor larger than a piece survives', async () => {
    const length = 1_200_001;
    const values = Float32Array.from({ length }, (_, i) => ((i * 37) % 2001) / 8 - 125);
    const path = join(directory, 'large.safetensors');
    for (const dtype of ['F16', 'BF16'] as const) {
      await writeSafetensors(path, new Map([['x', array([length], values)]]), { dtype });
      const back = (await readAll(path)).get('x')!.data;
      let worst = 0;
      for (let i = 0; i < length; i++)
        worst = Math.max(worst, Math.abs(back[i]! - values[i]!) / Math.max(1, Math.abs(values[i]!)));
      expect(worst).toBeLessThanOrEqual(dtype === 'F16' ? 2 ** -11 : 2 ** -8);
      expect(back[length - 1]).not.toBe(0);
    }
  });
});

test('reading a half-precision tensor takes little more memory than the tensor', async () => {
  const length = 8_000_000;
  const path = join(directory, 'memory.safetensors');
  await writeSafetensors(path, new Map([['x', array([length], new Float32Array(length).fill(1.5))]]), {
    dtype: 'BF16',
  });
  const file = await openSafetensors(path);
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  let reading = true;
  const watch = (async () => {
    while (reading) {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const { data } = await file.readArray('x');
  reading = false;
  await watch;
  await file.close();
  expect(data[length - 1]).toBe(1.5);
  // The tensor itself was seen, so the watch was awake; garbage of earlier tests may go meanwhile, and then the peak is lower.
  expect(peak).toBeGreaterThan(4 * length);
  expect(peak - before).toBeLessThan(1.1 * 4 * length);
});

test.each(['F32', 'F16', 'BF16'] as const)(
  '%s into memory that is there: only the values of the tensor change',
  async (dtype) => {
    const length = 700_001;
    const values = Float32Array.from({ length }, (_, i) => (i % 255) - 127);
    const path = join(directory, 'into.safetensors');
    const arrays = new Map([
      ['x', array([length], values)],
      ['n', array([2], Int32Array.of(3, -4))],
    ]);
    await writeSafetensors(path, arrays, { dtype });
    const file = await openSafetensors(path);
    try {
      const room = new Float32Array(length + 10).fill(9);
      const into = room.subarray(3, length + 5);
      const { shape, data } = await file.readArray('x', into);
      expect(shape).toEqual([length]);
      expect(data.buffer).toBe(room.buffer);
      const same = Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(Buffer.from(values.buffer));
      expect(same && data.length === length).toBe(true);
      expect([...room.subarray(0, 3), ...room.subarray(length + 3)]).toEqual(new Array(10).fill(9));
      const whole = new Int32Array(3);
      expect((await file.readArray('n', whole)).data).toEqual(Int32Array.of(3, -4));
      await expect(file.readArray('n', room)).rejects.toThrow(
        /room for 2 values of Int32Array, got Float32Array of 700011 at/,
      );
      await expect(file.readArray('x', room.subarray(0, 9))).rejects.toThrow(
        /room for 700001 values .* got Float32Array of 9 at/,
      );
    } finally {
      await file.close();
    }
  },
);

describe('refused by the writer', () => {
  const one = (name: string, value: NamedArray): ArrayMap => new Map([[name, value]]);
  const path = () => join(directory, 'refused.safetensors');
  test.each([
    [
      'a shape that disagrees',
      one('x', array([2], new Float32Array(3))),
      {},
      /as many elements as the data, got \[2\] and 3 at tensor "x"/,
    ],
    ['a negative size', one('x', array([-1, -3], new Float32Array(3))), {}, /as many elements/],
    ['a reserved name', one('__metadata__', array([1], new Float32Array(1))), {}, /no tensor name/],
    [
      'F16 overflow',
      one('x', array([2], Float32Array.of(1, 65520))),
      { dtype: 'F16' },
      /fit F16, got 65520 at element 1 of tensor "x"/,
    ],
    ['BF16 overflow', one('x', array([1], Float32Array.of(3.4e38))), { dtype: 'BF16' }, /fit BF16/],
    ['an unknown dtype', one('x', array([1], new Float32Array(1))), { dtype: 'F8' as 'F16' }, /dtype must be/],
  ] as const)('%s', async (_, arrays, options, message) => {
    await writeFile(path(), 'before');
    await expect(writeSafetensors(path(), arrays, options)).rejects.toThrow(message);
    expect(await readFile(path(), 'utf8')).toBe('before');
    expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('refused by the reader, before any tensor is allocated', () => {
  const f32 = (begin: number, end: number) => ({
    dtype: 'F32',
    shape: [(end - begin) / 4],
    data_offsets: [begin, end],
  });
  test.each<[string, unknown, number, bigint | undefined, RegExp]>([
    ['no room for the length', '', 0, 2n ** 63n, /header too large.*at byte 0/],
    ['a header over the limit', {}, 0, 100_000_001n, /at most 100000000 bytes \(header too large\), got 100000001/],
    ['a header past the end', {}, 0, 1000n, /must fit in the file, got 10 bytes in all \(truncated\)/],
    ['an empty header', '', 0, 0n, /at least "\{\}"/],
    ['no object', '[1]', 0, undefined, /begin with "\{"/],
    ['broken JSON', '{"a":', 0, undefined, /JSON in UTF-8.*at byte 8/],
    [
      'one name twice',
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      4,
      undefined,
      /unique, got "a" twice/,
    ],
    [
      'an unknown dtype',
      { a: { dtype: 'Q4', shape: [1], data_offsets: [0, 4] } },
      4,
      undefined,
      /dtype must be one of.*got "Q4" at tensor "a"/,
    ],
    [
      'an inherited dtype',
      { a: { dtype: 'toString', shape: [1], data_offsets: [0, 4] } },
      4,
      undefined,
      /dtype must be one of/,
    ],
    ['a null entry', { a: null }, 0, undefined, /dtype must be one of.*got none at tensor "a"/],
    [
      'a fractional shape',
      { a: { dtype: 'F32', shape: [1.5], data_offsets: [0, 6] } },
      6,
      undefined,
      /whole numbers, got \[1.5\]/,
    ],
    [
      'a shape past all bounds',
      { a: { dtype: 'F32', shape: [2 ** 40, 2 ** 40], data_offsets: [0, 4] } },
      4,
      undefined,
      /must take/,
    ],
    ['backward offsets', { a: { dtype: 'F32', shape: [1], data_offsets: [4, 0] } }, 4, undefined, /begin <= end/],
    [
      'a wrong size',
      { a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } },
      4,
      undefined,
      /\[2\] of F32 must take 8 bytes, got 4 from byte/,
    ],
    ['data past the end', { a: f32(0, 8) }, 4, undefined, /within the \d+ bytes of the file \(truncated\)/],
    ['an overlap', { a: f32(0, 8), b: f32(4, 12) }, 12, undefined, /not overlap.*at tensor "b"/],
    ['a hole', { a: f32(0, 4), b: f32(8, 12) }, 12, undefined, /no holes.*at tensor "b"/],
    ['bytes that belong to no tensor', { a: f32(0, 4) }, 9, undefined, /cover the file, got 5 more bytes/],
    [
      'metadata that are no strings',
      { __metadata__: { a: 1 } },
      0,
      undefined,
      /__metadata__ must map strings to strings/,
    ],
  ])('%s', async (name, header, dataBytes, length, message) => {
    const path = await craft(name.replaceAll(' ', '-'), header, new Uint8Array(dataBytes), length);
    await expect(openSafetensors(path)).rejects.toThrow(message);
    await expect(openSafetensors(path)).rejects.toThrow(path);
  });

  test('a dtype without numbers here: the bytes are given, the array is not', async () => {
    const path = await craft(
      'f8',
      { a: { dtype: 'F8_E4M3', shape: [3], data_offsets: [0, 3] } },
      Uint8Array.of(1, 2, 3),
    );
    const file = await openSafetensors(path);
    await expect(file.readArray('a')).rejects.toThrow(/got F8_E4M3 at tensor "a".*readBytes/);
    expect(await file.readBytes('a')).toEqual(Uint8Array.of(1, 2, 3));
    await file.close();
  });

  test('a file that shrinks while open', async () => {
    const path = await craft('shrinks', { a: f32(0, 4096) }, new Uint8Array(4096));
    const file = await openSafetensors(path);
    const writer = await open(path, 'r+');
    await writer.truncate(1000);
    await writer.close();
    await expect(file.readArray('a')).rejects.toThrow(/must not shrink.*at byte/);
    await file.close();
  });

  test('a missing file and a directory', async () => {
    await expect(openSafetensors(join(directory, 'none'))).rejects.toThrow(/does not exist \(ENOENT\) at .*none/);
    await expect(openSafetensors(directory)).rejects.toThrow(directory);
  });
});

test('fuzz: a damaged file is either refused with its path or read to arrays of the declared shapes', async () => {
  const path = join(directory, 'fuzz.safetensors');
  await writeSafetensors(
    path,
    new Map([
      ['model.a', array([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6))],
      ['model.b', array([4], Int32Array.of(1, 2, 3, 4))],
      ['c', array([], Float32Array.of(5))],
    ]),
  );
  const whole = readFileSync(path);
  let refused = 0;
  let read = 0;
  const edit = fc.record({ at: fc.nat({ max: whole.length - 1 }), byte: fc.nat({ max: 255 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(edit, { maxLength: 4 }),
      fc.nat({ max: whole.length }),
      fc.nat({ max: 3 }),
      async (edits, cut, mode) => {
        let bytes = Buffer.from(whole);
        for (const { at, byte } of edits) bytes[at] = byte;
        if (mode === 0) bytes = bytes.subarray(0, cut);
        if (mode === 1) bytes = Buffer.concat([bytes.subarray(0, cut), Buffer.from('9'), bytes.subarray(cut)]);
        await writeFile(path, bytes);
        try {
          for (const { shape, data } of (await readAll(path)).values()) {
            expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
            expect(data.byteLength).toBeLessThanOrEqual(8 * bytes.length);
          }
          read++;
        } catch (error) {
          expect((error as Error).message).toMatch(/^\[@marco-ts\/checkpoint\] (openSafetensors|readArray): /);
          expect((error as Error).message).toContain(path);
          refused++;
        }
      },
    ),
    { numRuns: 600 },
  );
  expect(refused).toBeGreaterThan(100);
  expect(read).toBeGreaterThan(10);
});
