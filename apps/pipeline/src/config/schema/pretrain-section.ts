/**
 * Continual pretraining: stages, and what each mixes.
 */
import { z } from 'zod';
import { LANGUAGE_TIERS } from './data-section.ts';
import { count, learningRate, name, positive, ratio } from './fields.ts';
import { optimization } from './optimization.ts';

/** What a pretraining stage mixes: the tiers, and the three sources that are not a tier. */
export const MIXTURE_SOURCES = [...LANGUAGE_TIERS, 'parallel', 'knowledge', 'synthetic'] as const;

/** One of `MIXTURE_SOURCES`. */
export type MixtureSource = (typeof MIXTURE_SOURCES)[number];

const shares = z
  .strictObject({
    english: ratio,
    chinese: ratio,
    /** high-resource languages besides English and Chinese */
    high: ratio,
    /** low-resource languages */
    low: ratio,
    /** translation pairs in templates; a source that has no text gives its share to the others in proportion */
    parallel: ratio,
    /** STEM, mathematics, code and question answering */
    knowledge: ratio,
    synthetic: ratio,
  })
  .refine((value) => Math.abs(Object.values(value).reduce<number>((sum, share) => sum + share, 0) - 1) < 1e-6, {
    message: 'shares must add up to 1',
  });

const pretrainStage = z.strictObject({
  name,
  numTokens: count,
  learningRate,
  /** share of the stage's tokens per source; adds up to 1 */
  shares,
});

/** `pretrain` of a recipe. */
export const pretrainSection = z.strictObject({
  ...optimization,
  /** how often a source may be repeated within a stage; the paper's is 1, and a plan that needs more is refused */
  maxEpochs: positive,
  /** a language's share within its tier follows its tokens to this power: 1 is by size, 0 equal, which is the paper's and the default */
  temperatureAlpha: ratio.optional(),
  /** of each language for `evaluateEverySteps`, of this and of the later sections: documents, and there conversations of each task and pairs too */
  numValidationDocuments: count,
  /** a later stage warms up again (rewarm, default), or goes on where the one before ends, with its moments (continue) */
  stageTransition: z.enum(['rewarm', 'continue']).optional(),
  stages: z.array(pretrainStage).min(1),
});
