/**
 * Matrix products: this backend on one thread and on all, tfjs-backend-wasm, and OpenBLAS through numpy where a Python with it is named.
 *
 * All take turns in one run; the best time of the rounds counts, as other programs may run beside.
 * Run: node --conditions=@marco-ts/source bench/gemm.mjs [python]
 * Units: GFLOP/s of float32.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs-core';
import { registerWasmBackendAs } from '../src/register-wasm-backend.ts';

const ROUNDS = 12;
const SECONDS_PER_ROUND = 0.15;
const python = process.argv[2];

const CASES = [512, 1024].flatMap((size) =>
  [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].map(([transposeA, transposeB]) => ({
    name: `${size} ${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'}`,
    batch: 1,
    m: size,
    k: size,
    n: size,
    transposeA,
    transposeB,
  })),
);
CASES.push({ name: '8 x 256x64x256', batch: 8, m: 256, k: 64, n: 256, transposeA: false, transposeB: false });

/** Seconds of the fastest call within one round. */
function fastest(call) {
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + SECONDS_PER_ROUND * 1000;
  do {
    const start = performance.now();
    call();
    best = Math.min(best, (performance.now() - start) / 1000);
  } while (performance.now() < end);
  return best;
}

const PYTHON_PROGRAM = `
import json, sys, time
import numpy as np
for line in sys.stdin:
    c = json.loads(line)
    a = np.random.rand(c['batch'], *((c['k'], c['m']) if c['transposeA'] else (c['m'], c['k']))).astype('f')
    b = np.random.rand(c['batch'], *((c['n'], c['k']) if c['transposeB'] else (c['k'], c['n']))).astype('f')
    x = a.transpose(0, 2, 1) if c['transposeA'] else a
    y = b.transpose(0, 2, 1) if c['transposeB'] else b
    best, end = 1e9, time.perf_counter() + ${SECONDS_PER_ROUND}
    while time.perf_counter() < end:
        start = time.perf_counter()
        np.matmul(x, y)
        best = min(best, time.perf_counter() - start)
    print(best, flush=True)
`;

/** One numpy process with its own number of threads; null when no Python was named. */
function startNumpy(threads) {
  if (!python) return null;
  const child = spawn(python, ['-c', PYTHON_PROGRAM], {
    env: { ...process.env, OPENBLAS_NUM_THREADS: String(threads), OMP_NUM_THREADS: String(threads) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.on('error', (error) => {
    console.error(
      `[@marco-ts/backend-wasm] bench: the Python must run and have numpy, got ${error.message}. Name another, or none.`,
    );
    process.exit(1);
  });
  const lines = createInterface({ input: child.stdout });
  return {
    async time(testCase) {
      const line = once(lines, 'line');
      child.stdin.write(`${JSON.stringify(testCase)}\n`);
      return Number((await line)[0]);
    },
    close: () => child.stdin.end(),
  };
}

const one = await registerWasmBackendAs('ours, 1 thread', { numThreads: 1 });
await registerWasmBackendAs('ours, fixed SIMD, 1 thread', { numThreads: 1, simd: 'fixed' });
const all = await registerWasmBackendAs('ours', {});
const { numThreads } = all.record;
// tfjs-backend-wasm finds its own files only as a CommonJS module; both use the one global engine of tfjs-core.
createRequire(import.meta.url)('@tensorflow/tfjs-backend-wasm');
const numpy = { 'openblas, 1 thread': startNumpy(1), openblas: startNumpy(numThreads) };

async function timeOn(backend, { batch, m, k, n, transposeA, transposeB }) {
  await tf.setBackend(backend);
  const a = tf.randomUniform([batch, ...(transposeA ? [k, m] : [m, k])]);
  const b = tf.randomUniform([batch, ...(transposeB ? [n, k] : [k, n])]);
  const seconds = fastest(() => tf.matMul(a, b, transposeA, transposeB).dispose());
  tf.dispose([a, b]);
  return seconds;
}

console.log(`simd ${one.record.simd}, ${numThreads} threads, rounds of ${SECONDS_PER_ROUND} s: ${ROUNDS}`);
const rows = [];
for (const testCase of CASES) {
  const best = {};
  for (let round = 0; round < ROUNDS; round++) {
    const times = {};
    for (const name of ['ours, fixed SIMD, 1 thread', 'ours, 1 thread', 'ours', 'wasm'])
      times[name] = await timeOn(name, testCase);
    for (const [name, peer] of Object.entries(numpy)) if (peer) times[name] = await peer.time(testCase);
    for (const [name, seconds] of Object.entries(times))
      best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, seconds);
  }
  const flops = 2 * testCase.batch * testCase.m * testCase.n * testCase.k;
  rows.push({
    case: testCase.name,
    ...Object.fromEntries(
      Object.entries(best).map(([name, seconds]) => [name, Number((flops / seconds / 1e9).toFixed(1))]),
    ),
  });
}
console.table(rows);
if (!python) console.log('openblas: absent (name a Python that has numpy to compare with it)');
for (const peer of Object.values(numpy)) peer?.close();
