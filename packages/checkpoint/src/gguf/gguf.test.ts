import { readFileSync } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeFloats } from '../tensors/conversions.ts';
import type { GgufItem, GgufValue, GgufValueType } from './gguf-format.ts';
import { openGguf } from './open-gguf.ts';
import { type GgufContents, type GgufTensorSource, writeGguf } from './write-gguf.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marco-gguf-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const none: ReadonlyMap<string, GgufValue> = new Map();
const text = (value: string): GgufValue => ({ type: 'STRING', value });
const tensor = (
  name: string,
  shape: number[],
  type: GgufTensorSource['type'] = 'F32',
  fill = (i: number) => i,
): GgufTensorSource => ({
  name,
  shape,
  type,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => fill(i)),
});

const integer = (min: number, max: number) => fc.integer({ min, max });
const scalars: Record<Exclude<GgufValueType, 'ARRAY'>, fc.Arbitrary<GgufItem>> = {
  UINT8: integer(0, 255),
  INT8: integer(-128, 127),
  UINT16: integer(0, 65535),
  INT16: integer(-32768, 32767),
  UINT32: integer(0, 0xffffffff),
  INT32: integer(-0x80000000, 0x7fffffff),
  FLOAT32: fc.float(),
  FLOAT64: fc.double(),
  UINT64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  INT64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  BOOL: fc.boolean(),
  STRING: fc.string({ unit: 'grapheme' }),
};
const scalarType = fc.constantFrom(...(Object.keys(scalars) as (keyof typeof scalars)[]));
const list = scalarType.chain((itemType) =>
  fc.array(scalars[itemType], { maxLength: 5 }).map((value) => ({ type: 'ARRAY', itemType, value }) as GgufValue),
);
const value: fc.Arbitrary<GgufValue> = fc.oneof(
  scalarType.chain((type) => scalars[type].map((value) => ({ type, value }) as GgufValue)),
  list,
  fc.array(list, { maxLength: 3 }).map((value) => ({ type: 'ARRAY', itemType: 'ARRAY', value }) as GgufValue),
);

describe('round trip', () => {
  test('any metadata and any float32 tensors come back as they were', async () => {
    const path = join(directory, 'round-trip.gguf');
    const name = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' });
    const shape = fc.array(fc.nat({ max: 4 }), { maxLength: 4 });
    const alignment = fc.constantFrom(undefined, 8, 32, 256);
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, value, { maxKeys: 8 }),
        fc.dictionary(name, shape, { maxKeys: 5 }),
        alignment,
        async (pairs, shapes, alignment) => {
          const metadata = new Map(Object.entries(pairs));
          if (alignment) metadata.set('general.alignment', { type: 'UINT32', value: alignment });
          const tensors = Object.entries(shapes).map(([name, shape]) => tensor(name, shape, 'F32', (i) => i / 3));
          await writeGguf(path, { metadata, tensors });
          const file = await openGguf(path);
          expect([...file.metadata]).toEqual([...metadata]);
          expect([...file.tensors.keys()]).toEqual(Object.keys(shapes));
          for (const { name, shape, data } of tensors) expect(await file.readArray(name)).toEqual({ shape, data });
          await file.close();
        },
      ),
      { numRuns: 150 },
    );
  });

  test('a tensor larger than a piece, from an array and from pieces of any length, in every type', async () => {
    const shape = [1101, 64 * 32];
    const whole = tensor('x', shape, 'F32', (i) => ((i * 37) % 2001) / 8 - 125).data as Float32Array;
    for (const type of ['F32', 'F16', 'BF16', 'Q8_0'] as const) {
      async function* pieces() {
        const memory = new Float32Array(32 * 9973);
        for (let start = 0; start < whole.length; start += memory.length) {
          const part = whole.subarray(start, start + memory.length);
          memory.set(part);
          yield memory.subarray(0, part.length);
        }
      }
      const from = async (name: string, data: GgufTensorSource['data']) => {
        await writeGguf(join(directory, name), { metadata: none, tensors: [{ name: 'x', shape, type, data }] });
        return readFile(join(directory, name));
      };
      const bytes = await from('array.gguf', whole);
      expect((await from('pieces.gguf', pieces)).equals(bytes)).toBe(true);
      const file = await openGguf(join(directory, 'pieces.gguf'));
      const { data } = await file.readArray('x');
      await file.close();
      // At 125: half a unit in the last place; for Q8_0 half a step of 125/127 and what rounding the step to F16 does to 127 of them.
      const worst = { F32: 0, F16: 2 ** -5, BF16: 2 ** -2, Q8_0: 0.5 + 127 * 2 ** -12 }[type];
      let error = 0;
      for (let i = 0; i < whole.length; i++) error = Math.max(error, Math.abs(data[i]! - whole[i]!));
      expect(error).toBeLessThanOrEqual(worst);
    }
  });
});

