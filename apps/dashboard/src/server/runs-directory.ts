/**
 * The one door to the disk: names of runs and stages are looked up in listings, never joined from what a client sent, and every file that is
 * opened must lie, links followed, inside the served directory.
 */
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

export const RECIPE_FILE = 'recipe.json';

export interface StageDirectory {
  readonly name: string;
  /** path from the served directory */
  readonly path: readonly string[];
  readonly isPartial: boolean;
}

export interface FileState {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly createdMs: number;
}

export interface RunsDirectory {
  /** ids of the runs: names of directories, or `.` where the served directory is itself one */
  runs(): Promise<string[]>;
  /** @returns the path of a run, or undefined where there is none of that id */
  findRun(id: string): Promise<readonly string[] | undefined>;
  /** in the order of their numbers; an unfinished directory only where there is no finished one of the name */
  stages(run: readonly string[]): Promise<StageDirectory[]>;
  /** @returns undefined where there is no such file inside the served directory */
  open(path: readonly string[]): Promise<FileHandle | undefined>;
  state(path: readonly string[]): Promise<FileState | undefined>;
  /** @returns undefined where there is no such file, or no whole JSON in it */
  readJson(path: readonly string[]): Promise<unknown>;
  readText(path: readonly string[], maxBytes: number): Promise<string | undefined>;
}

const STAGE_DIRECTORY = /^\d\d-(?<name>.+?)(?<suffix>\.partial|\.old)?$/;
/** A JSON file beyond this is no file of ours. */
const MAX_JSON_BYTES = 256 * 2 ** 20;

/** @param directory must exist */
export async function openRunsDirectory(directory: string): Promise<RunsDirectory> {
  const root = await realpath(directory);
  const inside = async (path: readonly string[]): Promise<string | undefined> => {
    if (path.some((name) => name === '..' || name === '' || /[/\\\0]/.test(name))) return undefined;
    const real = await realpath(join(root, ...path)).catch(() => undefined);
    return real === root || real?.startsWith(root.endsWith(sep) ? root : root + sep) ? real : undefined;
  };
  const list = async (path: readonly string[]) => {
    const real = await inside(path);
    return real === undefined ? [] : readdir(real, { withFileTypes: true }).catch(() => []);
  };
  const holdsRun = async (path: readonly string[]): Promise<boolean> =>
    (await directoryState([...path, RECIPE_FILE])) !== undefined;
  const directoryState = async (path: readonly string[]): Promise<FileState | undefined> => {
    const real = await inside(path);
    const found = real === undefined ? undefined : await stat(real).catch(() => undefined);
    return found && { sizeBytes: found.size, modifiedMs: found.mtimeMs, createdMs: found.birthtimeMs || found.ctimeMs };
  };
  const openFile = async (path: readonly string[]): Promise<FileHandle | undefined> => {
    const real = await inside(path);
    if (real === undefined || !(await stat(real).catch(() => undefined))?.isFile()) return undefined;
    return open(real, 'r').catch(() => undefined);
  };
  const readText = async (path: readonly string[], maxBytes: number): Promise<string | undefined> => {
    await using file = await openFile(path);
    if (file === undefined || (await file.stat()).size > maxBytes) return undefined;
    return file.readFile('utf8');
  };
  const runs = async (): Promise<string[]> => {
    if (await holdsRun([])) return ['.'];
    const found: string[] = [];
    for (const entry of await list([])) {
      if (!entry.name.startsWith('.') && (await holdsRun([entry.name]))) found.push(entry.name);
    }
    return found.sort();
  };
  return {
    runs,
    async findRun(id) {
      if (!(await runs()).includes(id)) return undefined;
      return id === '.' ? [] : [id];
    },
    async stages(run) {
      const stages = new Map<string, StageDirectory>();
      const entries = (await list(run)).filter((entry) => entry.isDirectory());
      for (const { name: entry } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const { name, suffix } = STAGE_DIRECTORY.exec(entry)?.groups ?? {};
        if (name === undefined || suffix === '.old') continue;
        const isPartial = suffix === '.partial';
        if (isPartial && stages.has(name)) continue;
        stages.set(name, { name, path: [...run, entry], isPartial });
      }
      return [...stages.values()];
    },
    open: openFile,
    state: directoryState,
    async readJson(path) {
      const text = await readText(path, MAX_JSON_BYTES);
      if (text === undefined) return undefined;
      try {
        return JSON.parse(text);
      } catch {
        return undefined;
      }
    },
    readText,
  };
}
