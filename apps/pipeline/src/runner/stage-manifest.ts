/**
 * The `manifest.json` that ends a stage: what it was made from, what it made, what it cost. A directory without one is unfinished.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@marco-ts/checkpoint';
import { BadInputError } from '../errors.ts';
import type { JsonObject } from '../json.ts';

export const MANIFEST_FILE = 'manifest.json';

export interface RunStageManifest {
  readonly stage: string;
  /** hash of config, version, code version and the keys of the inputs; equal keys mean equal output */
  readonly key: string;
  /** key of each input stage */
  readonly inputs: Readonly<Record<string, string>>;
  readonly config: JsonObject;
  /** the stage's own version */
  readonly version: number;
  readonly codeVersion: string;
  readonly counts: JsonObject;
  readonly seconds: number;
  readonly peakRssBytes: number;
  /** ISO 8601 */
  readonly finishedAt: string;
}

/** @returns null where there is no manifest: the stage is not finished */
export async function readStageManifest(directory: string): Promise<RunStageManifest | null> {
  const path = join(directory, MANIFEST_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const manifest = JSON.parse(text) as RunStageManifest;
    if (typeof manifest.key !== 'string' || typeof manifest.stage !== 'string') throw new Error('no key');
    return manifest;
  } catch {
    throw new BadInputError(
      `[@marco-ts/pipeline] readStageManifest: a manifest must be JSON with a stage and a key, got something else at ${path}. Delete that stage's directory to run it again.`,
    );
  }
}

export async function writeStageManifest(directory: string, manifest: RunStageManifest): Promise<void> {
  await writeFileAtomic(join(directory, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
}
