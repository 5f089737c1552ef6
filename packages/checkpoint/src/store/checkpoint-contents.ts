/**
 * One checkpoint directory: a safetensors file per group, `state.json`, and `checksums.json`, which is written last and covers the others.
 */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, hashJson } from '../files/hash-json.ts';
import { readJsonFile } from '../files/read-json-file.ts';
import { sha256File } from '../files/sha256-file.ts';
import { fileNameFault } from '../hugging-face/plain-file-name.ts';
import type { JsonObject } from '../json-value.ts';
import type { ArrayMap, NamedArray } from '../named-array.ts';
import { openSafetensors } from '../safetensors/open-safetensors.ts';
import { writeSafetensors } from '../safetensors/write-safetensors.ts';

/** What one checkpoint holds: arrays in named groups, and a state as JSON. */
export interface CheckpointContents {
  /** Parameters, optimizer moments and so on; stored in float32 and int32, so that they come back bit for bit. */
  readonly groups: Readonly<Record<string, ArrayMap>>;
  /** Everything else that a run needs to go on. */
  readonly state: JsonObject;
}

const CHECKSUMS = 'checksums.json';
const STATE = 'state.json';

interface FileChecksum {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** @throws for a group name that is no file name, or a state that JSON cannot carry, before anything is written */
export function checkContents({ groups, state }: CheckpointContents): void {
  for (const name of Object.keys(groups)) {
    const trouble = fileNameFault(name) ?? (name.startsWith('.') ? 'a leading dot' : null);
    if (trouble) {
      throw new Error(
        `[@marco-ts/checkpoint] save: a group must have a plain name, got ${JSON.stringify(name)} (${trouble}) at groups. Rename it.`,
      );
    }
  }
  canonicalJson(state);
}

export async function writeContents(directory: string, { groups, state }: CheckpointContents): Promise<void> {
  const names: string[] = [STATE];
  for (const [name, arrays] of Object.entries(groups)) {
    await writeSafetensors(join(directory, `${name}.safetensors`), arrays);
    names.push(`${name}.safetensors`);
  }
  await writeFile(join(directory, STATE), `${JSON.stringify(state, null, 2)}\n`);
  const files: Record<string, FileChecksum> = {};
  for (const name of names.sort()) {
    const path = join(directory, name);
    files[name] = { sha256: await sha256File(path), sizeBytes: (await stat(path)).size };
  }
  const checksums = { files, sha256: hashJson(files) };
  await writeFile(join(directory, CHECKSUMS), `${JSON.stringify(checksums, null, 2)}\n`);
}

/** @throws with the reason when a file is missing, altered or unreadable */
export async function readContents(directory: string): Promise<CheckpointContents> {
  const files = await verifySizes(directory);
  for (const [name, { sha256 }] of Object.entries(files)) {
    const found = await sha256File(join(directory, name));
    if (found !== sha256) throw new Error(`${name} has SHA-256 ${found}, not ${sha256}`);
  }
  const groups: Record<string, ArrayMap> = {};
  for (const name of Object.keys(files)) {
    if (!name.endsWith('.safetensors')) continue;
    groups[name.slice(0, -'.safetensors'.length)] = await readGroup(join(directory, name));
  }
  return { groups, state: JSON.parse(await readFile(join(directory, STATE), 'utf8')) as JsonObject };
}

/** The cheap part of the verification: the list of files is intact, and each file is there in its full size. */
export async function verifySizes(directory: string): Promise<Record<string, FileChecksum>> {
  const present = new Set(await readdir(directory));
  if (!present.has(CHECKSUMS)) throw new Error(`${CHECKSUMS} is missing`);
  const checksums = await readJsonFile(join(directory, CHECKSUMS), 'loadLatest');
  const files = (checksums.files ?? {}) as unknown as Record<string, FileChecksum>;
  if (typeof files !== 'object' || checksums.sha256 !== hashJson(files) || !Object.hasOwn(files, STATE)) {
    throw new Error(`${CHECKSUMS} is damaged`);
  }
  for (const [name, { sizeBytes }] of Object.entries(files)) {
    if (!present.has(name)) throw new Error(`${name} is missing`);
    const found = (await stat(join(directory, name))).size;
    if (found !== sizeBytes) throw new Error(`${name} has ${found} bytes, not ${sizeBytes}`);
  }
  return files;
}

async function readGroup(path: string): Promise<ArrayMap> {
  const file = await openSafetensors(path);
  try {
    const arrays = new Map<string, NamedArray>();
    for (const name of file.tensors.keys()) arrays.set(name, await file.readArray(name));
    return arrays;
  } finally {
    await file.close();
  }
}
