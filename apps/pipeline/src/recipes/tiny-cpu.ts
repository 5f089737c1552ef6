/**
 * `tiny-cpu`: the whole recipe at toy size, on the Universal Declaration of Human Rights, for two CPU cores.
 *
 * Source: tiers, mixture shares, the token ratio 160 : 140 and the learning-rate ratio 1 : 0.6 are the paper's (arXiv:2412.04003, tables 1
 * to 3). Sizes and absolute learning rates are those of a toy from random weights, and its little text is repeated, which the paper never
 * does. 13 languages beyond the paper's 29 join its low-resource tier.
 */
import { MARCO_LANGUAGES, MARCO_STAGES, TINY_EXTRA_LANGUAGES } from '@marco-ts/data';
import type { Recipe } from '../config/recipe-schema.ts';
import type { LanguageTier } from '../config/schema/data-section.ts';

const optimization = {
  sequenceLength: 128,
  microBatchSize: 8,
  gradAccumSteps: 1,
  adamBeta1: 0.9,
  adamBeta2: 0.95,
  adamEpsilon: 1e-8,
  weightDecay: 0.6,
  maxGradNorm: 1,
  warmupRatio: 0.05,
  minLearningRateRatio: 0.1,
  logEverySteps: 5,
  checkpointEverySteps: 100,
  keepLastCheckpoints: 2,
  recompute: false,
};

/** Of both stages together; the paper has 300 billion. */
const NUM_PRETRAINING_TOKENS = 360_000;
/** Of the first stage; the paper's 1e-5 adapts a trained model and would not move a random one. */
const LEARNING_RATE = 4e-3;
const numPaperTokens = MARCO_STAGES.reduce((sum, { numTokens }) => sum + numTokens, 0);

const languagesOf = (tier: LanguageTier): string[] =>
  MARCO_LANGUAGES.filter((language) => language.tier === tier).map(({ code }) => code);

/** The recipe of `npm start`, to be spread into variants. */
export function tinyCpu(): Recipe {
  return {
    name: 'tiny-cpu',
    seed: 20241204,
    backend: { prefer: ['node-gpu', 'webgpu', 'node', 'wasm'] },
    data: {
      source: { kind: 'udhr' },
      tiers: {
        english: languagesOf('english'),
        chinese: languagesOf('chinese'),
        high: languagesOf('high'),
        low: [...languagesOf('low'), ...TINY_EXTRA_LANGUAGES.map(({ code }) => code)],
      },
      filters: {
        thresholds: 'udhr',
        minNumCharacters: 20,
        maxNumCharacters: 20_000,
        maxSpecialCharacterShare: 0.3,
        maxPunctuationShare: 0.25,
        maxDigitShare: 0.1,
        maxReplacementCharacterShare: 0,
      },
      deduplication: { ngramSize: 5, numBuckets: 14, hashesPerBucket: 8 },
      split: { validationShare: 0.1, testShare: 0.1 },
      parallel: { pivotLanguage: 'eng_Latn', maxLengthRatio: 3, maxNumCharacters: 1000 },
      numMathsProblems: 400,
    },
    tokenizer: { vocabSize: 4096, minFrequency: 2 },
    model: {
      kind: 'random',
      hiddenSize: 128,
      numHiddenLayers: 4,
      numAttentionHeads: 4,
      numKeyValueHeads: 2,
      intermediateSize: 384,
      maxPositionEmbeddings: 1024,
      rmsNormEps: 1e-6,
      ropeTheta: 1_000_000,
      tieWordEmbeddings: true,
      initializerRange: 0.02,
    },
    pretrain: {
      ...optimization,
      maxEpochs: 60,
      numValidationDocuments: 1,
      stages: MARCO_STAGES.map(({ numTokens, learningRateRatio, shares }, index) => ({
        name: `stage-${index + 1}`,
        numTokens: Math.round((NUM_PRETRAINING_TOKENS * numTokens) / numPaperTokens),
        learningRate: LEARNING_RATE * learningRateRatio,
        shares: { ...shares },
      })),
    },
    sft: {
      ...optimization,
      sequenceLength: 256,
      learningRate: 6e-4,
      numEpochs: 1,
      replayRows: 2,
      numTranslationExamples: 750,
      numLanguageNamingExamples: 225,
      numContinuationExamples: 450,
    },
    preference: {
      ...optimization,
      sequenceLength: 256,
      learningRate: 2e-4,
      numEpochs: 1,
      replayRows: 2,
      replayWeight: 4,
      numPairs: 600,
      rejectedKinds: ['wrong_language', 'truncated', 'other_article'],
      lossTypes: ['sigmoid', 'sft'],
      lossWeights: [1, 0.2],
      beta: 0.1,
    },
    eval: {
      batchTokens: 4096,
      numTranslationPairs: 4,
      translationLanguages: [
        'spa_Latn',
        'fra_Latn',
        'deu_Latn',
        'ind_Latn',
        'swh_Latn',
        'tur_Latn',
        'rus_Cyrl',
        'cmn_Hans',
      ],
      translationMaxNewTokens: 64,
      numClozeItems: 8,
      numPreferencePairs: 200,
      numSamples: 8,
      sampleMaxNewTokens: 48,
      benchmarks: { tasks: ['heldout'], limit: 4 },
    },
    export: { dtype: 'F32', maxShardSizeBytes: 2_000_000_000 },
  };
}
