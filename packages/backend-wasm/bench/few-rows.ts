/**
 * Few rows times large matrices stored [n, k], as decoding does it: how near to the memory's bandwidth, and how near to the micro-kernel's arithmetic.
 *
 * One thread, by the processor time of that thread, so that other work on the machine counts less; it still takes its part of the bandwidth.
 * The weights are larger than the caches. One row reads them once and does next to nothing else: its GB/s are the limit of all.
 * Run: node --conditions=@marco-ts/source packages/backend-wasm/bench/few-rows.ts
 * Units: GFLOP/s of float32, GB of weights per second.
 */
import { multiply } from '../src/runtime/multiply.ts';
import { createWasmRuntime } from '../src/runtime/wasm-runtime.ts';

const ROUNDS = 7;
const NUM_MATRICES = 24;
const SHAPES = [
  { n: 4864, k: 896 },
  { n: 896, k: 4864 },
];
const ROWS = [1, 2, 4, 8, 12, 16];
const MANY_ROWS = 96;

const runtime = await createWasmRuntime({ numThreads: 1 });
for (const { n, k } of SHAPES) {
  const matrixBytes = n * k * 4;
  const weights = runtime.allocate(NUM_MATRICES * matrixBytes, () => 'weights');
  const a = runtime.allocate(MANY_ROWS * k * 4, () => 'rows');
  const c = runtime.allocate(MANY_ROWS * n * 4, () => 'products');
  runtime.floats(weights, NUM_MATRICES * n * k).fill(0.01);
  runtime.floats(a, MANY_ROWS * k).fill(0.5);
  const seconds = new Map([...ROWS, MANY_ROWS].map((m): [number, number[]] => [m, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [m, samples] of seconds) {
      const start = process.threadCpuUsage();
      for (let i = 0; i < NUM_MATRICES; i++)
        multiply(runtime, { a, b: weights + i * matrixBytes, c, m, n, k, transposeB: true });
      const { user, system } = process.threadCpuUsage(start);
      samples.push((user + system) / 1e6);
    }
  }
  const median = (m: number) => seconds.get(m)!.sort((x, y) => x - y)[ROUNDS >> 1]!;
  const gigabytes = (NUM_MATRICES * matrixBytes) / 1e9;
  for (const m of seconds.keys()) {
    const time = median(m);
    const flops = (2 * m * gigabytes) / 4 / time;
    console.log(
      `n ${n}, k ${k}, ${m} rows: ${flops.toFixed(1)} GFLOP/s, ${(gigabytes / time).toFixed(1)} GB/s, ${(median(1) / time).toFixed(2)} of one row's`,
    );
  }
  for (const address of [weights, a, c]) runtime.free(address);
}
process.exit(0);
