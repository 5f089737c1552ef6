/**
 * Instruction tuning and preference alignment.
 */
import { z } from 'zod';
import { datasetSourceSchema } from './dataset-source-schema.ts';
import { count, countOrNone, learningRate, positive, ratio } from './fields.ts';
import { optimization, replayRows } from './optimization.ts';

/** `sft` of a recipe. */
export const sftSection = z
  .strictObject({
    ...optimization,
    learningRate,
    numEpochs: count,
    replayRows,
    /** examples per task; built from the train split, equal per language */
    numTranslationExamples: countOrNone,
    numLanguageNamingExamples: countOrNone,
    numContinuationExamples: countOrNone,
    /** your own instruction sets: Alpaca, ShareGPT, OpenAI messages, or prompt and completion */
    datasets: z.array(datasetSourceSchema).optional(),
    /** cleaning of your own sets, in this order; what is left out is counted with its reason */
    quality: z
      .strictObject({
        /** answers must be in the language of their row */
        languageConsistency: z.boolean().optional(),
        minAnswerCharacters: count.optional(),
        maxAnswerCharacters: count.optional(),
        /** exact and near copies */
        dropDuplicates: z.boolean().optional(),
        /** loss of the answer after its instruction, over its loss without, by the model before tuning; above 1 the instruction misleads */
        maxDifficulty: positive.optional(),
        /** share of the hardest to keep of each language */
        keepHardestShare: ratio.optional(),
        /** conversations to keep of each language, the most diverse by the model's own vectors */
        keepPerLanguage: count.optional(),
      })
      .optional(),
  })
  .refine(({ replayRows, microBatchSize }) => replayRows < microBatchSize, {
    path: ['replayRows'],
    message: 'must be below microBatchSize',
  })
  .refine(
    ({ numTranslationExamples, numLanguageNamingExamples, numContinuationExamples, datasets = [] }) =>
      numTranslationExamples + numLanguageNamingExamples + numContinuationExamples + datasets.length > 0,
    {
      path: ['numTranslationExamples'],
      message: 'of the three numbers of examples one must be above 0, or datasets be named',
    },
  );

/** Kinds of rejected answers a preference pair can have; each is made without a judge. */
export const REJECTED_KINDS = ['wrong_language', 'truncated', 'other_article'] as const;

/** Losses a preference stage can add up; the first four compare with the model before the stage. */
export const PREFERENCE_LOSSES = ['sigmoid', 'ipo', 'hinge', 'robust', 'simpo', 'orpo', 'sft'] as const;

/** `preference` of a recipe. */
export const preferenceSection = z
  .strictObject({
    ...optimization,
    learningRate,
    numEpochs: count,
    /** added to the rows of the pairs */
    replayRows,
    /** weight of the replayed text's mean nll beside the preference loss */
    replayWeight: z.number().nonnegative(),
    numPairs: count,
    rejectedKinds: z.array(z.enum(REJECTED_KINDS)).min(1),
    /** losses to add up; `sft` is the language-model loss on the chosen answer */
    lossTypes: z.array(z.enum(PREFERENCE_LOSSES)).min(1),
    /** one factor per loss; without it all are 1 */
    lossWeights: z.array(z.number().nonnegative()).optional(),
    /** strength of the pull towards the reference model */
    beta: positive,
  })
  .refine(({ lossTypes, lossWeights }) => lossWeights === undefined || lossWeights.length === lossTypes.length, {
    path: ['lossWeights'],
    message: 'must have one number per loss type',
  });
