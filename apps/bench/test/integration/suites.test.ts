import { expect, test } from 'vitest';
import { runSuite } from '../../src/run-suite.ts';
import type { BenchSuite } from '../../src/suite.ts';
import { gemm } from '../../src/suites/gemm.ts';
import { metrics } from '../../src/suites/metrics.ts';
import { ops } from '../../src/suites/ops.ts';
import { tokenizer } from '../../src/suites/tokenizer.ts';
import { trainStep } from '../../src/suites/train-step.ts';

const reason = 'no Python in this test';

/** One round on one thread with the cases that contain `only`, without Python's peers. */
const run = (suite: BenchSuite, only: string) =>
  runSuite(suite, { rounds: 1, threads: 1, only, python: { path: null, reason }, testData: undefined });

test('gemm: ours beside the stock backend, which is slower where something is transposed', async () => {
  const { cases, absent } = await run(gemm, '512 TN, 1 thread');
  expect(cases.map((measured) => measured.case)).toEqual(['512 TN, 1 thread']);
  expect(cases[0]!.peers.map(({ name }) => name)).toContain('tfjs-wasm');
  expect(absent).toContainEqual({ name: 'openblas', reason });
  expect(absent).toContainEqual({ name: 'torch', reason });
});

test('ops: the fused kernels beside the composed fallback', async () => {
  const { cases } = await run(ops, 'swiglu');
  expect(cases.map(({ case: name, unit, peers }) => [name, unit, peers.map((peer) => peer.name)])).toEqual([
    ['swiglu', 'ms', ['composed']],
  ]);
});

test('train-step: speed and memory, and recomputation keeps less', async () => {
  const { cases, notes } = await run(trainStep, '6.8M');
  const byName = new Map(cases.map((measured) => [measured.case, measured]));
  expect([...byName.keys()]).toEqual([
    '6.8M 8x256',
    '6.8M 8x256, peak RSS',
    '6.8M 8x256 recompute',
    '6.8M 8x256 recompute, peak RSS',
    '6.8M 8x256 recompute, kept by forward',
    '6.8M 8x256 recompute, peak of the pass',
  ]);
  for (const name of ['kept by forward', 'peak of the pass']) {
    const [without] = byName.get(`6.8M 8x256 recompute, ${name}`)!.peers;
    expect(without!.name).toBe('without recompute');
    expect(without!.ratio).toBeGreaterThan(1);
  }
  expect(notes).toContain('6.8M 8x256, marco-wasm: 6822144 parameters');
}, 600_000);

test('tokenizer: ours beside the JavaScript library on the same texts with the same counts', async () => {
  const { cases, notes } = await run(tokenizer, 'first pass');
  expect(cases.map(({ case: name, peers }) => [name, peers.map((peer) => peer.name)])).toEqual([
    ['encode, first pass', ['tokenizers-js']],
  ]);
  expect(notes.filter((note) => note.includes('counts'))).toEqual([]);
}, 600_000);

test('metrics: ours alone when sacrebleu is absent', async () => {
  const { cases, absent } = await run(metrics, 'bleu');
  expect(cases.map(({ case: name, unit, peers }) => [name, unit, peers])).toEqual([['bleu', 's', []]]);
  expect(absent).toEqual([{ name: 'sacrebleu', reason }]);
});
