/**
 * The paper's claims that are tried at toy size: each a few variants of `tiny-cpu` that differ in one thing.
 *
 * Source: Marco-LLM, arXiv:2412.04003: two stages (table 3), the learning rate of adaptation, equal shares within a tier (table 1), preference
 * alignment. Sizes and absolute rates are a toy's.
 */
import { MARCO_STAGES } from '@marco-ts/data';
import type { ParallelSelection } from './parallel-filter.ts';
import { NEWS_TIERS } from './write-news-corpus.ts';

export interface Variant {
  readonly name: string;
  /** Laid over `tiny-cpu`, section by section; null takes a section away. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Starts from the English and Chinese model of the same seed and size in place of random weights, as the paper adapts trained models. */
  readonly isAdaptation?: true;
  /** Of the one claim that needs no pipeline: which pairs a model is trained on. */
  readonly parallel?: ParallelSelection;
}

/** One number per run, from the evaluations after each stage; `from` makes it a change. */
export interface Measure {
  readonly name: string;
  /** Key of `RunMeasures`, such as `bitsPerByte/english`. */
  readonly key: string;
  /** Stage after which it is read: a name, or `last`. */
  readonly after: string;
  /** Stage whose value is subtracted. */
  readonly from?: string;
  readonly higherIsBetter: boolean;
}

export interface Claim {
  readonly name: string;
  readonly question: string;
  readonly variants: readonly Variant[];
  readonly measures: readonly Measure[];
  /** Measure that the chart shows. */
  readonly charted: readonly string[];
}

/** Two sizes: `tiny-cpu`'s own, and half as wide. */
export const SIZES = {
  tiny: { hiddenSize: 128, intermediateSize: 384 },
  half: { hiddenSize: 64, intermediateSize: 192 },
} as const;
export type Size = keyof typeof SIZES;

const NUM_BASE_TOKENS = 200_000;
const NUM_ADAPTATION_TOKENS = 120_000;
/** Of the base model, whose weights are random before. */
const BASE_PEAK = 4e-3;
/** Of adaptation; the sweep has it in its middle. */
const PEAK = 2e-3;
const numPaperTokens = MARCO_STAGES.reduce((sum, { numTokens }) => sum + numTokens, 0);

/** News text, no tuning, and of the evaluation only what the claim needs. */
function onNews(newsDirectory: string, pretrain: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    data: {
      source: {
        kind: 'directory',
        directory: newsDirectory,
        language: 'eng_Latn',
        textField: 'text',
        groupField: 'group',
      },
      tiers: NEWS_TIERS,
      split: { testShare: 0.05 },
    },
    pretrain,
    sft: null,
    preference: null,
    // Models of this size do not translate after pretraining: chrF 1 to 2.
    eval: {
      numTranslationPairs: 0,
      numClozeItems: 0,
      numPreferencePairs: 0,
      numSamples: 0,
    },
  };
}

const meanShares = Object.fromEntries(
  Object.keys(MARCO_STAGES[0]!.shares).map((source) => [
    source,
    MARCO_STAGES.reduce(
      (sum, stage) => sum + (stage.shares[source as 'english'] * stage.numTokens) / numPaperTokens,
      0,
    ),
  ]),
);
const stage = (name: string, numTokens: number, learningRate: number, shares: unknown) => ({
  name,
  numTokens,
  learningRate,
  shares,
});
/** The whole budget at one rate in the mean of the paper's mixtures; claims that have this variant share its run. */
const oneStage = (learningRate: number) => [stage('adapt', NUM_ADAPTATION_TOKENS, learningRate, meanShares)];
const noShares = { english: 0, chinese: 0, high: 0, low: 0, parallel: 0, knowledge: 0, synthetic: 0 };

const tierMeasures = (after: string, from?: string): Measure[] =>
  ['english', 'chinese', 'high', 'low'].map((tier) => ({
    name: `bits per byte, ${tier}`,
    key: `bitsPerByte/${tier}`,
    after,
    ...(from === undefined ? {} : { from }),
    higherIsBetter: false,
  }));
const chrf = (after: string): Measure => ({ name: 'translation, chrF', key: 'chrf', after, higherIsBetter: true });

