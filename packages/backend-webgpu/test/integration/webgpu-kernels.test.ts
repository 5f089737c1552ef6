/**
 * The fused kernels beyond what the goldens of `packages/core` hold them to.
 */
import { describe, expect, test } from 'vitest';
import type { PrintedCase } from './print-webgpu-kernels.ts';
import { ABSENT, runOnWebGpu } from './run-on-webgpu.ts';

interface Printed {
  readonly cases?: PrintedCase[];
  readonly afterLoss?: string;
  readonly refused?: string;
}

const printed = runOnWebGpu<Printed>('print-webgpu-kernels.ts');

describe.skipIf(ABSENT.test(printed.refused ?? ''))('fused kernels (skipped without npm webgpu and an adapter)', () => {
  test('ran', () => {
    expect(printed.refused).toBeUndefined();
    expect(printed.cases?.length).toBe(11);
  });

  test.each(printed.cases ?? [])('$name', ({ failures, leakedTensors }) => {
    expect(failures).toEqual([]);
    expect(leakedTensors).toBe(0);
  });

  test('on a lost device they throw what happened', () => {
    expect(printed.afterLoss).toMatch(/the GPU device must live as long as the backend, got lost \(destroyed/);
  });
});
