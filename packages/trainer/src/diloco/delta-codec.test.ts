import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeDelta, encodeDelta } from './delta-codec.ts';

const sizesOf = (arrays: ReadonlyMap<string, Float32Array>) =>
  new Map([...arrays].map(([name, values]) => [name, values.length]));

test('what is decoded differs from what was sent by no more than the format rounds', () => {
  const values = fc.array(fc.float({ noNaN: true, min: -1e4, max: 1e4 }), { maxLength: 400 });
  fc.assert(
    fc.property(values, values, (first, second) => {
      const arrays = new Map([
        ['é', Float32Array.from(first)],
        ['b', Float32Array.from(second)],
      ]);
      for (const format of ['f32', 'bf16', 'int8'] as const) {
        const decoded = decodeDelta(encodeDelta(arrays, format), sizesOf(arrays), 'test');
        for (const [name, sent] of arrays) {
          const got = decoded.get(name)!;
          sent.forEach((value, i) => {
            const block = sent.slice(Math.floor(i / 128) * 128, Math.floor(i / 128) * 128 + 128);
            const largest = block.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
            const tolerance = { f32: 0, bf16: Math.abs(value) / 256 + 1e-40, int8: largest / 253 + 1e-40 }[format];
            expect(Math.abs(got[i]! - value)).toBeLessThanOrEqual(tolerance);
          });
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('bf16 takes half, int8 about a quarter of the bytes', () => {
  const arrays = new Map([['w', new Float32Array(12_800).fill(0.5)]]);
  const size = (format: 'f32' | 'bf16' | 'int8') => encodeDelta(arrays, format).length / (12_800 * 4);
  expect(size('f32')).toBeCloseTo(1, 1);
  expect(size('bf16')).toBeCloseTo(0.5, 1);
  expect(size('int8')).toBeCloseTo(0.2578, 1);
});

test('a message that was cut off, altered or made for another model is refused', () => {
  const arrays = new Map([['w', Float32Array.of(1, 2, 3)]]);
  const bytes = encodeDelta(arrays, 'bf16');
  expect(() => decodeDelta(bytes.subarray(0, 5), sizesOf(arrays), 'there')).toThrow(/got 5 bytes at there/);
  expect(() => decodeDelta(bytes.subarray(0, bytes.length - 1), sizesOf(arrays), 'there')).toThrow(/another checksum/);
  const flipped = Uint8Array.from(bytes);
  flipped[flipped.length - 1]! ^= 1;
  expect(() => decodeDelta(flipped, sizesOf(arrays), 'there')).toThrow(/another checksum/);
  expect(() => decodeDelta(bytes, new Map([['v', 3]]), 'there')).toThrow(/no v/);
  expect(() => decodeDelta(bytes, new Map([['w', 4]]), 'there')).toThrow(/3 values of w instead of 4/);
});