/** The model that adaptation starts from: random weights trained on English and Chinese news. */
export function baseSettings(newsDirectory: string): Variant['settings'] {
  const shares = { ...noShares, english: 0.65, chinese: 0.35 };
  return onNews(newsDirectory, { stages: [stage('base', NUM_BASE_TOKENS, BASE_PEAK, shares)] });
}

/** @param newsDirectory where `writeNewsCorpus` wrote */
export function claims(newsDirectory: string): readonly Claim[] {
  return [
    {
      name: 'alignment',
      question: 'DPO on judge-free pairs: translation quality and language consistency before and after',
      variants: [{ name: 'tiny-cpu', settings: { eval: { numClozeItems: 0, numSamples: 0 } } }],
      measures: ['sft', 'preference'].flatMap((after): Measure[] => [
        { ...chrf(after), name: `chrF after ${after}` },
        { name: `language consistency after ${after}`, key: 'languageConsistency', after, higherIsBetter: true },
        { name: `prefers the right answer after ${after}`, key: 'preferenceAccuracy', after, higherIsBetter: true },
        { name: `bits per byte, low tier, after ${after}`, key: 'bitsPerByte/low', after, higherIsBetter: false },
      ]),
      charted: [
        'language consistency after sft',
        'language consistency after preference',
        'prefers the right answer after sft',
        'prefers the right answer after preference',
      ],
    },
    {
      name: 'two-stages',
      question: 'two stages against one of the same tokens in the mean mixture',
      variants: [
        {
          name: 'two stages',
          isAdaptation: true,
          settings: onNews(newsDirectory, {
            stages: MARCO_STAGES.map(({ numTokens, learningRateRatio, shares }, index) =>
              stage(
                `stage-${index + 1}`,
                Math.round((NUM_ADAPTATION_TOKENS * numTokens) / numPaperTokens),
                PEAK * learningRateRatio,
                shares,
              ),
            ),
          }),
        },
        { name: 'one stage', isAdaptation: true, settings: onNews(newsDirectory, { stages: oneStage(PEAK) }) },
      ],
      measures: tierMeasures('last'),
      charted: tierMeasures('last').map(({ name }) => name),
    },
    {
      name: 'parallel-filter',
      question: 'filtered against raw parallel data',
      variants: (['raw', 'filtered', 'random half'] as const).map((parallel) => ({
        name: parallel,
        settings: {},
        parallel,
      })),
      measures: [
        { name: 'nats per byte of clean translations', key: 'translationNll', after: 'trained', higherIsBetter: false },
      ],
      charted: ['nats per byte of clean translations'],
    },
    {
      name: 'learning-rate',
      question: 'adaptation of an English and Chinese model: what each rate gains elsewhere and forgets there',
      variants: [PEAK / 5, PEAK, PEAK * 5].map((learningRate) => ({
        name: `rate ${learningRate}`,
        isAdaptation: true,
        settings: onNews(newsDirectory, { stages: oneStage(learningRate) }),
      })),
      measures: tierMeasures('adapt', 'model').map((measure) => ({ ...measure, name: `${measure.name}, change` })),
      charted: ['english', 'chinese', 'low'].map((tier) => `bits per byte, ${tier}, change`),
    },
    {
      name: 'equal-share',
      question: 'equal shares within a tier against shares by temperature (alpha 0.3)',
      variants: [0, 0.3].map((temperatureAlpha) => ({
        name: temperatureAlpha === 0 ? 'equal' : `alpha ${temperatureAlpha}`,
        isAdaptation: true,
        // Equal is what a recipe has without the field.
        settings: onNews(newsDirectory, {
          ...(temperatureAlpha === 0 ? {} : { temperatureAlpha }),
          stages: oneStage(PEAK),
        }),
      })),
      measures: [
        ...tierMeasures('last'),
        {
          name: 'bits per byte, 3 smallest languages',
          key: 'bitsPerByte/smallest',
          after: 'last',
          higherIsBetter: false,
        },
        {
          name: 'bits per byte, 3 largest of the low tier',
          key: 'bitsPerByte/largest',
          after: 'last',
          higherIsBetter: false,
        },
      ],
      charted: ['bits per byte, 3 smallest languages', 'bits per byte, 3 largest of the low tier'],
    },
  ];
}
