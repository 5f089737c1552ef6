/**
 * Runs stages in order into one run directory: skips what is up to date, goes on where it stopped, and leaves nothing half-written
 * that could be taken for done.
 *
 * A stage fills `<NN>-<name>.partial`, its manifest is written there last, and only then the directory gets its final name.
 */
import { appendFile, mkdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readManifest, type StageManifest, writeFileAtomic, writeManifest } from '@marco-ts/checkpoint';
import { BadInputError, InterruptedError, StageFailedError, type StopSignal } from '../errors.ts';
import { formatBytes } from '../format/format-quantity.ts';
import { measurePeakMemory } from './measure-peak-memory.ts';
import { type PlannedStage, planRun, UNFINISHED_FILE, withDamagedStages } from './plan-run.ts';
import { losesWork, requireNothingLost } from './require-nothing-lost.ts';
import { checkRunDirectory, openRunDirectory } from './run-directory.ts';
import { acquireRunLock } from './run-lock.ts';
import type { RunRecipe, Stage, StageCounts, StageProgress } from './stage.ts';
import {
  listStageEntries,
  PARTIAL_SUFFIX,
  REPLACED_SUFFIX,
  renumberStages,
  stageDirectoryName,
} from './stage-directories.ts';
import { listStageFiles, readStageManifest } from './stage-files.ts';
import { stageSeed } from './stage-seed.ts';

/** What the runner tells while it works; the console draws it. */
export interface RunObserver {
  /** Before the first stage, with what will be done about each. */
  onPlan?(planned: readonly PlannedStage<RunRecipe>[]): void;
  /** When a stage begins. */
  onStageStart?(planned: PlannedStage<RunRecipe>): void;
  /** When a stage has its final directory. */
  onStageEnd?(planned: PlannedStage<RunRecipe>, manifest: StageManifest): void;
  /** With every line of the log. */
  onLog?(message: string): void;
  progress?: StageProgress;
}

/** Where the stages of a run lie, and which of them ran. */
export interface RunOutcome<R extends RunRecipe> {
  readonly directory: string;
  readonly stages: readonly {
    readonly planned: PlannedStage<R>;
    readonly directory: string;
    readonly manifest: StageManifest;
  }[];
  /** names of the stages that ran now; empty when everything was up to date */
  readonly ran: readonly string[];
}

const NO_PROGRESS: StageProgress = { start() {}, advance() {}, set() {} };
const LOG_FILE = 'run.log';

/**
 * @param options.source what the recipe was read from, for `recipe.json`
 * @param options.discardUnfinished whether what a half-done stage has saved may be deleted, where what it began from changed; default false
 * @param options.verify which finished stages' files are read and held against their checksums; default those that a stage builds on
 * @param options.signal its `reason` is an `InterruptedError`; any other reason counts as SIGINT
 * @throws BadInputError when the directory is in use or holds something else, or when a half-done stage would lose what it saved
 * @throws InterruptedError when the signal stopped it; the same call goes on where it stopped
 * @throws StageFailedError when a stage threw; finished stages are kept
 */
