/**
 * What `marco align` does, as one plain object: where rows come from, how answers are judged, and how the model is trained on the pairs.
 */
import { z } from 'zod';
import { BACKEND_NAMES } from '../../config/recipe-schema.ts';
import { datasetSourceSchema } from '../../config/schema/dataset-source-schema.ts';
import { loraSchema, trainingOptions } from '../../config/schema/training-options.ts';

const count = z.int().positive();
const fraction = z.number().min(0).max(1);

/** `kto` takes rows with a label, all others pairs. */
export const ALIGN_LOSSES = ['sigmoid', 'ipo', 'hinge', 'robust', 'simpo', 'orpo', 'sft', 'kto'] as const;

/** Functions that can judge an answer; the value is their weight. */
export const REWARD_NAMES = ['language_consistency', 'reference', 'length'] as const;

/** A chat model behind an OpenAI-compatible server. */
const chatServer = z.strictObject({
  /** such as `http://127.0.0.1:8080/v1` */
  url: z.url(),
  model: z.string().min(1),
  /** environment variable that holds the key */
  keyVariable: z.string().min(1).optional(),
});
export type ChatServer = z.output<typeof chatServer>;

export const alignRecipeSchema = z
  .strictObject({
    name: z.string().min(1),
    seed: z.int().nonnegative(),
    backend: z.strictObject({ prefer: z.array(z.enum(BACKEND_NAMES)).min(1), numThreads: count.optional() }),
    /** a Hugging Face model directory with its tokenizer */
    model: z.string().min(1),
    /** `prompts` are answered and judged in every round; `preferences` are given pairs or labels, for one round */
    rows: datasetSourceSchema.extend({ kind: z.enum(['prompts', 'preferences']) }),
    numRounds: count,
    sampling: z.strictObject({
      /** answers per prompt */
      numAnswers: z.int().min(2),
      maxNewTokens: count,
      temperature: z.number().positive(),
      topP: fraction.optional(),
      /** the prompt's own answer competes too */
      includeReference: z.boolean(),
      /** answers come from this server in place of the model */
      server: chatServer.optional(),
    }),
    /** this server's model judges, in place of the rewards */
    judge: chatServer.optional(),
    rewards: z.partialRecord(z.enum(REWARD_NAMES), z.number().nonnegative()),
    /** smallest difference of rewards that makes a pair */
    minMargin: z.number().nonnegative(),
    /** what `training.evaluateEverySteps` measures: preferences of a set like `rows`, or those of a share of the prompts, which is not trained on */
    validation: z
      .union([
        z.strictObject({ rows: datasetSourceSchema, share: z.undefined().optional() }),
        z.strictObject({ share: fraction.gt(0).lt(1), rows: z.undefined().optional() }),
      ])
      .optional(),
    training: z.strictObject({
      lossTypes: z.array(z.enum(ALIGN_LOSSES)).min(1),
      lossWeights: z.array(z.number().nonnegative()).optional(),
      beta: z.number().positive(),
      lora: loraSchema.optional(),
      evaluateEverySteps: trainingOptions.evaluateEverySteps,
      watch: trainingOptions.watch,
      learningRate: z.number().positive().max(1),
      numEpochs: count,
      sequenceLength: count,
      microBatchSize: count,
      gradAccumSteps: count,
      adamBeta1: fraction,
      adamBeta2: fraction,
      adamEpsilon: z.number().positive(),
      weightDecay: z.number().nonnegative(),
      maxGradNorm: z.number().positive(),
      warmupRatio: fraction,
      minLearningRateRatio: fraction,
      logEverySteps: count,
      checkpointEverySteps: count,
      keepLastCheckpoints: count,
      recompute: z.boolean(),
    }),
  })
  .refine(({ rows, numRounds }) => rows.kind === 'prompts' || numRounds === 1, {
    path: ['numRounds'],
    message: 'given preferences serve one round',
  })
  .refine(({ validation, training }) => (validation === undefined) === (training.evaluateEverySteps === undefined), {
    path: ['validation'],
    message:
      'takes preferences (--validation or --validation-share) and how often (--evaluate-every-steps); give both or none',
  })
  .refine(({ training }) => training.watch === undefined || training.evaluateEverySteps !== undefined, {
    path: ['training', 'watch'],
    message: 'watches what is measured; say every how many steps with --evaluate-every-steps',
  })
  .refine(({ training }) => !training.lossTypes.includes('kto') || training.lossTypes.length === 1, {
    path: ['training', 'lossTypes'],
    message: 'kto stands alone',
  })
  .refine(({ rows, training }) => rows.kind === 'preferences' || !training.lossTypes.includes('kto'), {
    path: ['training', 'lossTypes'],
    message: 'kto takes rows with a label, not prompts',
  });

export type AlignRecipe = z.output<typeof alignRecipeSchema>;
