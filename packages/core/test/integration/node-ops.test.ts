/**
 * The op goldens on TensorFlow's own kernels: tfjs-node, built against what MARCO_TEST_LIBTENSORFLOW names (a Python interpreter with a TensorFlow
 * wheel, or a directory with a libtensorflow). Needs a C++ compiler and the npm registry; skipped without the variable. Takes a minute.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BackendRecord } from '../../src/index.ts';
import { CORE_OP_CASES, type OpCheck } from '../golden/check-core-ops.ts';

const given = process.env.MARCO_TEST_LIBTENSORFLOW;

interface Printed {
  readonly record?: BackendRecord;
  readonly checks?: OpCheck[];
  readonly refused?: string;
}

describe.skipIf(!given)(`node (${given ?? 'skipped: set MARCO_TEST_LIBTENSORFLOW'})`, () => {
  let printed: Printed;

  beforeAll(() => {
    const script = join(import.meta.dirname, 'print-node-ops.ts');
    const output = execFileSync(process.execPath, ['--conditions=@marco-ts/source', script, given!], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 24,
    });
    printed = JSON.parse(output.trim().split('\n').at(-1)!) as Printed;
  });

  test('starts', () => {
    expect(printed.refused).toBeUndefined();
    expect(printed.record).toMatchObject({ name: 'node', tfjsName: 'tensorflow' });
  });

  test('every operation is within the tolerance of PyTorch and leaves no tensor behind', () => {
    const operations = new Set(printed.checks!.map(({ name }) => name.split(' ')[0]));
    expect([...operations]).toEqual(expect.arrayContaining(['embedding', 'linear', 'rmsNorm', 'swiglu', 'adamwStep']));
    expect(printed.checks!.length).toBeGreaterThanOrEqual(Object.keys(CORE_OP_CASES).length * 2);
    for (const { name, error, tolerance, numLeakedTensors } of printed.checks!) {
      expect(error, name).toBeLessThan(tolerance);
      expect(numLeakedTensors, name).toBe(0);
    }
  });
});
