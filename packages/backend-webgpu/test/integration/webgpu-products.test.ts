/**
 * Products on halves and by matrix units: run on an adapter that has them, refused by one that has not, and compiled for adapters that nobody
 * here has.
 */
import { describe, expect, test } from 'vitest';
import type { WebGpuBackendRecord } from '../../src/index.ts';
import type { ProductKind } from '../../src/products/products.ts';
import { ABSENT, hasLavapipe, runOnLavapipe, runOnWebGpu } from './run-on-webgpu.ts';

interface Printed {
  readonly record?: WebGpuBackendRecord;
  readonly cases?: { readonly name: string; readonly failures: string[]; readonly leakedTensors: number }[];
  readonly refused?: string;
}

const LACKS = /need an adapter with/;

describe.each<ProductKind>(['f16', 'subgroup-matrix'])('products of %s', (kind) => {
  const program = 'print-webgpu-products.ts';
  const printed = hasLavapipe ? runOnLavapipe<Printed>(program, kind) : runOnWebGpu<Printed>(program, kind);
  const refused = printed.refused ?? '';
  const cannot = LACKS.test(refused) || ABSENT.test(refused);

  describe.skipIf(cannot)(
    'on an adapter that has them (else skipped: scripts/unpack-lavapipe.sh unpacks one for the processor)',
    () => {
      test('start, exact on the device', () => {
        expect(printed.refused).toBeUndefined();
        expect(printed.record).toMatchObject({ products: kind, notes: [] });
        expect(printed.cases?.length).toBe(12);
      });

      test.each(printed.cases ?? [])('$name', ({ failures, leakedTensors }) => {
        expect(failures).toEqual([]);
        expect(leakedTensors).toBe(0);
      });
    },
  );
});

const onEmulated = runOnWebGpu<Printed>('print-webgpu-products.ts', 'f16');
test.skipIf(onEmulated.refused === undefined || ABSENT.test(onEmulated.refused))(
  'an adapter without halves refuses them and says what to take (skipped without such an adapter)',
  () => {
    expect(onEmulated.refused).toBe(
      "[@marco-ts/backend-webgpu] registerWebGpuBackend: products of f16 need an adapter with shader-f16, got none. Take products: 'f32'.",
    );
  },
);

const compiled = runOnWebGpu<{ numShaders?: number; errors?: Record<string, string>; refused?: string }>(
  'print-compiled-shaders.ts',
);
test.skipIf(compiled.refused !== undefined)('shaders for other adapters compile (skipped without npm webgpu)', () => {
  expect(compiled).toEqual({ numShaders: 16, errors: {} });
});
