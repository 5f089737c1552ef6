/**
 * The op goldens on WebGPU's fused kernels, and these against the composed operations: on a real adapter, or on the emulated one that
 * Debian's chromium brings.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BackendRecord } from '../../src/index.ts';
import type { OpCheck } from '../golden/check-core-ops.ts';

const CHROMIUM = '/usr/lib/chromium';
const EMULATED_DRIVER = join(CHROMIUM, 'vk_swiftshader_icd.json');

interface Printed {
  readonly record?: BackendRecord;
  readonly missing?: string[];
  readonly checks?: OpCheck[];
  readonly laws?: { readonly name: string; readonly failure?: string }[];
  readonly refused?: string;
}

function runOnWebGpu(): Printed {
  const emulated = existsSync(EMULATED_DRIVER)
    ? {
        LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, CHROMIUM].filter(Boolean).join(':'),
        VK_ICD_FILENAMES: process.env.VK_ICD_FILENAMES ?? EMULATED_DRIVER,
      }
    : {};
  const script = join(import.meta.dirname, 'print-webgpu-ops.ts');
  const output = execFileSync(process.execPath, ['--conditions=@marco-ts/source', script], {
    encoding: 'utf8',
    env: { ...process.env, ...emulated },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 24,
  });
  // Dawn prints its warnings to standard output as well.
  return JSON.parse(output.trim().split('\n').at(-1)!) as Printed;
}

const printed = runOnWebGpu();
const isAbsent = /needs the optional npm package webgpu|a GPU adapter must be present/.test(printed.refused ?? '');

describe.skipIf(isAbsent)('webgpu (skipped without npm webgpu and an adapter)', () => {
  test('starts', () => {
    expect(printed.refused).toBeUndefined();
    expect(printed.record?.tfjsName).toBe('webgpu');
    expect(printed.checks?.length).toBeGreaterThan(30);
    expect(printed.laws?.length).toBe(8);
  });

  test('has a kernel for every name of the table in docs/architecture.md', () => {
    expect(printed.missing).toEqual([]);
  });

  test.each(printed.laws ?? [])('fused equals composed: $name', ({ failure }) => {
    expect(failure).toBeUndefined();
  });

  test.each(printed.checks ?? [])('$name', ({ error, tolerance, numLeakedTensors }) => {
    expect(error).toBeLessThan(tolerance);
    expect(numLeakedTensors).toBe(0);
  });
});
