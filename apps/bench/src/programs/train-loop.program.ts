/**
 * The contestants for what the trainer's loop costs over the bare step, in one process so that both meet the same machine.
 *
 * Usage: node train-loop.program.js '{"shape": ..., "threads": 2}', then requests on standard input.
 * Units: `{"task": "bare"}` and `{"task": "loop"}` answer seconds of one step; `{"task": "checkpoint"}` milliseconds that the loop stands
 * still for one checkpoint, and that a few steps take longer with one beside them than without.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCheckpointStore } from '@marco-ts/checkpoint';
import { adamwStep, createRandom, globalNorm, initBackend, type ParamMap, tf, valueAndGrad } from '@marco-ts/core';
import { causalLanguageModelLoss, initQwen2Params } from '@marco-ts/model';
import {
  adamw,
  type CheckpointSaved,
  chain,
  clipByGlobalNorm,
  createJsonlLogger,
  type TrainEvent,
  type TrainOptions,
  train,
} from '@marco-ts/trainer';
import { benchError } from '../bench-error.ts';
import type { TrainStepShape } from '../train-step-shapes.ts';
import { answerRequests } from './answer-requests.ts';

const { shape, threads } = JSON.parse(process.argv[2]!) as { shape: TrainStepShape; threads: number };
const ADAMW = { learningRate: 1e-4, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };
const STEPS_PER_CHECKPOINT = 4;

await answerRequests<{ task: 'bare' | 'loop' | 'checkpoint' }>(async () => {
  const { numThreads, simd } = await initBackend({ prefer: ['wasm'], numThreads: threads });
  const directory = await mkdtemp(join(tmpdir(), 'marco-bench-loop-'));
  process.on('exit', () => void rm(directory, { recursive: true, force: true }));
  const initial = initQwen2Params(shape.config, 1);
  const lossFn = causalLanguageModelLoss(shape.config);
  const batch = randomBatch(shape);
  const bare = bareSteps(initial, lossFn, batch);
  const logger = await createJsonlLogger(join(directory, 'training.jsonl'));
  const options: TrainOptions<typeof batch> = {
    params: initial,
    lossFn,
    batchAt: () => batch,
    numSteps: Number.MAX_SAFE_INTEGER,
    optimizer: chain(clipByGlobalNorm(1), adamw({ ...ADAMW, learningRate: () => ADAMW.learningRate })),
    guard: { onFault: 'skip', spikes: {} },
    speed: { flopsPerToken: 1, peakFlopsPerSecond: 1 },
    groupNames: ['a', 'b', 'c', 'd'],
  };
  const loop = train(options);
  const until = async <Type extends TrainEvent['type']>(run: ReturnType<typeof train>, type: Type) => {
    for (;;) {
      const { value, done } = await run.next();
      if (done) throw benchError('train-loop', 'the loop must go on, got its end.');
      await logger.log(value);
      if (value.type === type) return value;
    }
  };
  await bare();
  await until(loop, 'step-completed');
  const timed = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    return (performance.now() - start) / 1000;
  };
  return {
    facts: { numThreads, simd },
    async answer({ task }) {
      if (task === 'bare') return { seconds: await timed(bare) };
      if (task === 'loop') return { seconds: await timed(() => until(loop, 'step-completed')) };
      const store = createCheckpointStore(join(directory, 'checkpoints'), { keepLast: 1, inThread: true });
      const checkpoints = { store, every: STEPS_PER_CHECKPOINT, configHash: 'bench' };
      const saving = train({ ...options, checkpoints });
      const steps = async () => {
        for (let step = 0; step < STEPS_PER_CHECKPOINT; step++) await until(loop, 'step-completed');
      };
      for (let step = 0; step < STEPS_PER_CHECKPOINT; step++) await until(saving, 'step-completed');
      const without = await timed(steps);
      // The next event comes after the copy; the write goes on beside the steps.
      let saved: CheckpointSaved | undefined;
      const withOne = await timed(async () => {
        for (let step = 0; step < STEPS_PER_CHECKPOINT; ) {
          const { value } = await saving.next();
          const event = value as TrainEvent;
          if (event.type === 'checkpoint-saved') saved = event;
          if (event.type === 'step-completed') step++;
        }
      });
      await saving.return(undefined as never);
      if (saved === undefined)
        throw benchError('train-loop', 'a checkpoint must be safe within a few steps, got none.');
      return {
        stallMs: saved.stallMs,
        costMs: Math.max(0.001, (withOne - without) * 1000),
        stepSeconds: without / STEPS_PER_CHECKPOINT,
      };
    },
  };
});

/** Forward, backward, clipping and AdamW with nothing around them. @returns takes one step */
function bareSteps<Batch>(
  initial: ParamMap,
  lossFn: (params: ParamMap, batch: Batch) => { loss: tf.Scalar; weight: number },
  batch: Batch,
): () => Promise<void> {
  let params = new Map([...initial].map(([name, tensor]) => [name, tf.clone(tensor)]));
  let moments = new Map([...initial].map(([name, { shape }]) => [name, { m: tf.zeros(shape), v: tf.zeros(shape) }]));
  let numSteps = 0;
  return async () => {
    let weight = 1;
    const { loss, grads } = valueAndGrad(params, (traced) => {
      const output = lossFn(traced, batch);
      weight = output.weight;
      return { loss: output.loss };
    });
    await loss.data();
    const norm = (await globalNorm(grads)) / weight;
    const settings = { ...ADAMW, step: ++numSteps, gradScale: Math.min(1, 1 / (norm + 1e-6)) / weight };
    const nextParams = new Map<string, tf.Tensor>();
    const nextMoments: typeof moments = new Map();
    for (const [name, param] of params) {
      const before = moments.get(name)!;
      const grad = grads.get(name)!;
      const next = adamwStep({ param, grad, ...before }, settings);
      tf.dispose([param, grad, before.m, before.v]);
      nextParams.set(name, next.param);
      nextMoments.set(name, { m: next.m, v: next.v });
    }
    loss.dispose();
    params = nextParams;
    moments = nextMoments;
  };
}

function randomBatch({ config, batchSize, sequenceLength }: TrainStepShape) {
  const random = createRandom(2);
  const ids = Int32Array.from({ length: batchSize * sequenceLength }, () => random.integer(config.vocabSize));
  return {
    batchSize,
    sequenceLength,
    inputIds: ids,
    labels: ids,
    positionIds: Int32Array.from(ids, (_, index) => index % sequenceLength),
    segmentIds: new Int32Array(ids.length),
    sourceIds: Int32Array.from(ids, (_, index) => Math.floor(index / sequenceLength) % 4),
  };
}
