/**
 * The two Qwen2 shapes whose training step is measured.
 */
import type { Qwen2Config } from '@marco-ts/model';

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
