/**
 * What a data plan is: inputs, ordered steps and how many ranks share them, in one plain object that is checked once.
 *
 * Units are in the names; shares and scores lie in [0, 1]. Languages are ISO 639-3 plus script (`swh_Latn`).
 */
import { z } from 'zod';
import { inputSchema } from './input-schema.ts';
import { dedupSchema, documentStepSchemas, renderSchema, tokenizeSchema, writeSchema } from './step-schemas.ts';

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