export async function runStages<R extends RunRecipe>(options: {
  stages: readonly Stage<R>[];
  recipe: R;
  source: string;
  directory: string;
  codeVersion: string;
  discardUnfinished?: boolean;
  verify?: 'inputs' | 'all';
  signal?: AbortSignal;
  observer?: RunObserver;
}): Promise<RunOutcome<R>> {
  const { stages, recipe, directory, codeVersion } = options;
  const observer = options.observer ?? {};
  const signal = options.signal ?? new AbortController().signal;
  try {
    await checkRunDirectory(directory, recipe);
    await mkdir(directory, { recursive: true });
    const lock = await acquireRunLock(directory);
    try {
      await repairDirectory(directory);
      const names = stages.map((stage, index) => stageDirectoryName(index, stage.name));
      const renumbered = await renumberStages(directory, names);
      const planned = await withDamagedStages(
        await planRun({ stages, recipe, directory, codeVersion }),
        directory,
        options.verify ?? 'inputs',
      );
      if (options.discardUnfinished !== true) requireNothingLost(planned, directory);
      await openRunDirectory(directory, recipe, options.source);
      const log = (message: string): Promise<void> => {
        observer.onLog?.(message);
        return appendFile(join(directory, LOG_FILE), `${new Date().toISOString()} ${message}\n`).catch(() => undefined);
      };
      if (lock.tookOverFrom !== null) {
        await log(`took over the lock of process ${lock.tookOverFrom.pid}, which no longer runs`);
      }
      for (const line of renumbered) await log(line);
      observer.onPlan?.(planned as unknown as readonly PlannedStage<RunRecipe>[]);
      const ran: string[] = [];
      for (const entry of planned) {
        if (signal.aborted) throw new InterruptedError(stopSignalOf(signal), entry.stage.name);
        if (entry.status === 'up-to-date') continue;
        await runStage({ entry, planned, recipe, directory, signal, observer, log });
        ran.push(entry.stage.name);
      }
      const finished = await Promise.all(
        planned.map(async (entry) => {
          const path = join(directory, entry.directoryName);
          return { planned: entry, directory: path, manifest: (await readManifest(path))! };
        }),
      );
      return { directory, stages: finished, ran };
    } finally {
      lock.release();
    }
  } catch (error) {
    throw await explainDiskError(error, directory);
  }
}

async function runStage<R extends RunRecipe>(options: {
  entry: PlannedStage<R>;
  planned: readonly PlannedStage<R>[];
  recipe: R;
  directory: string;
  signal: AbortSignal;
  observer: RunObserver;
  log: (message: string) => Promise<void>;
}): Promise<void> {
  const { entry, recipe, directory, signal, observer } = options;
  const { stage } = entry;
  const path = join(directory, entry.directoryName);
  const partial = `${path}${PARTIAL_SUFFIX}`;
  if (losesWork(entry)) await options.log(`stage ${stage.name}: deletes ${entry.wouldDelete}, as it was asked to`);
  if (entry.status === 'run') await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const before = entry.status === 'resume' ? await readSpent(partial) : 0;
  const begunAt = new Date().toISOString();
  const startedAt = performance.now();
  const spent = (): number => before + (performance.now() - startedAt) / 1000;
  const recordUnfinished = (): Promise<void> =>
    writeFileAtomic(
      join(partial, UNFINISHED_FILE),
      JSON.stringify({
        key: entry.key,
        config: entry.config,
        versions: entry.versions,
        inputs: entry.inputKeys,
        seconds: spent(),
      }),
    );
  await recordUnfinished();
  observer.onStageStart?.(entry as unknown as PlannedStage<RunRecipe>);
  await options.log(`stage ${stage.name}: ${entry.reason}`);
  const endMeasurement = measurePeakMemory();
  const pendingLogs: Promise<void>[] = [];
  let counts: StageCounts;
  try {
    counts = await stage.run({
      directory: partial,
      inputs: Object.fromEntries(
        stage.dependsOn.map((name) => [
          name,
          join(directory, options.planned.find((other) => other.stage.name === name)!.directoryName),
        ]),
      ),
      recipe,
      signal,
      progress: observer.progress ?? NO_PROGRESS,
      log: (message) => void pendingLogs.push(options.log(message)),
      seed: stageSeed(recipe.seed, stage.name),
    });
    if (signal.aborted) throw signal.reason;
  } catch (error) {
    endMeasurement();
    await Promise.all(pendingLogs);
    const explained = await explainDiskError(error, directory);
    const keep = stage.resumesFrom !== undefined;
    if (keep) await recordUnfinished().catch(() => undefined);
    else await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    if (signal.aborted) {
      await options.log(
        `stage ${stage.name}: stopped by ${stopSignalOf(signal)}${keep ? ', what it did is saved' : ''}`,
      );
      throw new InterruptedError(stopSignalOf(signal), stage.name);
    }
    const message = explained instanceof Error ? explained.message : String(explained);
    await options.log(`stage ${stage.name}: failed: ${message}`);
    throw new StageFailedError(stage.name, `stage ${stage.name} failed: ${message}`, explained);
  }
  await Promise.all(pendingLogs);
  const { [UNFINISHED_FILE]: _, ...files } = await listStageFiles(partial);
  const manifest: StageManifest = {
    stage: stage.name,
    inputs: entry.inputKeys,
    config: entry.config,
    versions: entry.versions,
    counts,
    seconds: spent(),
    startedAt: begunAt,
    hash: entry.key,
    notes: {
      peakRssBytes: endMeasurement(),
      finishedAt: new Date().toISOString(),
      node: process.version,
      files,
    },
  };
  await writeManifest(partial, manifest);
  await finishDirectory(partial, path);
  await options.log(`stage ${stage.name}: done in ${manifest.seconds.toFixed(1)} s`);
  observer.onStageEnd?.(entry as unknown as PlannedStage<RunRecipe>, manifest);
}

