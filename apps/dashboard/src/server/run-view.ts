/**
 * Where a run stands: its stages with times, what is running, and when the rest should be done.
 *
 * The rest is estimated from what is known: a running stage by its own steps, one to come by the same stage of another run of the same recipe,
 * an evaluation by the one before it. What nothing tells about is counted, not guessed.
 */
import { hostname } from 'node:os';
import type { RunListEntry, RunView, StageView } from '../api-types.ts';
import { asNumber, asNumbers, asRecord, asText, given, type JsonRecord } from './json-shape.ts';
import { RECIPE_FILE, type RunsDirectory, type StageDirectory } from './runs-directory.ts';
import type { TrainingLog } from './training/training-log.ts';

export const TRAINING_LOG_FILE = 'training.jsonl';
const MANIFEST_FILE = 'manifest.json';
const MAX_LOG_BYTES = 4 * 2 ** 20;
const NUM_LOG_LINES = 200;

/** A stage that a recipe will run, by name and title for people. */
export interface PlannedStage {
  readonly name: string;
  readonly title?: string;
}

export interface RunViewContext {
  readonly runs: RunsDirectory;
  readonly plannedStages: (recipe: unknown) => readonly PlannedStage[];
  readonly trainingLog: (path: readonly string[]) => Promise<TrainingLog>;
}

interface Manifest {
  readonly seconds: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly notes: JsonRecord;
  readonly versions: JsonRecord;
}

export async function runListEntry(context: RunViewContext, id: string, run: readonly string[]): Promise<RunListEntry> {
  const { runs } = context;
  const record = asRecord(await runs.readJson([...run, RECIPE_FILE]));
  const directories = await runs.stages(run);
  const planned = stageNames(context, record.recipe, directories);
  return {
    id,
    name: asText(record.name) ?? id,
    ...given('startedAt', asText(record.startedAt)),
    isRunning: await isRunning(runs, run),
    numFinished: directories.filter(({ isPartial }) => !isPartial).length,
    numStages: planned.length,
  };
}

export async function runView(context: RunViewContext, id: string, run: readonly string[]): Promise<RunView> {
  const { runs } = context;
  const entry = await runListEntry(context, id, run);
  const record = asRecord(await runs.readJson([...run, RECIPE_FILE]));
  const directories = new Map((await runs.stages(run)).map((stage) => [stage.name, stage]));
  const earlier = await secondsOfOtherRuns(context, id, entry.name);
  const stages: StageView[] = [];
  let evaluationSeconds: number | undefined;
  let versions: JsonRecord = {};
  let backend: RunView['backend'];
  for (const { name, title } of stageNames(context, record.recipe, [...directories.values()])) {
    const directory = directories.get(name);
    const expected = earlier.get(name) ?? (name.startsWith('evaluate-') ? evaluationSeconds : undefined);
    const stage = await stageView(context, { name, title: title ?? name }, directory, entry.isRunning, expected);
    if (stage.status === 'finished' && name.startsWith('evaluate-')) evaluationSeconds = stage.seconds;
    stages.push(stage);
    if (directory === undefined) continue;
    versions = (await manifestOf(runs, directory))?.versions ?? versions;
    const told = asRecord(await runs.readJson([...directory.path, 'backend.json']));
    if (asText(told.name) !== undefined) backend = { name: asText(told.name)!, reason: asText(told.reason) ?? '' };
  }
  const rest = stages.filter(({ status }) => status !== 'finished');
  const known = rest.flatMap(({ etaSeconds }) => (etaSeconds === undefined ? [] : [etaSeconds]));
  const results = asRecord(await runs.readJson([...run, 'results.json']));
  return {
    ...entry,
    stages,
    elapsedSeconds: stages.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
    ...given('etaSeconds', known.length === 0 ? undefined : known.reduce((sum, seconds) => sum + seconds, 0)),
    numUnknown: rest.length - known.length,
    log: ((await runs.readText([...run, 'run.log'], MAX_LOG_BYTES)) ?? '').trimEnd().split('\n').slice(-NUM_LOG_LINES),
    caveats: Array.isArray(results.caveats) ? results.caveats.filter((one) => typeof one === 'string') : [],
    versions: Object.fromEntries(
      Object.entries(versions).flatMap(([name, version]) => (name === 'marco-ts' ? [[name, String(version)]] : [])),
    ),
    ...given('backend', backend),
  };
}

