/**
 * Training steps on WebGPU with each kind of matrix product, beside stock tfjs-backend-webgpu with the composed operations; and what share of
 * the adapter's own rate of large products a step reaches.
 *
 * Units: tokens/s; GFLOP/s, two operations per multiplication and addition; % of the measured rate of products of the same kind.
 * On an adapter emulated on the processor only the tiny shape is run: it shows that the path works, its speed means nothing.
 */
import { estimate } from '@marco-ts/model';
import { createField, type Field } from '../contestants/field.ts';
import { startNodeProgram } from '../contestants/start-program.ts';
import { alternate } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import type { BenchCase, BenchSuite, SuiteContext } from '../suite.ts';
import { QWEN2_SMALL_SHAPE, TINY_SHAPE, type TrainStepShape } from '../train-step-shapes.ts';

const DEFAULT_ROUNDS = 5;
const OURS = 'f32';
const CONTESTANTS = {
  [OURS]: { backend: 'webgpu' },
  f16: { backend: 'webgpu', products: 'f16' },
  'subgroup-matrix': { backend: 'webgpu', products: 'subgroup-matrix' },
  'tfjs-webgpu': { backend: 'tfjs-webgpu' },
} as const;

export const webgpu: BenchSuite = {
  name: 'webgpu',
  summary: 'training steps on a GPU: products of f32, f16, matrix units; tfjs-webgpu',
  async *run(context) {
    const kind = yield* measureShape(context, TINY_SHAPE, 256);
    if (kind === 'hardware' || QWEN2_SMALL_SHAPE.name === context.only) {
      yield* measureShape(context, QWEN2_SMALL_SHAPE, 4096);
    } else if (kind === 'emulated') {
      context.note(
        `${QWEN2_SMALL_SHAPE.name} left out: the adapter is emulated on the processor, and its speed means nothing`,
      );
    }
  },
};

/** @returns what the adapter is; undefined when there is none */
async function* measureShape(
  context: SuiteContext,
  shape: TrainStepShape,
  productSize: number,
): AsyncGenerator<BenchCase, 'hardware' | 'emulated' | undefined> {
  const { batchSize, sequenceLength, config, name: shapeName } = shape;
  await using field = createField(context);
  for (const [name, contestant] of Object.entries(CONTESTANTS)) {
    const options = JSON.stringify({ ...contestant, shape, threads: context.threads, recompute: false });
    await field.enter(name, startNodeProgram('train-step', [options], { name }));
  }
  const ours = field.present.get(OURS);
  if (ours === undefined) return undefined;
  const kind = ours.facts.isSoftware ? 'emulated' : 'hardware';
  const prefix = kind === 'emulated' ? `${shapeName} (emulated)` : shapeName;
  const rounds = context.rounds ?? DEFAULT_ROUNDS;
  const measure = async <Reply extends object>(request: object, value: (reply: Reply) => number) =>
    alternate(contestantsOf(field, request, value), rounds);

  const numTokens = batchSize * sequenceLength;
  const speeds = await measure<{ seconds: number }>({ task: 'step' }, ({ seconds }) => numTokens / seconds);
  yield besidePeers(`${prefix}, training step`, 'tokens/s', speeds);
  const rates = await measure<{ operationsPerSecond: number }>(
    { task: 'product', size: productSize },
    ({ operationsPerSecond }) => operationsPerSecond / 1e9,
  );
  yield besidePeers(`${prefix}, products of ${productSize}`, 'GFLOP/s', rates);
  const { trainingFlopsPerToken } = estimate(config, { sequenceLength });
  const shares = [...speeds].map(([name, samples]): [string, number[]] => {
    const bestRate = Math.max(...rates.get(name)!);
    return [name, samples.map((tokensPerSecond) => (100 * tokensPerSecond * trainingFlopsPerToken) / 1e9 / bestRate)];
  });
  yield besidePeers(`${prefix}, share of its product rate`, '%', new Map(shares));
  return kind;
}

function contestantsOf<Reply extends object>(field: Field, request: object, value: (reply: Reply) => number) {
  return [...field.present].map(([name, { ask }]) => ({
    name,
    measure: async () => value(await ask<Reply>(request)),
  }));
}

function besidePeers(caseName: string, unit: string, samples: ReadonlyMap<string, readonly number[]>): BenchCase {
  const peers = [...samples].filter(([name]) => name !== OURS);
  return compareCase({ case: caseName, unit, better: 'higher', ours: samples.get(OURS)!, peers });
}
