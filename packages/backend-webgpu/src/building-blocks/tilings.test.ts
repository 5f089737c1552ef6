import { describe, expect, test } from 'vitest';
import { chooseTiling, type TilingLimits, tilingBytes } from './tilings.ts';

/** What WebGPU guarantees. */
const LEAST: TilingLimits = {
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
};
/** What Dawn tells of NVIDIA's cards. */
const NVIDIA = { ...LEAST, maxComputeWorkgroupStorageSize: 49_152, maxComputeInvocationsPerWorkgroup: 1024 };
const COMPATIBILITY = { ...LEAST, maxComputeInvocationsPerWorkgroup: 128 };

describe('by the size of the result', () => {
  test.each([
    ['a small result', 256, 256, 64],
    ['one that fills many large tiles', 2048, 1024, 128],
    ['one of too few large tiles', 1024, 1024, 64],
    ['a narrow one', 100_000, 127, 64],
    ['a tall one', 16_384, 128, 128],
  ])('%s', (_, M, N, tile) => {
    expect(chooseTiling('f32', M, N, LEAST).tile).toBe(tile);
  });
});

describe('by the adapter', () => {
  test.each([
    ['the least', 'f32', LEAST, { tile: 128, depth: 8 }],
    ['the least, halves', 'f16', LEAST, { tile: 128, depth: 16 }],
    ['more memory', 'f32', NVIDIA, { tile: 128, depth: 16 }],
    ['more memory, halves', 'f16', NVIDIA, { tile: 128, depth: 32 }],
    ['compatibility mode', 'f32', COMPATIBILITY, { tile: 32, depth: 16, side: 8 }],
    ['compatibility mode, halves', 'f16', COMPATIBILITY, { tile: 32, depth: 32, side: 8 }],
  ] as const)('%s', (_, element, limits, expected) => {
    const tiling = chooseTiling(element, 4096, 4096, limits);
    expect(tiling).toMatchObject(expected);
    expect(tilingBytes(tiling, element)).toBeLessThanOrEqual(limits.maxComputeWorkgroupStorageSize);
  });

  test('small results take deep tiles of 64 on every adapter of WebGPU', () => {
    expect(chooseTiling('f32', 64, 64, LEAST)).toMatchObject({ tile: 64, depth: 16 });
    expect(chooseTiling('f16', 64, 64, LEAST)).toMatchObject({ tile: 64, depth: 32 });
  });

  test('less than WebGPU guarantees is refused', () => {
    expect(() => chooseTiling('f32', 1, 1, { ...LEAST, maxComputeWorkgroupStorageSize: 1024 })).toThrow(
      /no tiling fits into .*1024/,
    );
  });
});
