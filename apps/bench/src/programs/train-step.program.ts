/**
 * The contestant for whole training steps: forward, backward, clipping and AdamW of one Qwen2 shape by the trainer's own loop.
 *
 * Usage: node train-step.program.js '{"shape": ..., "threads": 2, "recompute": false, "backend": "wasm"}', then requests on standard input.
 * Units: `{"task": "step"}` answers seconds of one step and its loss; `{"task": "memory"}` MiB; `{"task": "product", "size": 512}` operations per
 * second of square products; `{"task": "shaders"}` milliseconds of a GPU by shader. Steps are asked before the others, whose own bookkeeping takes time.
 */
import {
  type BackendName,
  countParams,
  createRandom,
  disposeParams,
  type InitBackendOptions,
  initBackend,
  type LossFn,
  tf,
} from '@marco-ts/core';
import { type CausalBatch, causalLanguageModelLoss } from '@marco-ts/model';
import { adamw, chain, clipByGlobalNorm, constant, type TrainEvent, train } from '@marco-ts/trainer';
import { benchError } from '../bench-error.ts';
import type { TrainStepShape } from '../train-step-shapes.ts';
import { answerRequests } from './answer-requests.ts';
import { randomWeights } from './random-weights.ts';
import { startTensorBackend } from './start-tensor-backend.ts';
import { timeShaders } from './time-shaders.ts';

interface Options {
  readonly shape: TrainStepShape;
  readonly threads: number;
  readonly recompute: boolean;
  /** `wasm` where nothing is said; `tfjs-webgpu` is the stock backend */
  readonly backend?: BackendName | 'tfjs-webgpu';
  /** Of backend `webgpu`. */
  readonly products?: NonNullable<InitBackendOptions['products']>;
  readonly learningRate?: number;
}

type Request = { readonly task: 'step' | 'memory' | 'shaders' } | { readonly task: 'product'; readonly size: number };

const MIB = 2 ** 20;
const {
  shape,
  threads,
  recompute,
  backend = 'wasm',
  products,
  learningRate = 1e-4,
} = JSON.parse(process.argv[2]!) as Options;

await answerRequests<Request>(async () => {
  const backendFacts = backend === 'tfjs-webgpu' ? await startTensorBackend(backend, threads) : await initOurs(backend);
  const initial = new Map<string, tf.Tensor>();
  for (const [name, { shape: lengths, data }] of randomWeights(shape.config))
    initial.set(name, tf.tensor(data, [...lengths]));
  const numParams = countParams(initial);
  const passMemory = createPassMemory(causalLanguageModelLoss(shape.config, { recompute }));
  const batch = randomBatch(shape);
  const events = train<CausalBatch>({
    params: initial,
    lossFn: passMemory.lossFn,
    batchAt: async () => batch,
    numSteps: Number.MAX_SAFE_INTEGER,
    optimizer: chain(
      clipByGlobalNorm(1),
      adamw({ learningRate: constant({ peak: learningRate }), beta2: 0.95, weightDecay: 0.1 }),
    ),
  });
  const step = async (): Promise<Extract<TrainEvent, { type: 'step-completed' }>> => {
    for (;;) {
      const { value, done } = await events.next();
      if (done) throw benchError('train-step', 'the loop must go on, got its end.');
      if (value.type === 'step-completed') return value;
    }
  };
  await step();
  disposeParams(initial);
  return {
    facts: { numParams, ...backendFacts },
    async answer(request) {
      if (request.task === 'step') {
        const start = performance.now();
        const { loss } = await step();
        return { seconds: (performance.now() - start) / 1000, loss };
      }
      if (request.task === 'shaders') return { shaders: await timeShaders(step) };
      if (request.task === 'product') return { operationsPerSecond: await productRate(request.size) };
      const peakRssMib = (process.resourceUsage().maxRSS * 1024) / MIB;
      return backend === 'wasm' ? { peakRssMib, ...(await passMemory.measure(step)) } : { peakRssMib };
    },
  };
});

async function initOurs(name: BackendName): Promise<object> {
  const record = await initBackend({ prefer: [name], numThreads: threads, ...(products ? { products } : {}) });
  const { numThreads, simd, version, adapter, isSoftware, notes = [] } = record;
  if (name === 'wasm') return { numThreads, simd };
  return { version: version ?? name, ...(adapter && { adapter, isSoftware, notes: notes.join('; ') || 'none' }) };
}

/** Products are queued, then one element is read, which waits for them all. */
async function productRate(size: number): Promise<number> {
  const NUM_PRODUCTS = 20;
  // Zeros and ones need less power, and a GPU then runs faster than with real numbers.
  const [a, b] = [0.37, 0.73].map((stride) =>
    tf.tidy(() => tf.reshape(tf.sin(tf.mul(tf.range(0, size * size), stride)), [size, size])),
  ) as [tf.Tensor2D, tf.Tensor2D];
  const run = async (count: number) => {
    const corners = Array.from({ length: count }, () =>
      tf.tidy(() => tf.slice(tf.matMul(a, b, false, true), [0, 0], [1, 1])),
    );
    await corners.at(-1)!.data();
    tf.dispose(corners);
  };
  await run(1);
  const start = performance.now();
  await run(NUM_PRODUCTS);
  const seconds = (performance.now() - start) / 1000;
  tf.dispose([a, b]);
  return (NUM_PRODUCTS * 2 * size ** 3) / seconds;
}

function randomBatch({ config, batchSize, sequenceLength }: TrainStepShape): CausalBatch {
  const random = createRandom(2);
  const ids = Int32Array.from({ length: batchSize * sequenceLength }, () => random.integer(config.vocabSize));
  return {
    batchSize,
    sequenceLength,
    inputIds: ids,
    labels: ids,
    positionIds: Int32Array.from(ids, (_, index) => index % sequenceLength),
    segmentIds: new Int32Array(ids.length),
  };
}

/**
 * Memory of one pass: what the forward pass keeps for the backward pass, and the peak of forward and backward together, both above what
 * lay there before. The peak is read whenever a kernel has run.
 */
function createPassMemory(inner: LossFn<CausalBatch>) {
  const bytesInUse = () => (tf.memory() as tf.MemoryInfo & { wasmBytesInUse: number }).wasmBytesInUse;
  let before = 0;
  let kept = 0;
  let peak = 0;
  const lossFn: LossFn<CausalBatch> = (params, batch) => {
    before = peak = bytesInUse();
    const output = inner(params, batch);
    kept = bytesInUse() - before;
    return output;
  };
  return {
    lossFn,
    async measure(step: () => Promise<unknown>) {
      const kernels = tf.getKernelsForBackend(tf.getBackend());
      const restore = kernels.map((kernel) => {
        const { kernelFunc } = kernel;
        kernel.kernelFunc = (call) => {
          const outputs = kernelFunc(call);
          // AdamW comes after the pass.
          if (kernel.kernelName !== 'MarcoAdamW') peak = Math.max(peak, bytesInUse());
          return outputs;
        };
        return () => {
          kernel.kernelFunc = kernelFunc;
        };
      });
      await step();
      for (const undo of restore) undo();
      return { keptMib: kept / MIB, passPeakMib: (peak - before) / MIB };
    },
  };
}
