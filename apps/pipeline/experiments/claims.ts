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

const TOTAL_TOKENS = 400_000;
const PEAK = 4e-3;
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
    },
    pretrain,
    sft: null,
    preference: null,
    eval: {
      translationLanguages: ['spa_Latn', 'deu_Latn', 'ind_Latn', 'rus_Cyrl'],
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
          settings: onNews(newsDirectory, {
            stages: MARCO_STAGES.map(({ numTokens, learningRateRatio, shares }, index) =>
              stage(
                `stage-${index + 1}`,
                Math.round((TOTAL_TOKENS * numTokens) / numPaperTokens),
                PEAK * learningRateRatio,
                shares,
              ),
            ),
          }),
        },
        {
          name: 'one stage',
          settings: onNews(newsDirectory, { stages: [stage('stage-1', TOTAL_TOKENS, PEAK, meanShares)] }),
        },
      ],
      measures: [...tierMeasures('last'), chrf('last')],
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
      variants: [2e-4, 1e-3, 4e-3, 1.2e-2].map((learningRate) => ({
        name: `rate ${learningRate}`,
        settings: onNews(newsDirectory, {
          stages: [
            stage('base', TOTAL_TOKENS / 2, PEAK, { ...noShares, english: 0.65, chinese: 0.35 }),
            stage('adapt', TOTAL_TOKENS / 2, learningRate, MARCO_STAGES[0]!.shares),
          ],
        }),
      })),
      measures: tierMeasures('adapt', 'base').map((measure) => ({ ...measure, name: `${measure.name}, change` })),
      charted: ['bits per byte, english, change', 'bits per byte, low, change'],
    },
    {
      name: 'equal-share',
      question: 'equal shares within a tier against shares by size (alpha 1) and by temperature (alpha 0.3)',
      variants: [0, 0.3, 1].map((temperatureAlpha) => ({
        name: temperatureAlpha === 0 ? 'equal' : `alpha ${temperatureAlpha}`,
        settings: onNews(newsDirectory, {
          temperatureAlpha,
          stages: [stage('stage-1', TOTAL_TOKENS, PEAK, meanShares)],
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
