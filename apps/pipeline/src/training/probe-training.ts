/**
 * Memory and time of a recipe's pretraining before it begins: a few real steps of its model, on random tokens, on this machine.
 *
 * Units: bytes; seconds; tokens per second count whole sequences, padding included.
 */
import { countParams, createRandom, disposeParams, tf } from '@marco-ts/core';
import { causalLanguageModelLoss, estimate, initQwen2Params, type Qwen2Config } from '@marco-ts/model';
import { measurePeakFlops, type StepCompleted, train } from '@marco-ts/trainer';
import type { Recipe } from '../config/recipe-schema.ts';
import { startBackend } from '../stages/start-backend.ts';
import { makeAdapter } from './make-adapter.ts';
import { makeOptimizer } from './make-optimizer.ts';
import { plannedModelConfig } from './planned-model-config.ts';

export interface ProbedStage {
  readonly stage: string;
  readonly numSteps: number;
  readonly numTokens: number;
  readonly seconds: number;
}

export interface TrainingProbe {
  readonly backend: string;
  readonly numParams: number;
  readonly tokensPerSecond: number;
  readonly flopsPerSecond: number;
  /** of what one matrix product was measured to reach */
  readonly peakShare: number;
  /** tensors at most, between forward and backward too where the backend tells it */
  readonly estimatedTensorBytes: number;
  /** of parameters and moments between two steps, measured */
  readonly heldTensorBytes: number;
  /** most memory of the process so far, the runtime included */
  readonly peakResidentBytes: number;
  readonly checkpointBytes: number;
  readonly stages: readonly ProbedStage[];
}

/** The first step compiles and allocates; the fastest of the others is taken. */
const NUM_STEPS = 4;
/** Micro-batches of a probed step; more of them take time and tell nothing new. */
const MOST_MICRO_BATCHES = 2;

/** @throws Error when the model's directory cannot be read, or nothing of this size fits */
export async function probeTraining(recipe: Recipe): Promise<TrainingProbe> {
  const { pretrain, seed } = recipe;
  const { microBatchSize, sequenceLength, recompute, gradAccumSteps } = pretrain;
  const backend = await startBackend(recipe);
  const config = await plannedModelConfig(recipe);
  const size = estimate(config, {
    batchSize: microBatchSize,
    sequenceLength,
    recompute,
    fusedKernels: backend.name === 'wasm',
  });
  const peakFlopsPerSecond = await measurePeakFlops();
  const base = initQwen2Params(config, seed);
  const causalLoss = causalLanguageModelLoss(config, { recompute });
  const adapter = pretrain.lora && makeAdapter({ config, params: base }, causalLoss, pretrain.lora, seed);
  const { params, lossFn } = adapter ?? { params: base, lossFn: causalLoss };
  const numTrained = countParams(params);
  const flopsPerToken = size.trainingFlopsPerToken - (adapter === undefined ? 0 : size.forwardFlopsPerToken);
  const steps: StepCompleted[] = [];
  try {
    const run = train({
      params,
      lossFn,
      batchAt: (index) => randomBatch(config, pretrain, index),
      numSteps: NUM_STEPS,
      gradAccumSteps: Math.min(gradAccumSteps, MOST_MICRO_BATCHES),
      optimizer: makeOptimizer(pretrain, () => 1e-6),
      speed: { flopsPerToken, peakFlopsPerSecond },
      ...(pretrain.freeze === undefined ? {} : { freeze: pretrain.freeze }),
    });
    for (let next = await run.next(); ; next = await run.next()) {
      if (next.done) {
        disposeParams(next.value.params);
        break;
      }
      // The run has its own copy, as in training.
      if (next.value.type === 'run-started') disposeParams(params);
      if (next.value.type === 'step-completed') steps.push(next.value);
    }
  } finally {
    disposeParams(params);
    disposeParams(base);
  }
  const best = steps.slice(1).reduce((a, b) => (b.tokensPerSecond > a.tokensPerSecond ? b : a));
  const { tokensPerSecond } = best;
  const tokensPerStep = microBatchSize * gradAccumSteps * sequenceLength;
  // Weights, two moments, the average.
  const numCopies = pretrain.weightAverage === undefined ? 3 : 4;
  return {
    backend: backend.name,
    numParams: size.numParams,
    tokensPerSecond,
    flopsPerSecond: best.flopsPerSecond!,
    peakShare: best.peakShare!,
    estimatedTensorBytes: size.trainingBytes,
    heldTensorBytes: best.memory.tensorBytes - tf.memory().numBytes,
    peakResidentBytes: process.resourceUsage().maxRSS * 1024,
    checkpointBytes: numTrained * 4 * numCopies,
    stages: pretrain.stages.map(({ name, numTokens }) => ({
      stage: name,
      numSteps: Math.floor(numTokens / tokensPerStep),
      numTokens,
      seconds: numTokens / tokensPerSecond,
    })),
  };
}

function randomBatch(config: Qwen2Config, { microBatchSize, sequenceLength }: Recipe['pretrain'], index: number) {
  const random = createRandom(index);
  const ids = Int32Array.from({ length: microBatchSize * sequenceLength }, () => random.integer(config.vocabSize));
  return {
    batchSize: microBatchSize,
    sequenceLength,
    inputIds: ids,
    labels: ids,
    positionIds: Int32Array.from(ids, (_, at) => at % sequenceLength),
    segmentIds: new Int32Array(ids.length),
  };
}
