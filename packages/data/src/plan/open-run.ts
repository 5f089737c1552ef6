/**
 * Begins a run of a plan, or goes on with it: the plan and the list of its input files are written once, and are what every rank reads.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { INPUTS_FILE } from '../stages/stage-source.ts';
import { writeFileSynced } from '../storage/write-directory-atomic.ts';
import { openRunDirectory, type RunDirectory } from '../world/run-directory.ts';
import type { Stage } from '../world/stage.ts';
import { checkDataPlan } from './check-data-plan.ts';
import { compilePlan } from './compile-plan.ts';
import type { DataPlan, PlannedInput } from './data-plan.ts';
import { listPlanInputs } from './list-plan-inputs.ts';
import type { PairScorerPlan } from './plan-pair-scorer.ts';
import { planThresholds } from './plan-thresholds.ts';

/** A plan in its run directory. */
export interface DataRun {
  readonly plan: DataPlan;
  readonly run: RunDirectory;
  readonly stages: readonly Stage[];
}

export const PLAN_FILE = 'plan.json';

const isAddress = (path: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(path);
const absolute = (path: string): string => (isAddress(path) ? path : resolve(path));

const mapValues = <Value>(record: Readonly<Record<string, Value>>, map: (value: Value) => Value) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));

const absoluteInput = ({ targetPath, ...input }: PlannedInput): PlannedInput => ({
  ...input,
  path: absolute(input.path),
  ...(targetPath === undefined ? {} : { targetPath: absolute(targetPath) }),
});

function absoluteScorer(scorer: PairScorerPlan): PairScorerPlan {
  if (scorer === 'surface') return scorer;
  if (typeof scorer === 'string') return absolute(scorer);
  if (scorer.kind === 'lexical') return { ...scorer, learnFrom: scorer.learnFrom.map(absoluteInput) };
  return scorer.apiKeyFile === undefined ? scorer : { ...scorer, apiKeyFile: absolute(scorer.apiKeyFile) };
}

/** All paths absolute: ranks may start in other directories. */
function resolvePaths(plan: DataPlan): DataPlan {
  const paths = (list: string[] | undefined) => list?.map(absolute);
  return {
    ...plan,
    output: absolute(plan.output),
    inputs: plan.inputs.map(absoluteInput),
    steps: plan.steps.map((step) => {
      if (step.step === 'tokenize') return { ...step, tokenizer: absolute(step.tokenizer) };
      if (step.step === 'identify' && step.model !== 'udhr') return { ...step, model: absolute(step.model) };
      if (step.step === 'decontaminate') return { ...step, against: step.against.map(absolute) };
      if (step.step === 'quality') return { ...step, model: absolute(step.model) };
      if (step.step === 'perplexity') return { ...step, models: mapValues(step.models, absolute) };
      if (step.step === 'parallel') {
        const { identify, scorer } = step;
        const isOwn = identify !== undefined && identify.model !== 'udhr';
        return {
          ...step,
          ...(isOwn ? { identify: { ...identify, model: absolute(identify.model) } } : {}),
          ...(scorer === undefined ? {} : { scorer: absoluteScorer(scorer) }),
        };
      }
      if (step.step === 'badWords') {
        const folder = step.folder === undefined ? {} : { folder: absolute(step.folder) };
        return { ...step, ...folder, lists: mapValues(step.lists, (list) => list.map(absolute)) };
      }
      if (step.step === 'url') {
        const lists = Object.entries(step).map(([key, value]) => [key, Array.isArray(value) ? paths(value) : value]);
        return Object.fromEntries(lists) as typeof step;
      }
      return step;
    }),
  };
}

/** What decides the output: not the number of ranks, nor where they run. */
export function planHash({
  name: _name,
  output: _output,
  worldSize: _size,
  slurm: _s,
  kubernetes: _k,
  ...deciding
}: DataPlan): string {
  return createHash('sha256').update(JSON.stringify(deciding)).digest('hex');
}

async function writeOnce(path: string, contents: string): Promise<void> {
  const temporary = `${path}.writing-${process.pid}`;
  await writeFileSynced(temporary, contents);
  await rename(temporary, path);
}

/**
 * @param given a checked plan; its relative paths count from the working directory
 * @throws Error when the output holds the run of another plan, or an input cannot be read
 */
export async function startRun(given: DataPlan): Promise<DataRun> {
  const plan = resolvePaths(given);
  planThresholds(plan);
  const run = openRunDirectory(plan.output);
  const planFile = join(run.path, PLAN_FILE);
  if (existsSync(planFile)) {
    const { plan: earlier } = await openRun(plan.output);
    if (planHash(earlier) !== planHash(plan)) {
      throw new Error(
        `[@marco-ts/data] startRun: an output must hold one plan, got the run of another one (${earlier.name}) at ${plan.output}. Choose another output, or remove it.`,
      );
    }
  } else {
    const inputs = await listPlanInputs(plan);
    await mkdir(run.path, { recursive: true });
    await writeOnce(join(run.path, INPUTS_FILE), `${JSON.stringify(inputs, null, 1)}\n`);
  }
  // Written last, so that a run that has a plan has its inputs; again, because the number of ranks may have changed.
  await writeOnce(planFile, `${JSON.stringify(plan, null, 2)}\n`);
  return { plan, run, stages: compilePlan(plan, run) };
}

/** Opens what `startRun` began. @throws Error when there is no run at `output` */
export async function openRun(output: string): Promise<DataRun> {
  const path = join(output, PLAN_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(
      `[@marco-ts/data] openRun: a run must have a ${PLAN_FILE}, got none at ${output}. Start it with its plan.`,
      {
        cause: error,
      },
    );
  }
  const checked = checkDataPlan(JSON.parse(text));
  if ('problems' in checked) {
    const list = checked.problems.map(({ path: at, message }) => `${at.join('.')}: ${message}`).join('; ');
    throw new Error(
      `[@marco-ts/data] openRun: a run's plan must fit the schema, got ${list} at ${path}. Start the plan anew.`,
    );
  }
  const run = openRunDirectory(resolve(output));
  const plan = { ...checked.plan, output: run.path };
  return { plan, run, stages: compilePlan(plan, run) };
}
