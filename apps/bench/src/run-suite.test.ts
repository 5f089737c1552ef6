import { expect, test } from 'vitest';
import { compareCase } from './measure/compare-case.ts';
import { nearestName } from './nearest-name.ts';
import { findSuite, runSuite } from './run-suite.ts';
import type { BenchSuite } from './suite.ts';
import { SUITES } from './suites/index.ts';

const options = {
  rounds: 1,
  threads: 1,
  only: '',
  python: { path: null, reason: 'no Python' },
  testData: undefined,
} as const;
const one = (name: string) => compareCase({ case: name, unit: 'ms', better: 'lower', ours: [1], peers: [] });

test('an unknown suite is refused with the nearest name and all names', () => {
  expect(findSuite('gemm', SUITES).name).toBe('gemm');
  expect(() => findSuite('gem', SUITES)).toThrow(/got 'gem'\. Did you mean 'gemm'\?/);
  expect(() => findSuite('trainstep', SUITES)).toThrow(/must be one of gemm, .*Did you mean 'train-step'\?/);
  expect(() => findSuite('Tokenizers', SUITES)).toThrow(/Did you mean 'tokenizer'\?/);
});

test('the nearest name takes the fewest edits; of equals the first', () => {
  expect(nearestName('kitten', ['sitting', 'mitten', 'kit'])).toBe('mitten');
  expect(nearestName('ab', ['ac', 'ad'])).toBe('ac');
  expect(nearestName('ab', [])).toBeUndefined();
});

test('suites have different names and say what they measure', () => {
  expect(new Set(SUITES.map(({ name }) => name)).size).toBe(SUITES.length);
  for (const { name, summary } of SUITES) {
    expect(name).toMatch(/^[a-z][a-z-]*$/);
    expect(summary).not.toBe('');
  }
});

test('a run collects cases, notes and absent peers, each once, and describes the machine', async () => {
  const suite: BenchSuite = {
    name: 'sums',
    summary: 'sums',
    async *run({ note, absent, python }) {
      note('seven rows');
      note('seven rows');
      if (python.path === null) absent('torch', python.reason);
      absent('torch', 'a second reason');
      yield one('first');
      yield one('second');
    },
  };
  const seen: string[] = [];
  const results = await runSuite(suite, { ...options, onCase: (measured) => seen.push(measured.case) });
  expect(seen).toEqual(['first', 'second']);
  expect(results.cases.map((measured) => measured.case)).toEqual(seen);
  expect(results.notes).toEqual(['seven rows']);
  expect(results.absent).toEqual([{ name: 'torch', reason: 'no Python' }]);
  expect(results.machine.node).toBe(process.version);
  expect(results.machine.cores).toBeGreaterThan(0);
});

test('a run that measures nothing is an error that names the filter', async () => {
  const empty: BenchSuite = { name: 'sums', summary: 'sums', async *run() {} };
  await expect(runSuite(empty, { ...options, only: 'xyz' })).rejects.toThrow(
    /no case of sums whose name contains 'xyz'/,
  );
});
