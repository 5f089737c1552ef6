/**
 * Training steps on WebGPU with each kind of matrix product, beside stock tfjs-backend-webgpu with the composed operations; and what share of
 * the adapter's own rate of large products a step reaches.
 *
 * Units: tokens/s; GFLOP/s, two operations per multiplication and addition; % of the measured rate of products of the same kind.
 * `unchecked` leaves out the comparison of every index with its bounds (`disable_robustness` of Dawn).
 * On an adapter emulated on the processor only the tiny shape is run: it shows that the path works, its speed means nothing.
 */
import { estimate } from '@marco-ts/model';
import { createField, type Field } from '../contestants/field.ts';
import { startNodeProgram, startPythonPeer } from '../contestants/start-program.ts';
import { alternate } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import type { ShaderTime } from '../programs/time-shaders.ts';
import type { BenchCase, BenchSuite, SuiteContext } from '../suite.ts';
import { QWEN2_SMALL_SHAPES, TINY_SHAPE, type TrainStepShape } from '../train-step-shapes.ts';

const DEFAULT_ROUNDS = 5;
const NUM_NOTED_SHADERS = 12;

/** Ours, strongest first. */
const OURS = {
  'subgroup-matrix': { backend: 'webgpu', products: 'subgroup-matrix' },
  f16: { backend: 'webgpu', products: 'f16' },
  f32: { backend: 'webgpu' },
} as const;
const UNCHECKED = { 'subgroup-matrix unchecked': OURS['subgroup-matrix'], 'f32 unchecked': OURS.f32 } as const;
const STOCK = { 'tfjs-webgpu': { backend: 'tfjs-webgpu' } } as const;
const TORCH = {
  'torch-cuda f32': { precision: 'float32' },
  'torch-cuda bf16': { precision: 'bfloat16' },
} as const;

export const webgpu: BenchSuite = {
  name: 'webgpu',
  summary: 'training steps on a GPU: products of f32, f16, matrix units; tfjs-webgpu, torch',
  async *run(context) {
    const kind = yield* measureShape(context, TINY_SHAPE, 256);
    if (kind === 'emulated') {
      context.note('Qwen2-0.5B left out: the adapter is emulated on the processor, and its speed means nothing');
    }
    if (kind !== 'hardware') return;
    for (const shape of QWEN2_SMALL_SHAPES) {
      if (shape.name.includes(context.only)) yield* measureShape(context, shape, 4096);
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
  const { threads } = context;
  await using field = createField(context);
  for (const [name, contestant] of Object.entries({ ...OURS, ...UNCHECKED, ...STOCK })) {
    const options = JSON.stringify({ ...contestant, shape, threads, recompute: false });
    const env = name in UNCHECKED ? { MARCO_DAWN_FEATURES: 'disable_robustness' } : {};
    await field.enter(name, startNodeProgram('train-step', [options], { name, env }));
  }
  // The strongest that the adapter has; the others stand beside it.
  const best = Object.keys(OURS).find((name) => field.present.has(name));
  if (best === undefined) return undefined;
  const kind = field.present.get(best)!.facts.isSoftware ? 'emulated' : 'hardware';
  for (const [name, contestant] of Object.entries(kind === 'hardware' ? TORCH : {})) {
    const options = JSON.stringify({
      ...contestant,
      shape,
      threads,
      recompute: false,
      attention: 'sdpa',
      device: 'cuda',
    });
    await field.enter(name, startPythonPeer(context, name, 'train_step.py', [options]));
  }
  const prefix = kind === 'emulated' ? `${shapeName} (emulated)` : shapeName;
  const rounds = context.rounds ?? DEFAULT_ROUNDS;
  const measure = async <Reply extends object>(request: object, value: (reply: Reply) => number) =>
    alternate(contestantsOf(field, request, value), rounds);

  const numTokens = batchSize * sequenceLength;
  const speeds = await measure<{ seconds: number }>({ task: 'step' }, ({ seconds }) => numTokens / seconds);
  yield besidePeers(best, `${prefix}, training step`, 'tokens/s', speeds);
  const rates = await measure<{ operationsPerSecond: number }>(
    { task: 'product', size: productSize },
    ({ operationsPerSecond }) => operationsPerSecond / 1e9,
  );
  yield besidePeers(best, `${prefix}, products of ${productSize}`, 'GFLOP/s', rates);
  const { trainingFlopsPerToken } = estimate(config, { sequenceLength });
  const shares = [...speeds].map(([name, samples]): [string, number[]] => {
    const bestRate = Math.max(...rates.get(name)!);
    return [name, samples.map((tokensPerSecond) => (100 * tokensPerSecond * trainingFlopsPerToken) / 1e9 / bestRate)];
  });
  yield besidePeers(best, `${prefix}, share of its product rate`, '%', new Map(shares));
  for (const name of Object.keys({ ...OURS, ...UNCHECKED, ...STOCK }))
    await noteShaders(context, field, shapeName, name);
  return kind;
}

/** What a GPU's time goes into: the sum of a step, and the shaders that take most of it. */
async function noteShaders(context: SuiteContext, field: Field, shapeName: string, name: string): Promise<void> {
  const contestant = field.present.get(name);
  const { shaders } = (await contestant?.ask<{ shaders: ShaderTime[] }>({ task: 'shaders' })) ?? { shaders: [] };
  if (shaders.length === 0) return;
  const totalMs = shaders.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const numCalls = shaders.reduce((sum, { calls }) => sum + calls, 0);
  const largest = shaders.slice(0, NUM_NOTED_SHADERS);
  context.note(
    `${shapeName}, ${name}: the GPU works ${totalMs.toFixed(0)} ms of a step on ${numCalls} runs of ${shaders.length} shaders: ${largest
      .map((shader) => `${shader.name.replace(/ +/g, ' ')} ${shader.durationMs.toFixed(1)} ms (${shader.calls})`)
      .join(', ')}`,
  );
}

function contestantsOf<Reply extends object>(field: Field, request: object, value: (reply: Reply) => number) {
  return [...field.present].map(([name, { ask }]) => ({
    name,
    measure: async () => value(await ask<Reply>(request)),
  }));
}

function besidePeers(
  best: string,
  caseName: string,
  unit: string,
  samples: ReadonlyMap<string, readonly number[]>,
): BenchCase {
  const peers = [...samples].filter(([name]) => name !== best);
  return compareCase({ case: caseName, unit, better: 'higher', ours: samples.get(best)!, peers });
}
