import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAllocator } from './allocator.ts';

test('blocks never overlap, stay aligned, and everything comes back', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 5000 })), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (list) => {
      let end = 1024 + 4096;
      const allocator = createAllocator(1024, 4096, (bytes) => {
        const came = Math.ceil(bytes / 4096) * 4096;
        end += came;
        return came;
      });
      const live: { from: number; to: number }[] = [];
      for (const [isFree, n] of list) {
        if (isFree && live.length > 0) {
          const [gone] = live.splice(n % live.length, 1);
          allocator.free(gone!.from);
          continue;
        }
        const from = allocator.allocate(n);
        const to = from + n;
        expect(from % 64).toBe(0);
        expect(from).toBeGreaterThanOrEqual(1024);
        expect(to).toBeLessThanOrEqual(end);
        for (const other of live) expect(from >= other.to || to <= other.from).toBe(true);
        live.push({ from, to: Math.max(to, from + 1) });
      }
      for (const { from } of live) allocator.free(from);
      expect(allocator.bytesInUse()).toBe(0);
      // All neighbours were joined: the whole range is one block again.
      const managed = allocator.bytesManaged();
      expect(allocator.allocate(managed)).toBe(1024);
      expect(allocator.bytesManaged()).toBe(managed);
    }),
    { numRuns: 200, seed: 1 },
  );
});

test('refused growth is -1, and a wrong address is an error', () => {
  const allocator = createAllocator(64, 128, () => 0);
  const first = allocator.allocate(100);
  expect(allocator.allocate(1)).toBe(-1);
  allocator.free(first);
  expect(() => allocator.free(first)).toThrow(/free: the address must be allocated, got 64/);
});

test('a freed block is used again before memory grows', () => {
  let grown = 0;
  const allocator = createAllocator(64, 0, (bytes) => {
    grown += bytes;
    return bytes;
  });
  for (let i = 0; i < 1000; i++) {
    const [a, b, c] = [allocator.allocate(1000), allocator.allocate(70000), allocator.allocate(300)];
    allocator.free(b);
    allocator.free(a);
    allocator.free(c);
  }
  expect(grown).toBeLessThan(80000);
});
