/**
 * What a data plan is: inputs, ordered steps and how many ranks share them, in one plain object that is checked once.
 *
 * Units are in the names; shares and scores lie in [0, 1]. Languages are ISO 639-3 plus script (`swh_Latn`).
 */
import { z } from 'zod';
import { dedupSchema, documentStepSchemas, renderSchema, tokenizeSchema, writeSchema } from './step-schemas.ts';

const language = z.string().regex(/^[a-z]{3}_[A-Z][a-z]{3}$/, 'must be ISO 639-3 plus script, like "swh_Latn"');

const inputSchema = z.strictObject({
  /** file, folder (read to any depth), glob pattern, or http(s) or s3 address */
  path: z.string().min(1),
  /** where names do not say it or say it wrongly */
  format: z.enum(['warc', 'wet', 'html', 'text', 'jsonl', 'parquet', 'moses', 'tsv', 'tmx', 'translation']).optional(),
  compression: z.enum(['none', 'gzip', 'zstd']).optional(),
  /** language of documents that do not say it */
  language: language.optional(),
  textKey: z.string().optional(),
  idKey: z.string().optional(),
  languageKey: z.string().optional(),
  textUnit: z.enum(['file', 'line']).optional(),
  maxDocumentBytes: z.int().positive().optional(),
  /** a metadata field for all its documents */
  source: z.string().optional(),
  /** rows are questions, maths problems or code, and become documents that read like text */
  knowledge: z.enum(['instruction', 'maths', 'reading', 'code']).optional(),
  /** both: the input holds translation pairs */
  sourceLanguage: language.optional(),
  targetLanguage: language.optional(),
  /** what files call the languages: suffixes of Moses files, `en` in TMX and `translation`; the code without its script where absent */
  sourceTag: z.string().min(1).optional(),
  targetTag: z.string().min(1).optional(),
  /** columns of TSV files from 0 */
  sourceColumn: z.int().nonnegative().optional(),
  targetColumn: z.int().nonnegative().optional(),
  /** the target side of one Moses pair whose source side is `path`, whatever their names */
  targetPath: z.string().min(1).optional(),
});

/** A step may be written as its name alone: `- normalize`. */
const step = z.preprocess(
  (value) => (typeof value === 'string' ? { step: value } : value),
  z.discriminatedUnion('step', [...documentStepSchemas, dedupSchema, renderSchema, writeSchema, tokenizeSchema]),
);

const slurm = z.strictObject({
  partition: z.string().optional(),
  account: z.string().optional(),
  qos: z.string().optional(),
  /** `D-HH:MM:SS` or minutes */
  time: z.union([z.string(), z.int().positive()]).optional(),
  cpusPerTask: z.int().positive().default(1),
  /** such as `4G` */
  memory: z.string().optional(),
  /** ranks that run at the same time */
  maxRunning: z.int().positive().optional(),
  /** shell lines before the command, such as `module load node` */
  setup: z.array(z.string()).default([]),
  /** further options of sbatch, such as `--constraint=ssd` */
  options: z.array(z.string().startsWith('--')).default([]),
});

const kubernetes = z.strictObject({
  image: z.string().default('node:24'),
  namespace: z.string().optional(),
  /** claim of the volume that holds inputs and output */
  volumeClaim: z.string().default('marco-data'),
  /** where it is mounted; the plan's paths lie below */
  mountPath: z.string().startsWith('/').default('/data'),
  cpu: z.string().default('1'),
  memory: z.string().default('2Gi'),
  /** ranks that run at the same time */
  maxRunning: z.int().positive().optional(),
  /** failures of one rank that are tried again */
  retries: z.int().nonnegative().default(3),
  /** what starts the program in the image */
  command: z.array(z.string()).min(1).default(['npx', '--yes', '@marco-ts/pipeline']),
});

/** The zod schema of a plan, which `marco data` and editors check plans by. */
export const dataPlanSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, ".", "_" or "-"'),
  inputs: z.array(inputSchema).min(1),
  /** run directory: everything that is written lies in it */
  output: z.string().min(1),
  /** ranks of each stage; any number gives the same output */
  worldSize: z.int().positive().default(4),
  /** what cannot be read is counted and left out, or stops the stage */
  faults: z.enum(['skip', 'stop']).default('skip'),
  /** write dropped documents, with their reasons, beside the kept ones */
  keepDropped: z.boolean().default(false),
  /** by language, or `default` for all: what differs from the published thresholds, as in `{ swh_Latn: { gopherQuality: { minWords: 20 } } }` */
  thresholds: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  steps: z.array(step).min(1),
  slurm: slurm.prefault({}),
  kubernetes: kubernetes.prefault({}),
});

/** A checked plan, defaults filled in. */
export type DataPlan = z.output<typeof dataPlanSchema>;
/** What a plan written in TypeScript returns. */
export type DataPlanInput = z.input<typeof dataPlanSchema>;
export type PlannedInput = DataPlan['inputs'][number];
/** Whether an input holds translation pairs. */
export const isPairInput = ({ sourceLanguage }: Pick<PlannedInput, 'sourceLanguage'>): boolean =>
  sourceLanguage !== undefined;
export type PlannedStep = DataPlan['steps'][number];
export type SlurmOptions = DataPlan['slurm'];
export type KubernetesOptions = DataPlan['kubernetes'];