describe('Q8_0', () => {
  test('halves go away from zero, zeros and the smallest numbers stay zeros', () => {
    const bytes = new Uint8Array(68);
    const values = new Float32Array(64);
    values.set([127, 0.5, -0.5, 1.5, -1.5, 0.49, -127]);
    values[32] = 2 ** -149;
    expect(encodeFloats('Q8_0', values, bytes)).toBe(-1);
    expect([...new Int8Array(bytes.buffer, 2, 7)]).toEqual([127, 1, -1, 2, -2, 0, -127]);
    expect([...bytes.subarray(34)]).toEqual(new Array(34).fill(0));
  });

  test('each of many blocks has the bytes of the definition, and values just beside halves too', () => {
    const values = Float32Array.from({ length: 7 * 32 }, (_, i) => Math.fround(((i * 37) % 255) - 127) / 2);
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < values.length; i++) if (values[i] !== 0) bits[i]! += (i % 3) - 1;
    for (let block = 0; block < 7; block++) values[block * 32 + block] = block % 2 ? 127 : -127 / 3;
    const expected = Array.from(values, (value, i) => {
      const block = values.subarray(i & ~31, (i & ~31) + 32);
      const scale = Math.fround(Math.max(...block.map(Math.abs)) / 127);
      const scaled = Math.abs(Math.fround(value * Math.fround(1 / scale)));
      return Math.sign(value) * (scaled - Math.floor(scaled) >= 0.5 ? Math.ceil(scaled) : Math.floor(scaled)) + 0;
    });
    const bytes = new Uint8Array(7 * 34);
    expect(encodeFloats('Q8_0', values, bytes)).toBe(-1);
    expect(expected.map((_, i) => new DataView(bytes.buffer).getInt8((i >> 5) * 34 + 2 + (i & 31)))).toEqual(expected);
  });

  test('the first block whose scale F16 cannot hold is named by its largest value, wherever it lies among others', () => {
    for (const at of [0, 33, 70, 127, 128, 200]) {
      for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY, 65536 * 127]) {
        const values = new Float32Array(224).fill(1);
        values[at] = bad;
        if (at + 32 < 224) values[at + 32] = Number.NaN;
        expect(encodeFloats('Q8_0', values, new Uint8Array(7 * 34))).toBe(at);
      }
    }
  });

  test('every value comes back within half a step of its block', () => {
    const finite = fc.float({ noNaN: true, min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(fc.array(finite, { minLength: 32, maxLength: 32 }), (list) => {
        const values = Float32Array.from(list);
        const bytes = new Uint8Array(34);
        expect(encodeFloats('Q8_0', values, bytes)).toBe(-1);
        const step = Math.max(...values.map(Math.abs)) / 127;
        const signed = new Int8Array(bytes.buffer, 2);
        for (let i = 0; i < 32; i++)
          expect(Math.abs(signed[i]! * step - values[i]!)).toBeLessThanOrEqual(step * 0.50001);
      }),
    );
  });
});

