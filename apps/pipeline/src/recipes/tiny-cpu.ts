/**
 * `tiny-cpu`: the whole recipe at toy size, on the Universal Declaration of Human Rights, for two CPU cores.
 *
 * Source: the tiers, mixture shares, token ratio 160:140 and learning-rate ratio 1 : 0.6 are the paper's (arXiv:2412.04003, tables 1
 * to 3). There is no knowledge or synthetic text here, so their shares go to the parallel text; the sizes and learning rates are
 * those of a toy from random init.
 */
import type { Recipe } from '../config/recipe-schema.ts';

const optimization = {
  sequenceLength: 256,
  microBatchSize: 8,
  gradAccumSteps: 1,
  adamBeta1: 0.9,
  adamBeta2: 0.95,
  adamEpsilon: 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 1,
  warmupRatio: 0.05,
  minLearningRateRatio: 0.1,
  logEverySteps: 5,
  checkpointEverySteps: 100,
  keepLastCheckpoints: 1,
};

const learningRate = 3e-3;
const numPretrainTokens = 3_000_000;

export function tinyCpu(): Recipe {
  return {
    name: 'tiny-cpu',
    seed: 20241204,
    backend: { prefer: ['node-gpu', 'webgpu', 'node', 'wasm'] },
    data: {
      source: { kind: 'udhr' },
      tiers: {
        english: ['eng_Latn'],
        chinese: ['cmn_Hans'],
        otherHighResource: [
          'arb_Arab',
          'deu_Latn',
          'spa_Latn',
          'fra_Latn',
          'kor_Hang',
          'jpn_Jpan',
          'por_Latn',
          'tur_Latn',
        ],
        lowResource: [
          ...[
            'ben_Beng',
            'heb_Hebr',
            'ind_Latn',
            'ita_Latn',
            'zsm_Latn',
            'nld_Latn',
            'pol_Latn',
            'rus_Cyrl',
            'tha_Thai',
          ],
          ...[
            'ukr_Cyrl',
            'urd_Arab',
            'vie_Latn',
            'ces_Latn',
            'ell_Grek',
            'hun_Latn',
            'kaz_Cyrl',
            'ron_Latn',
            'azj_Latn',
            'npi_Deva',
          ],
        ],
        extraLowResource: [
          ...[
            'swh_Latn',
            'yor_Latn',
            'hau_Latn',
            'ibo_Latn',
            'zul_Latn',
            'amh_Ethi',
            'som_Latn',
            'kin_Latn',
            'gle_Latn',
            'cym_Latn',
          ],
          ...['eus_Latn', 'khm_Khmr', 'lao_Laoo', 'mya_Mymr', 'sin_Sinh', 'quy_Latn'],
        ],
      },
      filters: {
        minLanguageProbability: 0.5,
        minNumCharacters: 40,
        maxNumCharacters: 20_000,
        maxPunctuationShare: 0.2,
        maxSymbolShare: 0.1,
        maxDigitShare: 0.2,
        maxDuplicateLineShare: 0.3,
      },
      deduplication: { ngramSize: 5, numBuckets: 14, hashesPerBucket: 8, minSimilarity: 0.8 },
      split: { validationArticles: [9, 18, 25], testArticles: [7, 16, 28] },
      parallel: { pivotLanguages: ['eng_Latn'], maxLengthRatio: 3, maxNumCharacters: 400 },
    },
    tokenizer: { vocabSize: 4096, minFrequency: 2 },
    model: {
      hiddenSize: 128,
      numHiddenLayers: 4,
      numAttentionHeads: 4,
      numKeyValueHeads: 2,
      intermediateSize: 384,
      maxPositionEmbeddings: 512,
      rmsNormEps: 1e-6,
      ropeTheta: 1_000_000,
      tieWordEmbeddings: true,
      initializerRange: 0.02,
    },
    pretrain: {
      ...optimization,
      maxEpochs: 40,
      stages: [
        {
          name: 'stage-1',
          numTokens: Math.round((numPretrainTokens * 160) / 300),
          learningRate,
          shares: {
            english: 0.32,
            chinese: 0.17,
            otherHighResource: 0.3,
            lowResource: 0.06,
            extraLowResource: 0.03,
            parallel: 0.12,
          },
        },
        {
          name: 'stage-2',
          numTokens: Math.round((numPretrainTokens * 140) / 300),
          learningRate: learningRate * 0.6,
          shares: {
            english: 0.28,
            chinese: 0.15,
            otherHighResource: 0.26,
            lowResource: 0.1,
            extraLowResource: 0.05,
            parallel: 0.16,
          },
        },
      ],
    },
    sft: {
      ...optimization,
      learningRate: 1e-3,
      numEpochs: 1,
      numTranslationExamples: 1500,
      numLanguageNamingExamples: 600,
      numContinuationExamples: 600,
    },
    preference: {
      ...optimization,
      learningRate: 1e-4,
      numEpochs: 1,
      numPairs: 800,
      rejectedKinds: ['wrong-language', 'truncated', 'other-article'],
      lossType: 'sigmoid',
      beta: 0.1,
      sftWeight: 0.2,
    },
    eval: {
      batchTokens: 4096,
      numTranslationPairs: 4,
      translationLanguages: ['spa_Latn', 'fra_Latn', 'ind_Latn', 'swh_Latn'],
      translationMaxNewTokens: 64,
      numClozeItems: 6,
      numPreferencePairs: 200,
      numSamples: 8,
      sampleMaxNewTokens: 48,
    },
    export: { dtype: 'BF16', maxShardSizeBytes: 2_000_000_000 },
  };
}
