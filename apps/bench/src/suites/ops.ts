/**
 * Training operations, forward and backward: our fused kernels beside the composed fallback on the same backend, and torch.
 *
 * Units: milliseconds of one forward and backward pass; `adamwStep`: of one step over the embedding table.
 */
import { benchError } from '../bench-error.ts';
import { createField } from '../contestants/field.ts';
import { startNodeProgram, startPythonPeer, threadVariables } from '../contestants/start-program.ts';
import { alternate } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import { TIMED_OPS } from '../programs/time-fused-op.ts';
import type { BenchSuite } from '../suite.ts';
import { TRAIN_STEP_SHAPES } from '../train-step-shapes.ts';

const DEFAULT_ROUNDS = 5;
const ROUND_SECONDS = 0.3;

export const ops: BenchSuite = {
  name: 'ops',
  summary: 'fused operations, forward and backward: composed fallback, torch',
  async *run(context) {
    const { config, batchSize: B, sequenceLength: L } = TRAIN_STEP_SHAPES.at(-1)!;
    const shape = {
      ...{ B, L, D: config.hiddenSize, N: config.numAttentionHeads, K: config.numKeyValueHeads },
      ...{ H: config.hiddenSize / config.numAttentionHeads, F: config.intermediateSize, V: config.vocabSize },
    };
    context.note(
      `shapes: ${Object.entries(shape)
        .map(([letter, size]) => `${letter} ${size}`)
        .join(', ')}; ${context.threads} threads`,
    );
    await using field = createField(context);
    const ours = await field.enter(
      'marco-wasm',
      startNodeProgram('tensors', ['marco-wasm', String(context.threads)], { name: 'marco-wasm' }),
    );
    if (!ours) throw benchError('ops', 'our own backend must start, see above. Build it with pnpm build.');
    const torch = await field.enter(
      'torch',
      startPythonPeer(context, 'torch', 'ops.py', [String(context.threads)], threadVariables(context.threads)),
    );
    const contestants = [
      { name: 'ours', process: ours, isFused: true },
      { name: 'composed', process: ours, isFused: false },
      ...(torch ? [{ name: 'torch', process: torch, isFused: true }] : []),
    ];
    for (const op of TIMED_OPS.filter((name) => name.includes(context.only))) {
      const samples = await alternate(
        contestants.map(({ name, process, isFused }) => ({
          name,
          measure: async () => {
            const request = { task: 'op', op, shape, isFused, durationSeconds: ROUND_SECONDS };
            return (await process.ask<{ seconds: number }>(request)).seconds * 1000;
          },
        })),
        context.rounds ?? DEFAULT_ROUNDS,
      );
      const { ours: fused, ...peers } = Object.fromEntries(samples);
      yield compareCase({ case: op, unit: 'ms', better: 'lower', ours: fused!, peers: Object.entries(peers) });
    }
  },
};