function stageNames(
  { plannedStages }: RunViewContext,
  recipe: unknown,
  directories: readonly StageDirectory[],
): readonly PlannedStage[] {
  let planned: readonly PlannedStage[] = [];
  try {
    planned = plannedStages(recipe);
  } catch {
    // a recipe of another version: what is in the directory is shown
  }
  const names = new Set(planned.map(({ name }) => name));
  return [...planned, ...directories.filter(({ name }) => !names.has(name)).map(({ name }) => ({ name }))];
}

async function stageView(
  { runs, trainingLog }: RunViewContext,
  { name, title }: { name: string; title: string },
  directory: StageDirectory | undefined,
  runIsRunning: boolean,
  expectedSeconds: number | undefined,
): Promise<StageView> {
  const waiting = { name, title, counts: {}, hasTrainingLog: false, ...given('etaSeconds', expectedSeconds) };
  if (directory === undefined) return { ...waiting, status: 'waiting' };
  const logPath = [...directory.path, TRAINING_LOG_FILE];
  const hasTrainingLog = (await runs.state(logPath)) !== undefined;
  const manifest = directory.isPartial ? undefined : await manifestOf(runs, directory);
  if (manifest !== undefined) {
    return {
      name,
      title,
      status: 'finished',
      seconds: manifest.seconds,
      counts: manifest.counts,
      ...given('peakRssBytes', asNumber(manifest.notes.peakRssBytes)),
      hasTrainingLog,
    };
  }
  const status = runIsRunning ? 'running' : 'stopped';
  const state = await runs.state(directory.path);
  const seconds = state && (runIsRunning ? Date.now() - state.createdMs : state.modifiedMs - state.createdMs) / 1000;
  if (!hasTrainingLog) {
    const left = expectedSeconds === undefined ? undefined : Math.max(0, expectedSeconds - (seconds ?? 0));
    return { ...waiting, status, ...given('seconds', seconds), ...given('etaSeconds', left) };
  }
  const log = await trainingLog(logPath);
  const left = log.stepMs === undefined ? expectedSeconds : ((log.numSteps - log.step) * log.stepMs) / 1000;
  return {
    ...waiting,
    status,
    hasTrainingLog,
    step: log.step,
    numSteps: log.numSteps,
    ...given('seconds', seconds),
    ...given('etaSeconds', left),
  };
}

async function manifestOf(runs: RunsDirectory, directory: StageDirectory): Promise<Manifest | undefined> {
  const manifest = asRecord(await runs.readJson([...directory.path, MANIFEST_FILE]));
  const seconds = asNumber(manifest.seconds);
  if (seconds === undefined) return undefined;
  return {
    seconds,
    counts: asNumbers(manifest.counts),
    notes: asRecord(manifest.notes),
    versions: asRecord(manifest.versions),
  };
}

async function secondsOfOtherRuns(
  { runs }: RunViewContext,
  id: string,
  recipeName: string,
): Promise<ReadonlyMap<string, number>> {
  const seconds = new Map<string, number>();
  for (const other of await runs.runs()) {
    if (other === id) continue;
    const run = await runs.findRun(other);
    if (run === undefined || asRecord(await runs.readJson([...run, RECIPE_FILE])).name !== recipeName) continue;
    for (const stage of await runs.stages(run)) {
      const manifest = stage.isPartial ? undefined : await manifestOf(runs, stage);
      if (manifest !== undefined) seconds.set(stage.name, manifest.seconds);
    }
  }
  return seconds;
}

/** By the lock file: its process must be alive; of another machine's nothing better is known than that the lock is there. */
async function isRunning(runs: RunsDirectory, run: readonly string[]): Promise<boolean> {
  const lock = asRecord(await runs.readJson([...run, 'run.lock']));
  const pid = asNumber(lock.pid);
  if (pid === undefined || !Number.isInteger(pid) || pid <= 0) return false;
  if (lock.host !== hostname()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
