/**
 * The paper's two stages of continual pretraining: shares of the mixture, tokens and learning rate.
 *
 * Source: Marco-LLM, arXiv:2412.04003, tables 2 and 3. The 0.474% and 3.75% per language follow from equal shares within a tier, which the
 * paper's table 1 shows to its printed precision.
 * Units: shares of the stage's tokens, summing to 1; tokens; learning rate as the paper's for 7B and 72B models.
 */
import { type LanguageTier, MARCO_LANGUAGES } from '../languages/marco-languages.ts';

/** Kinds of source a share is given to: the four language tiers, and the three other kinds of data. */
export type MixtureTier = LanguageTier | 'parallel' | 'knowledge' | 'synthetic';

/** The share of each tier, summing to 1. */
export type TierShares = Readonly<Record<MixtureTier, number>>;

/** One stage of the paper's continual pretraining. */
export interface MarcoStage {
  readonly name: 'stage1' | 'stage2';
  readonly shares: TierShares;
  readonly numTokens: number;
  readonly maxLearningRate: number;
  /** Relative to stage 1: what a small model from random weights keeps of the learning rate. */
  readonly learningRateRatio: number;
}

/** Both stages as the paper has them. */
export const MARCO_STAGES: readonly [MarcoStage, MarcoStage] = [
  {
    name: 'stage1',
    shares: { english: 0.32, chinese: 0.17, high: 0.3, low: 0.09, parallel: 0.06, knowledge: 0.05, synthetic: 0.01 },
    numTokens: 160e9,
    maxLearningRate: 1e-5,
    learningRateRatio: 1,
  },
  {
    name: 'stage2',
    shares: { english: 0.28, chinese: 0.15, high: 0.26, low: 0.15, parallel: 0.08, knowledge: 0.06, synthetic: 0.02 },
    numTokens: 140e9,
    maxLearningRate: 6e-6,
    learningRateRatio: 0.6,
  },
];

const NUM_PAPER_LANGUAGES: Readonly<Record<LanguageTier, number>> = {
  english: 1,
  chinese: 1,
  high: MARCO_LANGUAGES.filter(({ tier }) => tier === 'high').length,
  low: MARCO_LANGUAGES.filter(({ tier }) => tier === 'low').length,
};

/** @returns the share of one language of a tier, of the paper's number of languages in it */
export function paperLanguageShare(stage: MarcoStage, tier: LanguageTier): number {
  return stage.shares[tier] / NUM_PAPER_LANGUAGES[tier];
}
