/**
 * Decides, before anything runs, which stages are up to date, which run and why.
 *
 * A stage's key is the hash of its config, its version, the code version and the keys of its inputs. Stages are deterministic, so a
 * finished directory with the same key has the same contents and is not made again, unless files of it are gone or damaged.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type JsonObject, type StageManifest, stageHash } from '@marco-ts/checkpoint';
import { describeChanges } from '../config/describe-changes.ts';
import type { RunRecipe, Stage } from './stage.ts';
import { findStageEntry, listStageEntries, PARTIAL_SUFFIX, stageDirectoryName } from './stage-directories.ts';
import { findDamage, readStageManifest } from './stage-files.ts';

/** A stage and what will be done about it. */
export interface PlannedStage<R extends RunRecipe> {
  readonly stage: Stage<R>;
  /** `<NN>-<name>` */
  readonly directoryName: string;
  readonly key: string;
  readonly inputKeys: Readonly<Record<string, string>>;
  readonly config: JsonObject;
  readonly versions: Readonly<Record<string, string>>;
  readonly status: 'up-to-date' | 'resume' | 'run';
  /** why it runs, in words; empty when it is up to date */
  readonly reason: string;
  /** path from the run directory of what was saved by an unfinished attempt that cannot go on: running the stage deletes it */
  readonly wouldDelete?: string;
}

/** What an unfinished directory was being made from; written into it when a stage begins. */
export const UNFINISHED_FILE = 'unfinished.json';

/** @throws Error when a stage names an input that does not come before it, or two stages share a name */
export async function planRun<R extends RunRecipe>(options: {
  stages: readonly Stage<R>[];
  recipe: R;
  directory: string;
  codeVersion: string;
}): Promise<PlannedStage<R>[]> {
  const planned = new Map<string, PlannedStage<R>>();
  const entries = await listStageEntries(options.directory);
  for (const [index, stage] of options.stages.entries()) {
    if (planned.has(stage.name)) {
      throw new Error(`[@marco-ts/pipeline] planRun: stage names must differ, got ${stage.name} twice.`);
    }
    const inputKeys: Record<string, string> = {};
    for (const input of stage.dependsOn) {
      const source = planned.get(input);
      if (source === undefined) {
        throw new Error(
          `[@marco-ts/pipeline] planRun: inputs must be earlier stages, got ${input} as input of ${stage.name}. Stages so far: ${[...planned.keys()].join(', ') || 'none'}.`,
        );
      }
      inputKeys[input] = source.key;
    }
    const config = JSON.parse(JSON.stringify(stage.config(options.recipe))) as JsonObject;
    const versions = { 'marco-ts': options.codeVersion, [stage.name]: String(stage.version ?? 1) };
    const key = stageHash({ stage: stage.name, inputs: inputKeys, config, versions });
    const directoryName = stageDirectoryName(index, stage.name);
    const path = join(options.directory, findStageEntry(entries, directoryName, ''));
    const partial = join(options.directory, findStageEntry(entries, directoryName, PARTIAL_SUFFIX));
    const manifest = await readStageManifest(path);
    const unfinished = stage.resumesFrom === undefined ? undefined : await readUnfinished(partial);
    const saved = stage.resumesFrom && join(partial, stage.resumesFrom);
    const isLost = saved !== undefined && unfinished?.key !== key && (await hasContents(saved));
    const lost = isLost ? { wouldDelete: relative(options.directory, saved) } : {};
    const entry = { stage, directoryName, key, inputKeys, config, versions, ...lost };
    const damage = manifest?.hash === key ? await findDamage(path, manifest.notes?.files, 'sizes') : undefined;
    if (manifest?.hash === key && damage === undefined) {
      planned.set(stage.name, { ...entry, status: 'up-to-date', reason: '' });
      continue;
    }
    if (unfinished?.key === key) {
      planned.set(stage.name, { ...entry, status: 'resume', reason: 'goes on where it stopped' });
      continue;
    }
    planned.set(stage.name, { ...entry, status: 'run', reason: reasonToRun() });

    function reasonToRun(): string {
      const begun = unfinished && whatChanged(unfinished);
      if (begun !== undefined) return `begins anew, what is unfinished cannot go on: ${begun}`;
      if (isLost) return 'begins anew, what the unfinished stage began from is not recorded';
      if (manifest === null)
        return existsSync(path) ? 'its directory has no manifest that can be read: it is not finished' : 'not run yet';
      return damage ?? whatChanged(manifest) ?? 'its inputs changed';
    }

    function whatChanged(before: Partial<Pick<StageManifest, 'config' | 'versions' | 'inputs'>>): string | undefined {
      const changes = before.config === undefined ? [] : describeChanges(before.config, config);
      if (changes.length > 0) return `config changed: ${changes.join('; ')}`;
      const { versions: old = versions, inputs: oldInputs = inputKeys } = before;
      const outdated = Object.entries(versions).find(([name, version]) => old[name] !== version);
      if (outdated !== undefined) {
        return `the version of ${outdated[0]} changed: ${old[outdated[0]] ?? 'unknown'} -> ${outdated[1]}`;
      }
      const inputs = stage.dependsOn.filter((name) => oldInputs[name] !== inputKeys[name]);
      return inputs.length > 0 ? `its input changed: ${inputs.join(', ')}` : undefined;
    }
  }
  return [...planned.values()];
}

/**
 * Reads the files of finished stages again, and plans those anew that are damaged.
 *
 * @param which `inputs`: of stages that another one is about to build on; `all`
 */
export async function withDamagedStages<R extends RunRecipe>(
  planned: readonly PlannedStage<R>[],
  directory: string,
  which: 'inputs' | 'all',
): Promise<PlannedStage<R>[]> {
  const inputs = new Set<string>();
  const checked: PlannedStage<R>[] = [];
  // From the end, since a damaged stage needs its own inputs.
  for (const entry of planned.toReversed()) {
    const isChecked = entry.status === 'up-to-date' && (which === 'all' || inputs.has(entry.stage.name));
    const damage = isChecked ? await damageOf(join(directory, entry.directoryName)) : undefined;
    const next = damage === undefined ? entry : { ...entry, status: 'run' as const, reason: damage };
    if (next.status !== 'up-to-date') for (const name of next.stage.dependsOn) inputs.add(name);
    checked.unshift(next);
  }
  return checked;
}

/** What is wrong with the contents of a finished stage's files, in words. */
export async function damageOf(stageDirectory: string): Promise<string | undefined> {
  return findDamage(stageDirectory, (await readStageManifest(stageDirectory))?.notes?.files, 'contents');
}

/** What an unfinished stage was begun from; files of an older version hold less. */
type UnfinishedRecord = { readonly key: string } & Partial<Pick<StageManifest, 'config' | 'versions' | 'inputs'>>;

/** @returns undefined where nothing was begun */
async function readUnfinished(directory: string): Promise<UnfinishedRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, UNFINISHED_FILE), 'utf8'));
  } catch {
    return undefined;
  }
}

async function hasContents(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  return found.isDirectory() ? (await readdir(path)).length > 0 : found.size > 0;
}