describe('refused by the writer, an older file stays', () => {
  const path = () => join(directory, 'refused.gguf');
  const only = (source: Partial<GgufTensorSource>): GgufContents => ({
    metadata: none,
    tensors: [{ ...tensor('x', [2, 32]), ...source }],
  });
  const keyed = (value: unknown): GgufContents => ({ metadata: new Map([['a.b', value as GgufValue]]), tensors: [] });
  const pieces = (...list: (Float32Array | Uint8Array)[]) =>
    async function* () {
      yield* list;
    };
  test.each<[string, GgufContents, RegExp]>([
    ['a shape that disagrees', only({ shape: [3] }), /as large as the shape.*got \[3\] and 64 at tensor "x"/],
    ['five dimensions', only({ shape: [1, 1, 1, 2, 32] }), /at most 4 whole numbers/],
    ['rows that are no blocks', only({ shape: [64, 1], type: 'Q8_0' }), /whole blocks of 32.*\[64,1\].*as F16/],
    ['an unknown type', only({ type: 'Q4_0' as 'Q8_0' }), /F32, F16, BF16 or Q8_0, got Q4_0/],
    ['a long name', only({ name: 'x'.repeat(64) }), /1 to 63 bytes, got 64/],
    ['one name twice', { metadata: none, tensors: [tensor('x', [1]), tensor('x', [1])] }, /unique/],
    ['too few values', only({ data: pieces(new Float32Array(32)) }), /as many values as its shape, got 128 bytes/],
    ['too many values', only({ data: pieces(new Float32Array(96)) }), /as many values as its shape, got more/],
    ['too many halves', only({ type: 'F16', data: pieces(new Float32Array(96)) }), /got more/],
    ['pieces that are no blocks', only({ type: 'Q8_0', data: pieces(new Float32Array(40)) }), /pieces must be whole/],
    [
      'F16 overflow',
      only({ type: 'F16', data: pieces(new Float32Array(64).fill(1e6, 40)) }),
      /F16, got 1000000 at element 40/,
    ],
    [
      'a NaN in Q8_0',
      only({ type: 'Q8_0', data: pieces(new Float32Array(64).fill(Number.NaN, 33)) }),
      /got NaN at element 33/,
    ],
    ['a number out of range', keyed({ type: 'UINT8', value: 256 }), /value must be UINT8, got number 256 at key "a.b"/],
    ['a fraction', keyed({ type: 'INT32', value: 1.5 }), /must be INT32/],
    ['a bigint out of range', keyed({ type: 'UINT64', value: -1n }), /must be UINT64, got bigint -1/],
    ['text of another type', keyed({ type: 'STRING', value: 1 }), /must be STRING/],
    ['a lone surrogate', keyed(text('\ud800')), /lone surrogate at key "a.b"/],
    ['an unknown value type', keyed({ type: 'UINT128', value: 1 }), /must be one of UINT8/],
    ['a mixed array', keyed({ type: 'ARRAY', itemType: 'INT32', value: [1, 'a'] }), /must be INT32, got string a/],
    [
      'an alignment of 3',
      { metadata: new Map([['general.alignment', { type: 'UINT32', value: 3 }]]), tensors: [] },
      /power of two/,
    ],
    ['an empty key', { metadata: new Map([['', text('')]]), tensors: [] }, /1 to 65535 bytes/],
  ])('%s', async (_, contents, message) => {
    await writeFile(path(), 'before');
    await expect(writeGguf(path(), contents)).rejects.toThrow(message);
    await expect(writeGguf(path(), contents)).rejects.toThrow(/^\[@marco-ts\/checkpoint\] writeGguf: .*refused.gguf/);
    expect(await readFile(path(), 'utf8')).toBe('before');
    expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

/** A file from its fields, to write what the writer would never write: numbers are u32, bigints u64, strings GGUF strings. */
function craft(...fields: (number | bigint | string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    fields.map((field) => {
      if (field instanceof Uint8Array) return field;
      if (typeof field === 'number') return Buffer.from(Uint32Array.of(field).buffer);
      if (typeof field === 'bigint') return Buffer.from(BigUint64Array.of(field).buffer);
      const bytes = Buffer.from(field);
      return Buffer.concat([Buffer.from(BigUint64Array.of(BigInt(bytes.length)).buffer), bytes]);
    }),
  );
}
const MAGIC = 0x46554747;
const start = (tensors: bigint, keys: bigint) => craft(MAGIC, 3, tensors, keys);
/** One tensor of `size` F32s at `offset`. */
const listed = (name: string, size: bigint, offset: bigint, type = 0) => craft(name, 1, size, type, offset);
const padded = (header: Buffer, dataBytes: number) =>
  Buffer.concat([header, Buffer.alloc(((32 - (header.length % 32)) % 32) + dataBytes)]);

describe('refused by the reader, before any tensor is allocated', () => {
  const room = Buffer.alloc(200);
  test.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /4 more bytes needed at byte 0/],
    ['another kind of file', Buffer.from('PK\u0003\u0004 and so on'), /begin with "GGUF", got 0x04034b50 at byte 0/],
    ['version 1', craft(MAGIC, 1, 0n, 0n), /2 or 3, little-endian, got version 1 at byte 4/],
    ['a big-endian file', craft(MAGIC, 0x03000000, 0n, 0n), /got a big-endian file/],
    ['an end in the counts', craft(MAGIC, 3, 0n), /truncated.*8 more bytes needed at byte 16/],
    ['more tensors than bytes', start(2n ** 40n, 0n), /must fit in the \d+ bytes.*1099511627776 tensors/],
    ['more keys than bytes', Buffer.concat([start(0n, 100n), room]), /100 keys at byte 8/],
    ['a count past 2^53', craft(MAGIC, 3, 2n ** 63n, 0n), /below 2\^53, got 9223372036854775808 at byte 8/],
    ['a key past the end', Buffer.concat([start(0n, 1n), craft(60000n), room]), /60000 more bytes needed at byte 32/],
    ['a key too long', Buffer.concat([start(0n, 1n), craft(2n ** 40n), room]), /key must be at most 65535 bytes/],
    ['an empty key', Buffer.concat([start(0n, 1n), craft('', 4, 1), room]), /must not be empty.*at byte 24/],
    ['one key twice', Buffer.concat([start(0n, 2n), craft('a', 4, 1, 'a', 4, 1), room]), /unique, got "a" twice/],
    ['a key that is no UTF-8', Buffer.concat([start(0n, 1n), craft(2n), Buffer.from([0xff, 0xfe]), room]), /UTF-8/],
    ['an unknown value type', Buffer.concat([start(0n, 1n), craft('a', 13), room]), /below 13, got 13 for "a"/],
    ['a BOOL of 2', Buffer.concat([start(0n, 1n), craft('a', 7), Buffer.alloc(60, 2)]), /BOOL must be 0 or 1, got 2/],
    ['a string past the end', Buffer.concat([start(0n, 1n), craft('a', 8, 2n ** 40n), room]), /string must be at most/],
    [
      'an array past the end',
      Buffer.concat([start(0n, 1n), craft('a', 9, 4, 10_000n), room]),
      /10000 of UINT32 for "a" at byte 37/,
    ],
    [
      'an array without end',
      Buffer.concat([start(0n, 1n), craft('a', 9, 0, 2n ** 50n), room]),
      /at most 16777216 items/,
    ],
    [
      'arrays without end',
      Buffer.concat([start(0n, 1n), craft('a', 9, 9, 1n, 9, 1n, 9, 1n, 9, 1n), room]),
      /nested at most 4 deep/,
    ],
    ['an alignment of 0', Buffer.concat([start(0n, 1n), craft('general.alignment', 4, 0), room]), /power of two/],
    ['a long tensor name', Buffer.concat([start(1n, 0n), craft('x'.repeat(64)), room]), /at most 63 bytes, got 64/],
    [
      'five dimensions',
      Buffer.concat([start(1n, 0n), craft('x', 5), room]),
      /at most 4 dimensions, got 5 at tensor "x"/,
    ],
    ['an unknown type', padded(Buffer.concat([start(1n, 0n), listed('x', 1n, 0n, 4)]), 4), /one that ggml has, got 4/],
    [
      'a shape past all bounds',
      padded(Buffer.concat([start(1n, 0n), craft('x', 2, 2n ** 50n, 2n ** 50n, 0, 0n)]), 4),
      /below 2\^53 bytes/,
    ],
    [
      'half a block',
      padded(Buffer.concat([start(1n, 0n), listed('x', 33n, 0n, 8)]), 64),
      /Q8_0 must be whole blocks of 32, got rows of 33/,
    ],
    [
      'an unaligned tensor',
      padded(Buffer.concat([start(1n, 0n), listed('x', 1n, 4n)]), 40),
      /multiple of 32 bytes, got offset 4/,
    ],
    [
      'a tensor past the end',
      padded(Buffer.concat([start(1n, 0n), listed('x', 100n, 0n)]), 4),
      /truncated.*at tensor "x"/,
    ],
    ['one name twice', padded(Buffer.concat([start(2n, 0n), listed('x', 1n, 0n), listed('x', 1n, 32n)]), 64), /unique/],
    [
      'an overlap',
      padded(Buffer.concat([start(2n, 0n), listed('x', 16n, 0n), listed('y', 8n, 32n)]), 64),
      /not overlap.*tensor "y"/,
    ],
    [
      'a hole',
      padded(Buffer.concat([start(2n, 0n), listed('x', 8n, 0n), listed('y', 8n, 64n)]), 96),
      /no holes.*tensor "y"/,
    ],
    [
      'bytes that belong to no tensor',
      padded(Buffer.concat([start(1n, 0n), listed('x', 8n, 0n)]), 65),
      /cover the file, got 33 more bytes/,
    ],
  ])('%s', async (name, bytes, message) => {
    const path = join(directory, `${name.replaceAll(/[^a-z0-9]/gi, '-')}.gguf`);
    await writeFile(path, bytes);
    await expect(openGguf(path)).rejects.toThrow(message);
    await expect(openGguf(path)).rejects.toThrow(path);
  });

  test('a length that lies in a huge file allocates nothing', async () => {
    const path = join(directory, 'sparse.gguf');
    await writeFile(path, Buffer.concat([start(0n, 1n), craft('a', 8, 2n ** 35n)]));
    const writer = await open(path, 'r+');
    await writer.truncate(2 ** 36);
    await writer.close();
    const before = process.memoryUsage().arrayBuffers;
    await expect(openGguf(path)).rejects.toThrow(/string must be at most 100000000 bytes, got 34359738368 at byte 37/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8e6);
    await rm(path);
  });

  test('a file that shrinks while open, an unknown tensor, a missing file', async () => {
    const path = join(directory, 'shrinks.gguf');
    await writeGguf(path, { metadata: none, tensors: [tensor('x', [4096])] });
    const file = await openGguf(path);
    await expect(file.readArray('y')).rejects.toThrow(/must be in the file, got "y".*1 tensors: x/);
    const writer = await open(path, 'r+');
    await writer.truncate(1000);
    await writer.close();
    await expect(file.readArray('x')).rejects.toThrow(/must not shrink.*at byte/);
    await file.close();
    await expect(openGguf(join(directory, 'none'))).rejects.toThrow(/does not exist \(ENOENT\)/);
  });
});

test('a header longer than the first read', async () => {
  const path = join(directory, 'long.gguf');
  const words = Array.from({ length: 200_000 }, (_, i) => `word ${i}`);
  const metadata = new Map<string, GgufValue>([['words', { type: 'ARRAY', itemType: 'STRING', value: words }]]);
  await writeGguf(path, { metadata, tensors: [tensor('x', [3])] });
  const file = await openGguf(path);
  expect(file.metadata.get('words')!.value).toEqual(words);
  expect([...(await file.readArray('x')).data]).toEqual([0, 1, 2]);
  await file.close();
});

test('fuzz: a damaged file is either refused with its path or read to arrays of the declared shapes', async () => {
  const path = join(directory, 'fuzz.gguf');
  await writeGguf(path, {
    metadata: new Map<string, GgufValue>([
      ['general.architecture', text('qwen2')],
      ['numbers', { type: 'ARRAY', itemType: 'INT32', value: [1, 2, 3] }],
      ['words', { type: 'ARRAY', itemType: 'STRING', value: ['a', 'bc'] }],
      ['big', { type: 'UINT64', value: 5n }],
    ]),
    tensors: [tensor('a.weight', [2, 32], 'Q8_0'), tensor('b.weight', [4, 3], 'F16'), tensor('c', [5])],
  });
  const whole = readFileSync(path);
  let refused = 0;
  let read = 0;
  const edit = fc.record({ at: fc.nat({ max: whole.length - 1 }), byte: fc.nat({ max: 255 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(edit, { maxLength: 4 }),
      fc.nat({ max: whole.length }),
      fc.nat({ max: 5 }),
      async (edits, cut, mode) => {
        let bytes = Buffer.from(whole);
        for (const { at, byte } of edits) bytes[at] = byte;
        if (mode === 0) bytes = bytes.subarray(0, cut);
        if (mode === 1) bytes = Buffer.concat([bytes.subarray(0, cut), Buffer.from([9]), bytes.subarray(cut)]);
        await writeFile(path, bytes);
        try {
          const file = await openGguf(path);
          try {
            for (const [name, { shape, sizeBytes }] of file.tensors) {
              expect((await file.readBytes(name)).length).toBe(sizeBytes);
              expect(sizeBytes).toBeLessThanOrEqual(bytes.length);
              const { data } = await file.readArray(name);
              expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
            }
            read++;
          } finally {
            await file.close();
          }
        } catch (error) {
          expect((error as Error).message).toMatch(/^\[@marco-ts\/checkpoint\] (openGguf|readArray): /);
          expect((error as Error).message).toContain(path);
          refused++;
        }
      },
    ),
    { numRuns: 1500 },
  );
  expect(refused).toBeGreaterThan(200);
  expect(read).toBeGreaterThan(50);
});
