/**
 * Matrix products of float32: ours on one thread and on all, beside OpenBLAS (through numpy), torch, stock tfjs-wasm and tfjs-node.
 *
 * Units: GFLOP/s, two operations per multiplication and addition; `start-up`: milliseconds from the call that starts the backend to the first
 * number read from it, in a process of its own each time.
 * `openblas` takes its widest kernels, `openblas-avx2` those of 256 bits: WebAssembly has vectors of 128.
 * The stock backend runs on one thread in Node whatever is asked; it stands beside ours on one thread and on all.
 */
import { benchError } from '../bench-error.ts';
import { createField } from '../contestants/field.ts';
import type { ContestantProcess } from '../contestants/start-process.ts';
import { startNodeProgram, startPythonPeer, threadVariables } from '../contestants/start-program.ts';
import { alternate } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import type { MatrixProduct } from '../programs/time-matrix-product.ts';
import type { BenchCase, BenchSuite, SuiteContext } from '../suite.ts';

const SIZES = [512, 1024];
const TRANSPOSES = [
  ['N', 'N'],
  ['T', 'N'],
  ['N', 'T'],
  ['T', 'T'],
] as const;
const DEFAULT_ROUNDS = 5;
const ROUND_SECONDS = 0.15;
const OURS = 'marco-wasm';
const START_UP = 'start-up';

interface Case extends MatrixProduct {
  readonly name: string;
}

const CASES: readonly Case[] = [
  ...SIZES.flatMap((size) =>
    TRANSPOSES.map(([a, b]) => ({
      name: `${size} ${a}${b}`,
      ...{ batch: 1, m: size, k: size, n: size, transposeA: a === 'T', transposeB: b === 'T' },
    })),
  ),
  { name: '8 x 256x64x256 NN', batch: 8, m: 256, k: 64, n: 256, transposeA: false, transposeB: false },
];

export const gemm: BenchSuite = {
  name: 'gemm',
  summary: 'matrix products: OpenBLAS, torch, tfjs-wasm, tfjs-node',
  async *run(context) {
    if (START_UP.includes(context.only)) yield await startUp(context);
    await using field = createField(context);
    const threadCounts = [...new Set([1, context.threads])];
    const groups = new Map<number, Map<string, ContestantProcess>>();
    for (const threads of threadCounts) {
      const group = new Map<string, ContestantProcess>();
      const enter = async (peer: string, started: ReturnType<typeof startNodeProgram>) => {
        const contestant = await field.enter(peer, started, `${peer}, ${threads} thread${threads === 1 ? '' : 's'}`);
        if (contestant) group.set(peer, contestant);
      };
      const node = (backend: string) => startNodeProgram('tensors', [backend, String(threads)], { name: backend });
      // Without a core type OpenBLAS takes its best kernels for this processor, whatever the environment had asked for.
      const python = (library: string, coreType?: string) =>
        startPythonPeer(context, library, 'gemm.py', [library, String(threads)], {
          ...threadVariables(threads),
          OPENBLAS_CORETYPE: coreType,
        });
      await enter(OURS, node(OURS));
      await enter('openblas', python('openblas'));
      await enter('openblas-avx2', python('openblas', 'Haswell'));
      await enter('torch', python('torch'));
      await enter('tfjs-wasm', node('tfjs-wasm'));
      if (threads === context.threads) await enter('tfjs-node', node('tfjs-node'));
      if (!group.has(OURS))
        throw benchError('gemm', 'our own backend must start, see above. Build it with pnpm build.');
      groups.set(threads, group);
    }
    for (const product of CASES) {
      for (const [threads, group] of groups) {
        const name = `${product.name}, ${threads} thread${threads === 1 ? '' : 's'}`;
        if (!name.includes(context.only)) continue;
        const flops = 2 * product.batch * product.m * product.n * product.k;
        const request = { task: 'matrix-product', ...product, durationSeconds: ROUND_SECONDS };
        const samples = await alternate(
          [...group].map(([contestant, { ask }]) => ({
            name: contestant,
            measure: async () => flops / (await ask<{ seconds: number }>(request)).seconds / 1e9,
          })),
          context.rounds ?? DEFAULT_ROUNDS,
        );
        const { [OURS]: ours, ...peers } = Object.fromEntries(samples);
        yield compareCase({ case: name, unit: 'GFLOP/s', better: 'higher', ours: ours!, peers: Object.entries(peers) });
      }
    }
  },
};

/** Ours with its threads beside stock tfjs-wasm, which has one. */
async function startUp(context: SuiteContext): Promise<BenchCase> {
  const start = async (backend: string): Promise<number> => {
    const started = await startNodeProgram('tensors', [backend, String(context.threads)], { name: backend });
    if ('absent' in started) throw benchError('gemm', `${backend} must start, got: ${started.absent}`);
    const { seconds } = await started.process.ask<{ seconds: number }>({ task: START_UP });
    await started.process.close();
    return seconds * 1000;
  };
  const contestants = [OURS, 'tfjs-wasm'].map((name) => ({ name, measure: () => start(name) }));
  const { [OURS]: ours, ...peers } = Object.fromEntries(await alternate(contestants, context.rounds ?? DEFAULT_ROUNDS));
  return compareCase({ case: START_UP, unit: 'ms', better: 'lower', ours: ours!, peers: Object.entries(peers) });
}
