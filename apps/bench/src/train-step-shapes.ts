/**
 * The Qwen2 shapes whose training step is measured.
 */
import { QWEN2_SIZES, type Qwen2Config } from '@marco-ts/model';

export interface TrainStepShape {
  readonly name: string;
  readonly config: Qwen2Config;
  readonly batchSize: number;
  readonly sequenceLength: number;
}

const COMMON = {
  maxPositionEmbeddings: 2048,
  rmsNormEps: 1e-6,
  ropeTheta: 1e6,
  tieWordEmbeddings: true,
  initializerRange: 0.02,
  bosTokenId: null,
  eosTokenId: null,
};

export const TRAIN_STEP_SHAPES: readonly TrainStepShape[] = [
  {
    name: '6.8M 8x256',
    batchSize: 8,
    sequenceLength: 256,
    config: {
      ...COMMON,
      hiddenSize: 256,
      numHiddenLayers: 6,
      numAttentionHeads: 8,
      numKeyValueHeads: 4,
      intermediateSize: 768,
      vocabSize: 8192,
    },
  },
  {
    name: '32.5M 4x512',
    batchSize: 4,
    sequenceLength: 512,
    config: {
      ...COMMON,
      hiddenSize: 512,
      numHiddenLayers: 8,
      numAttentionHeads: 8,
      numKeyValueHeads: 2,
      intermediateSize: 1536,
      vocabSize: 16384,
    },
  },
];

/** Qwen2-0.5B: what a GPU is measured with, by a batch that stock tfjs-webgpu holds and by one that fills a large GPU. */
export const QWEN2_SMALL_SHAPES: readonly TrainStepShape[] = [2, 8].map((batchSize) => ({
  name: `0.5B ${batchSize}x1024`,
  batchSize,
  sequenceLength: 1024,
  config: { ...QWEN2_SIZES['0.5B'], ...COMMON },
}));

/** Small enough for a GPU that is emulated on the processor. */
export const TINY_SHAPE: TrainStepShape = {
  name: 'tiny 2x32',
  batchSize: 2,
  sequenceLength: 32,
  config: {
    ...COMMON,
    hiddenSize: 64,
    numHiddenLayers: 2,
    numAttentionHeads: 4,
    numKeyValueHeads: 2,
    intermediateSize: 128,
    vocabSize: 256,
  },
};