/** Gives a complete partial directory its final name; killed anywhere in between, the next run finds it whole and ends this. */
async function finishDirectory(partial: string, path: string): Promise<void> {
  const old = `${path}${REPLACED_SUFFIX}`;
  await rm(join(partial, UNFINISHED_FILE), { force: true });
  await rm(old, { recursive: true, force: true });
  await rename(path, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(partial, path);
  await rm(old, { recursive: true, force: true });
}

/** Ends what a killed run had begun: complete directories get their final name, replaced ones are removed. */
async function repairDirectory(directory: string): Promise<void> {
  for (const { entry, suffix } of await listStageEntries(directory)) {
    const path = join(directory, entry);
    if (suffix === REPLACED_SUFFIX) await rm(path, { recursive: true, force: true });
    if (suffix !== PARTIAL_SUFFIX || (await readStageManifest(path)) === null) continue;
    await finishDirectory(path, path.slice(0, -PARTIAL_SUFFIX.length));
  }
}

async function readSpent(partial: string): Promise<number> {
  const record = JSON.parse(await readFile(join(partial, UNFINISHED_FILE), 'utf8')) as { seconds?: number };
  return record.seconds ?? 0;
}

function stopSignalOf(signal: AbortSignal): StopSignal {
  return signal.reason instanceof InterruptedError ? signal.reason.stopSignal : 'SIGINT';
}

/** Turns a bare file-system error into one that says what to do; any other error is returned as it is. */
async function explainDiskError(error: unknown, directory: string): Promise<unknown> {
  if (!(error instanceof Error) || error.message.startsWith('[@marco-ts/')) return error;
  if (error instanceof StageFailedError || error instanceof InterruptedError) return error;
  const { code, path, message } = error as NodeJS.ErrnoException;
  const where = path ?? directory;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const free = await statfs(directory).then(
      (info) => `${formatBytes(info.bavail * info.bsize)} free`,
      () => 'unknown space free',
    );
    return new Error(
      `[@marco-ts/pipeline] runStages: the disk must have room, got a full one (${code}, ${free}) at ${where}. Free some space and run the same command again: finished stages are kept.`,
      { cause: error },
    );
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new BadInputError(
      `[@marco-ts/pipeline] runStages: files must be readable and the run directory writable, got ${code} at ${where}. Change the rights of ${basename(where)} or choose another directory with --output.`,
      { cause: error },
    );
  }
  if (code === 'ENOENT' && (error as NodeJS.ErrnoException).syscall === 'mkdir') {
    return new BadInputError(
      `[@marco-ts/pipeline] runStages: the run directory must be one that can be made, got ${code} at ${where}. Is its disk there and writable? Choose another directory with --output.`,
      { cause: error },
    );
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return new BadInputError(
      `[@marco-ts/pipeline] runStages: a directory must not lie under a file, got ${code} (${message}) at ${where}. Choose another directory with --output.`,
      { cause: error },
    );
  }
  return error;
}
