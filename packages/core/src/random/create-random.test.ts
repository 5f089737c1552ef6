import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from './create-random.ts';
import { philox4x32 } from './philox.ts';

const PINNED = [2954513004, 0.15628154185290777, -1.358672169346165, 816];
const PINNED_FORK = 749781306;

test('a numeric seed is the key and the position is the counter', () => {
  const random = createRandom(7);
  const drawn = Array.from({ length: 8 }, () => random.uint32());
  expect(drawn).toEqual([...philox4x32([0, 0, 0, 0], [7, 0]), ...philox4x32([1, 0, 0, 0], [7, 0])]);
});

test('the same seed gives the same numbers; number 1 and string 1 are different seeds', () => {
  expect(createRandom('a').normalArray(9)).toEqual(createRandom('a').normalArray(9));
  expect(createRandom('a').uint32()).not.toBe(createRandom('b').uint32());
  expect(createRandom(1).uint32()).not.toBe(createRandom('1').uint32());
});

test('the stream is pinned: these numbers must never change between releases or platforms', () => {
  const random = createRandom('marco');
  expect([random.uint32(), random.uniform(), random.normal(), random.integer(1000)]).toEqual(PINNED);
  expect(random.fork('data').uint32()).toBe(PINNED_FORK);
});

test('seek gives the same numbers again', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(1000), (seed, position) => {
      const random = createRandom(seed);
      random.seek(position);
      const first = [random.uint32(), random.uint32()];
      random.normalArray(3);
      random.seek(position);
      expect([random.uint32(), random.uint32()]).toEqual(first);
      expect(random.position).toBe(position + 2);
    }),
  );
});

test('a fork depends on seed and label alone', () => {
  const parent = createRandom(3);
  const before = parent.fork('x').uint32();
  parent.normalArray(10);
  expect(parent.fork('x').uint32()).toBe(before);
  expect(parent.fork('y').uint32()).not.toBe(before);
  expect(parent.fork(0).uint32()).not.toBe(createRandom(3).uint32());
  expect(createRandom(4).fork('x').uint32()).not.toBe(before);
});

test('uniform numbers fill [0, 1) evenly', () => {
  const random = createRandom(11);
  const counts = new Int32Array(10);
  for (let draw = 0; draw < 20_000; draw++) {
    const value = random.uniform();
    expect(value >= 0 && value < 1).toBe(true);
    counts[Math.floor(value * 10)]! += 1;
  }
  // Chi-squared with 9 degrees of freedom: 27.9 is exceeded once in a thousand seeds, and the seed is fixed.
  expect(chiSquared(counts, 2000)).toBeLessThan(27.9);
});

test('integers are even where the range does not divide 2^32', () => {
  const random = createRandom(5);
  // Without rejection the lower third would come twice as often.
  const n = 3 * 2 ** 30;
  const counts = new Int32Array(3);
  for (let draw = 0; draw < 6000; draw++) counts[Math.floor(random.integer(n) / 2 ** 30)]! += 1;
  expect(chiSquared(counts, 2000)).toBeLessThan(13.8);
});

test('normals have mean 0, deviation 1 and the right tails', () => {
  const values = createRandom(21).normalArray(20_000);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const beyondTwo = values.filter((value) => Math.abs(value) > 2).length / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.04);
  expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(0.006);
  const scaled = createRandom(21).normalArray(3, { mean: 5, standardDeviation: 0.5 });
  expect(scaled[0]).toBeCloseTo(5 + 0.5 * values[0]!, 5);
});

test('shuffle keeps every item and leaves its argument alone', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
      const copy = [...items];
      const shuffled = createRandom(seed).shuffle(items);
      expect(items).toEqual(copy);
      expect([...shuffled].sort((a, b) => a - b)).toEqual(copy.sort((a, b) => a - b));
    }),
  );
  expect(createRandom(1).permutation(100)).not.toEqual(Int32Array.from({ length: 100 }, (_, index) => index));
});

test('every order of three items is equally likely', () => {
  const random = createRandom(8);
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 6000; draw++) {
    const order = random.permutation(3).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  expect(chiSquared([...counts.values()], 1000)).toBeLessThan(20.5);
});

test('bad arguments are named', () => {
  expect(() => createRandom(0.5)).toThrow('a numeric seed must be an integer of at most 53 bits, got 0.5.');
  expect(() => createRandom(undefined as never)).toThrow('the seed must be an integer or a string, got undefined.');
  const random = createRandom(1);
  expect(() => random.integer(0)).toThrow('n must be an integer from 1');
  expect(() => random.seek(-1)).toThrow('the position must be an integer from 0');
  expect(() => random.permutation(1.5)).toThrow('n must be an integer from 0');
  expect(() => random.normalArray(-1)).toThrow('n must be an integer from 0');
});

function chiSquared(counts: Iterable<number>, expected: number): number {
  let sum = 0;
  for (const count of counts) sum += (count - expected) ** 2 / expected;
  return sum;
}
