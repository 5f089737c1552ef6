/**
 * The `manifest.json` of a stage's output directory: from what, with which config and versions, and how it was made.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileErrorCode } from '../files/explain-file-error.ts';
import { hashJson } from '../files/hash-json.ts';
import { readJsonFile } from '../files/read-json-file.ts';
import { writeFileAtomic } from '../files/write-file-atomic.ts';
import type { JsonObject } from '../json-value.ts';

/** What `manifest.json` says of a stage's directory. */
export interface StageManifest {
  /** Name of the stage that wrote the directory. */
  readonly stage: string;
  /** What was read, by name, each with the hash of its contents or of its own manifest. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The resolved config. */
  readonly config: JsonObject;
  /** Versions of the packages and of Node.js. */
  readonly versions: Readonly<Record<string, string>>;
  /** What was counted: documents, tokens, steps. */
  readonly counts: Readonly<Record<string, number>>;
  /** Wall-clock duration. */
  readonly seconds: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Files written, each with its SHA-256. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** `stageHash` of this manifest: the stage need not run again while it holds. */
  readonly hash?: string;
  /** Anything else worth keeping, such as the backend that was chosen. */
  readonly notes?: JsonObject;
}

const FILE_NAME = 'manifest.json';

/** The hash of all that decides a stage's result: its name, inputs, config and versions. */
export function stageHash(stage: Pick<StageManifest, 'stage' | 'inputs' | 'config' | 'versions'>): string {
  const { inputs, config, versions } = stage;
  return hashJson({ stage: stage.stage, inputs, config, versions });
}

/** @throws when a field is missing or of the wrong type, or the file cannot be written */
export async function writeManifest(directory: string, manifest: StageManifest): Promise<void> {
  const path = join(directory, FILE_NAME);
  const trouble = manifestFault(manifest);
  if (trouble) throw fault('writeManifest', trouble, path, 'Correct the manifest; nothing was written.');
  hashJson(manifest);
  await writeFileAtomic(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * @returns null when the directory has no manifest: the stage has not finished
 * @throws when there is one that is damaged
 */
export async function readManifest(directory: string): Promise<StageManifest | null> {
  const path = join(directory, FILE_NAME);
  try {
    await access(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(fileErrorCode(error) ?? '')) return null;
  }
  const manifest = await readJsonFile(path, 'readManifest');
  const trouble = manifestFault(manifest as Partial<StageManifest>);
  if (trouble) throw fault('readManifest', trouble, path, 'Remove the directory and run the stage again.');
  return manifest as unknown as StageManifest;
}

function manifestFault(manifest: Partial<StageManifest>): string | null {
  const { stage, inputs, config, versions, counts, seconds, startedAt } = manifest;
  if (typeof stage !== 'string' || stage === '') return `stage must be a name, got ${JSON.stringify(stage)}`;
  if (!isRecordOf(inputs, 'string')) return 'inputs must map names to hashes';
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return 'config must be an object';
  if (!isRecordOf(versions, 'string')) return 'versions must map names to versions';
  if (!isRecordOf(counts, 'number')) return 'counts must map names to numbers';
  if (typeof seconds !== 'number' || !(seconds >= 0)) return `seconds must be a number from 0, got ${seconds}`;
  if (typeof startedAt !== 'string' || Number.isNaN(Date.parse(startedAt)))
    return `startedAt must be a date, got ${startedAt}`;
  if (manifest.outputs !== undefined && !isRecordOf(manifest.outputs, 'string'))
    return 'outputs must map files to hashes';
  return null;
}

function isRecordOf(value: unknown, type: 'string' | 'number'): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((item) => typeof item === type);
}

function fault(functionName: string, trouble: string, path: string, nextStep: string): Error {
  return new Error(`[@marco-ts/checkpoint] ${functionName}: ${trouble} at ${path}. ${nextStep}`);
}
