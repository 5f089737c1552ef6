/**
 * The real backend on a real adapter, or on the emulated one that Debian's chromium brings.
 */
import { describe, expect, test } from 'vitest';
import { ABSENT, runOnWebGpu } from './run-on-webgpu.ts';

// biome-ignore lint/suspicious/noExplicitAny: the program prints what each of its steps gave, or its message
const result = runOnWebGpu<any>('print-webgpu-backend.ts');
const isAbsent = ABSENT.test(result.refused ?? '');

describe.skipIf(isAbsent)('in Node (skipped without npm webgpu and an adapter)', () => {
  test('probing and registering tell of the same adapter', () => {
    expect(result.refused).toBeUndefined();
    expect(result.probe).toMatchObject({ available: true, facts: { adapter: result.record.adapter } });
    expect(result.record.tfjsName).toBe('webgpu');
    expect(result.isSameRecord).toBe(true);
  });

  test('products and scattered sums are right', () => {
    expect(result.product).toEqual([5, 11, 11, 25]);
    expect(result.sums).toEqual([2, 4, 3, 4]);
  });

  test('an emulated adapter is taken only where it is allowed', () => {
    if (result.record.isSoftware) expect(result.software).toMatch(/the adapter must be a real GPU, got .*initBackend/);
    else expect(result.software).toBe('started');
  });

  test.runIf(result.record?.maxBufferSizeBytes < 2 ** 33)('a tensor beyond the GPU is an error with a way out', () => {
    expect(result.tooLarge).toMatch(
      /must fit into one buffer, .* got float32 \[65536, 32768\] of 8589934592 bytes\. Lower microBatchSize/,
    );
  });
});

test.runIf(isAbsent)('where it cannot start, it says what to install', () => {
  expect(result.refused).toMatch(ABSENT);
  expect(result.probe.available).toBe(false);
  expect(result.probe.fix).toMatch(/npm install webgpu|libvulkan|driver/);
});
