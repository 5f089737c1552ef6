/**
 * The contestant for whole training steps: forward, backward, clipping and AdamW of one Qwen2 shape by the trainer's own loop.
 *
 * Usage: node train-step.program.js '{"shape": ..., "threads": 2, "recompute": false, "backend": "wasm"}', then requests on standard input.
 * Units: `{"task": "step"}` answers seconds of one step; `{"task": "memory"}` MiB. The first is asked before the second, whose own
 * bookkeeping takes time.
 */
import {
  type BackendName,
  countParams,
  createRandom,
  disposeParams,
  initBackend,
  type LossFn,
  tf,
} from '@marco-ts/core';
import { type CausalBatch, causalLanguageModelLoss, initQwen2Params } from '@marco-ts/model';
import { adamw, chain, clipByGlobalNorm, constant, type TrainEvent, train } from '@marco-ts/trainer';
import { benchError } from '../bench-error.ts';
import type { TrainStepShape } from '../train-step-shapes.ts';
import { answerRequests } from './answer-requests.ts';

interface Options {
  readonly shape: TrainStepShape;
  readonly threads: number;
  readonly recompute: boolean;
  /** `wasm` where nothing is said */
  readonly backend?: BackendName;
}

const MIB = 2 ** 20;
const { shape, threads, recompute, backend = 'wasm' } = JSON.parse(process.argv[2]!) as Options;

await answerRequests<{ task: 'step' | 'memory' }>(async () => {
  const { numThreads, simd, version } = await initBackend({ prefer: [backend], numThreads: threads });
  const initial = initQwen2Params(shape.config, 1);
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
      adamw({ learningRate: constant({ peak: 1e-4 }), beta2: 0.95, weightDecay: 0.1 }),
    ),
  });
  const step = async (): Promise<TrainEvent> => {
    for (;;) {
      const { value, done } = await events.next();
      if (done) throw benchError('train-step', 'the loop must go on, got its end.');
      if (value.type === 'step-completed') return value;
    }
  };
  await step();
  disposeParams(initial);
  return {
    facts: backend === 'wasm' ? { numParams, numThreads, simd } : { numParams, version: version ?? backend },
    async answer({ task }) {
      if (task === 'step') {
        const start = performance.now();
        await step();
        return { seconds: (performance.now() - start) / 1000 };
      }
      const peakRssMib = (process.resourceUsage().maxRSS * 1024) / MIB;
      return backend === 'wasm' ? { peakRssMib, ...(await passMemory.measure(step)) } : { peakRssMib };
    },
  };
});

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
