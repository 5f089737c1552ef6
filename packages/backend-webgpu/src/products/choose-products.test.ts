import { describe, expect, test } from 'vitest';
import { chooseSubgroupTiling } from '../building-blocks/multiply-subgroup-matrices.ts';
import { chooseProducts, type ProductAdapter } from './choose-products.ts';
import type { ProductKind } from './products.ts';

const limits = {
  maxComputeWorkgroupStorageSize: 49_152,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupSizeX: 1024,
};
const config = (M: number, N: number, K: number, componentType = 'f16', resultComponentType = 'f32') => ({
  ...{ componentType, resultComponentType, M, N, K },
});

function adapter(change: Partial<ProductAdapter> & { without?: string } = {}): ProductAdapter {
  const features = new Set(['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix']);
  features.delete(change.without ?? '');
  return {
    features,
    limits,
    info: {
      subgroupMinSize: 32,
      subgroupMaxSize: 32,
      subgroupMatrixConfigs: [config(16, 8, 16), config(16, 16, 16, 'f16', 'f16'), config(16, 16, 16)],
    },
    ...change,
  };
}

test('float32 asks for nothing', () => {
  expect(chooseProducts('f32', adapter({ features: new Set() }))).toEqual({ kind: 'f32', limits });
});

test('matrix units: the largest instruction from f16 to f32, by subgroups of the adapter', () => {
  expect(chooseProducts('subgroup-matrix', adapter()).subgroupMatrix).toEqual({
    M: 16,
    N: 16,
    K: 16,
    subgroupSize: 32,
  });
});

describe('what the adapter lacks is said, with the way out', () => {
  const noF32 = { subgroupMinSize: 32, subgroupMaxSize: 32, subgroupMatrixConfigs: [config(16, 16, 16, 'f16', 'f16')] };
  const odd = { ...noF32, subgroupMatrixConfigs: [config(12, 12, 12)] };
  test.each<[string, ProductKind, ProductAdapter, RegExp]>([
    [
      'halves',
      'f16',
      adapter({ without: 'shader-f16' }),
      /need an adapter with shader-f16, got none\. Take products: 'f32'/,
    ],
    ['halves for matrix units', 'subgroup-matrix', adapter({ without: 'shader-f16' }), /with shader-f16/],
    [
      'matrix units',
      'subgroup-matrix',
      adapter({ without: 'chromium-experimental-subgroup-matrix' }),
      /with chromium-experimental-subgroup-matrix, got none\. Take products: 'f16'/,
    ],
    [
      'one size of subgroups',
      'subgroup-matrix',
      adapter({ info: { ...noF32, subgroupMinSize: 8 } }),
      /need subgroups of one size, got 8 to 32/,
    ],
    ['sums in f32', 'subgroup-matrix', adapter({ info: noF32 }), /got f16 to f16 of 16 x 16 x 16\. Take/],
    ['a size that divides tiles', 'subgroup-matrix', adapter({ info: odd }), /got f16 to f32 of 12 x 12 x 12\./],
    [
      'workgroup memory',
      'subgroup-matrix',
      adapter({ limits: { ...limits, maxComputeWorkgroupStorageSize: 8192 } }),
      /divides tiles of 64 and fits, got/,
    ],
    ['a kind that exists', 'bf16' as ProductKind, adapter(), /must be of f32, f16, subgroup-matrix, got "bf16"/],
  ])('%s', (_, kind, found, message) => {
    expect(() => chooseProducts(kind, found)).toThrow(message);
  });
});

test('matrix units take large tiles where the result fills many and the memory holds them', () => {
  const matrix = { M: 16, N: 16, K: 16, subgroupSize: 32 };
  expect(chooseSubgroupTiling(matrix, 2048, 2048, limits).tile).toBe(128);
  expect(chooseSubgroupTiling(matrix, 512, 512, limits).tile).toBe(64);
  const small = { ...limits, maxComputeWorkgroupStorageSize: 16_384 };
  expect(chooseSubgroupTiling(matrix, 2048, 2048, small).tile).toBe(64);
});
