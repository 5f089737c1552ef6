/**
 * The real backend on a real adapter, or on the emulated one that Debian's chromium brings.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const CHROMIUM = '/usr/lib/chromium';
const EMULATED_DRIVER = join(CHROMIUM, 'vk_swiftshader_icd.json');
const ABSENT = /needs the optional npm package webgpu|a GPU adapter must be present/;

function runBackend(environment: Record<string, string>) {
  const output = execFileSync(
    process.execPath,
    ['--conditions=@marco-ts/source', join(import.meta.dirname, 'print-webgpu-backend.ts')],
    { encoding: 'utf8', env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  // Dawn prints its warnings to standard output as well.
  return JSON.parse(output.trim().split('\n').at(-1)!);
}

const emulated = existsSync(EMULATED_DRIVER)
  ? {
      LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, CHROMIUM].filter(Boolean).join(':'),
      VK_ICD_FILENAMES: process.env.VK_ICD_FILENAMES ?? EMULATED_DRIVER,
    }
  : {};
const result = runBackend(emulated);
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
    expect(result.tooLarge).toMatch(/must fit into GPU memory, got: .*8589934592.*\. Lower microBatchSize/);
  });
});

test.runIf(isAbsent)('where it cannot start, it says what to install', () => {
  expect(result.refused).toMatch(ABSENT);
  expect(result.probe.available).toBe(false);
  expect(result.probe.fix).toMatch(/npm install webgpu|libvulkan|driver/);
});
