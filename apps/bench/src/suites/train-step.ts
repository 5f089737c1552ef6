/**
 * Whole training steps of two Qwen2 shapes: forward, backward, clipping, AdamW; beside transformers on torch, and ours on tfjs-node.
 *
 * `transformers` takes torch's widest kernels, `transformers-avx2` those of 256 bits: WebAssembly has vectors of 128.
 * Every contestant is a fresh process, so that the peak of its resident memory is its own. With recomputation, ours without it stands
 * beside it: the ratio of tokens/s is the price, that of the memory the gain.
 * Units: tokens/s; MiB of peak resident memory; MiB that a forward pass keeps for the backward pass, and the peak of both.
 */
import { benchError } from '../bench-error.ts';
import { createField } from '../contestants/field.ts';
import type { ContestantProcess } from '../contestants/start-process.ts';
import { AVX2_VARIABLES, startNodeProgram, startPythonPeer, threadVariables } from '../contestants/start-program.ts';
import { alternate } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import type { BenchCase, BenchSuite, SuiteContext } from '../suite.ts';
import { TRAIN_STEP_SHAPES, type TrainStepShape } from '../train-step-shapes.ts';

const DEFAULT_ROUNDS = 5;
const OURS = 'marco-wasm';

interface Memory {
  readonly peakRssMib: number;
  readonly keptMib?: number;
  readonly passPeakMib?: number;
}

export const trainStep: BenchSuite = {
  name: 'train-step',
  summary: 'tokens/s and memory of training steps: transformers, tfjs-node',
  async *run(context) {
    for (const shape of TRAIN_STEP_SHAPES) {
      if (shape.name.includes(context.only) || context.only === 'recompute') yield* measureShape(context, shape);
    }
  },
};

async function* measureShape(context: SuiteContext, shape: TrainStepShape): AsyncGenerator<BenchCase> {
  const { config } = shape;
  context.note(
    `${shape.name}: D ${config.hiddenSize}, ${config.numHiddenLayers} layers, N ${config.numAttentionHeads}, K ${config.numKeyValueHeads}, F ${config.intermediateSize}, V ${config.vocabSize}, ${shape.batchSize} x ${shape.sequenceLength} tokens, ${context.threads} threads`,
  );
  if (context.only !== 'recompute') {
    yield* measureGroup(context, shape, shape.name, [
      { name: OURS, recompute: false },
      { name: 'transformers', attention: 'sdpa', recompute: false },
      { name: 'transformers-avx2', attention: 'sdpa', recompute: false, widestVectors: 'avx2' },
      { name: 'transformers-eager', attention: 'eager', recompute: false },
      { name: 'tfjs-node', backend: 'node', recompute: false },
    ]);
  }
  yield* measureGroup(context, shape, `${shape.name} recompute`, [
    { name: OURS, recompute: true },
    { name: 'without recompute', recompute: false },
    { name: 'transformers', attention: 'sdpa', recompute: true },
  ]);
}

interface Entry {
  readonly name: string;
  readonly recompute: boolean;
  /** Of transformers; ours where there is none. */
  readonly attention?: 'sdpa' | 'eager';
  /** Holds torch, MKL and oneDNN to it, whatever the processor has. */
  readonly widestVectors?: 'avx2';
  /** Of our own program: TensorFlow's kernels under the composed operations. */
  readonly backend?: 'node';
}

async function* measureGroup(
  context: SuiteContext,
  shape: TrainStepShape,
  caseName: string,
  entries: readonly Entry[],
): AsyncGenerator<BenchCase> {
  const { threads } = context;
  await using field = createField({ ...context, note: () => {} });
  for (const { name, recompute, attention, widestVectors, backend } of entries) {
    const options = JSON.stringify({ shape, threads, recompute, attention, backend });
    const contestant = await field.enter(
      name,
      attention
        ? startPythonPeer(context, name, 'train_step.py', [options], {
            ...threadVariables(threads),
            ...(widestVectors ? AVX2_VARIABLES : {}),
          })
        : startNodeProgram('train-step', [options], { name }),
    );
    if (contestant) noteFacts(context, shape, name, contestant);
    else if (name === OURS)
      throw benchError('trainStep', 'our own backend must start, see above. Build it with pnpm build.');
  }
  const numTokens = shape.batchSize * shape.sequenceLength;
  const speeds = await alternate(
    [...field.present].map(([name, { ask }]) => ({
      name,
      measure: async () => numTokens / (await ask<{ seconds: number }>({ task: 'step' })).seconds,
    })),
    context.rounds ?? DEFAULT_ROUNDS,
  );
  yield besidePeers(caseName, 'tokens/s', 'higher', speeds);
  const memory = new Map<string, Memory>();
  for (const [name, { ask }] of field.present) memory.set(name, await ask<Memory>({ task: 'memory' }));
  const select = (key: keyof Memory) =>
    new Map([...memory].flatMap(([name, sizes]) => (sizes[key] === undefined ? [] : [[name, [sizes[key]]] as const])));
  yield besidePeers(`${caseName}, peak RSS`, 'MiB', 'lower', select('peakRssMib'));
  // Only ours can tell: worth a line where ours stands beside ours.
  for (const [key, name] of [
    ['keptMib', 'kept by forward'],
    ['passPeakMib', 'peak of the pass'],
  ] as const) {
    const sizes = select(key);
    if (sizes.size > 1) yield besidePeers(`${caseName}, ${name}`, 'MiB', 'lower', sizes);
  }
}

function noteFacts(context: SuiteContext, shape: TrainStepShape, name: string, { facts }: ContestantProcess): void {
  const { numParams, ...others } = facts;
  context.note(`${shape.name}, ${name}: ${numParams} parameters`);
  context.note(
    `${name}: ${Object.entries(others)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ')}`,
  );
}

function besidePeers(
  caseName: string,
  unit: string,
  better: 'higher' | 'lower',
  samples: ReadonlyMap<string, readonly number[]>,
): BenchCase {
  const peers = [...samples].filter(([name]) => name !== OURS);
  return compareCase({ case: caseName, unit, better, ours: samples.get(OURS)!, peers });
}
