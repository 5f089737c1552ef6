/**
 * What a run measures of its models.
 */
import { z } from 'zod';
import { count, countOrNone, languageSchema } from './fields.ts';

/** `eval` of a recipe. */
export const evalSection = z.strictObject({
  /** tokens per forward pass */
  batchTokens: count,
  /** held-out translation pairs per direction */
  numTranslationPairs: countOrNone,
  /** languages translated to and from the pivot */
  translationLanguages: z.array(languageSchema),
  translationMaxNewTokens: count,
  /** two-choice items per language, at most */
  numClozeItems: countOrNone,
  /** held-out preference pairs */
  numPreferencePairs: countOrNone,
  numSamples: countOrNone,
  sampleMaxNewTokens: count,
  /** asked of the model before training and of the last one */
  benchmarks: z
    .strictObject({
      /** tasks, groups and patterns as in `marco eval ls`; `heldout` is made of the run's own test text */
      tasks: z.array(z.string().min(1)).min(1),
      /** directory of data sets, for all tasks but `heldout` */
      data: z.string().min(1).optional(),
      /** items of each task, at most */
      limit: count,
      /** examples before each question; the tasks' own without it */
      numFewShot: countOrNone.optional(),
    })
    .optional(),
});
