/**
 * Files inside tar and zip archives beside the others, so that a set published as one archive is read like its unpacked directory.
 */
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { extract } from 'tar-stream';
import { inputError } from '../input-error.ts';
import type { DatasetFiles } from './dataset-files.ts';

const ARCHIVE = /\.(tar|tar\.gz|tgz|zip)$/;

/** @returns the same files, with the members of each archive as `<archive>!/<member>`; an archive is unpacked once, in memory */
export function openArchives(files: DatasetFiles): DatasetFiles {
  const opened = new Map<string, Promise<ReadonlyMap<string, Uint8Array>>>();
  const members = (path: string, archive: string): Promise<ReadonlyMap<string, Uint8Array>> => {
    const key = `${path}\n${archive}`;
    const known = opened.get(key) ?? files.read(path, archive).then((bytes) => unpack(archive, bytes));
    opened.set(key, known);
    return known;
  };
  return {
    place: files.place,
    async list(path) {
      const all = await files.list(path);
      const inside = await Promise.all(
        all
          .filter((file) => ARCHIVE.test(file))
          .map(async (archive) => [...(await members(path, archive)).keys()].map((member) => `${archive}!/${member}`)),
      );
      return [...all.filter((file) => !ARCHIVE.test(file)), ...inside.flat()];
    },
    async read(path, file) {
      const [archive = '', member] = file.split('!/');
      return member === undefined ? files.read(path, file) : (await members(path, archive)).get(member)!;
    },
  };
}

async function unpack(archive: string, bytes: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  try {
    if (archive.endsWith('.zip'))
      return new Map(Object.entries(unzipSync(bytes)).filter(([member]) => !member.endsWith('/')));
    return await untar(archive.endsWith('.tar') ? bytes : gunzipSync(bytes));
  } catch (error) {
    throw inputError(
      'openArchives',
      `an archive must be whole and not encrypted, got ${archive}: ${(error as Error).message}.`,
    );
  }
}

async function untar(bytes: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  const members = new Map<string, Uint8Array>();
  const reader = extract();
  Readable.from([bytes]).pipe(reader);
  for await (const entry of reader) {
    const pieces: Uint8Array[] = [];
    for await (const piece of entry) pieces.push(piece as Uint8Array);
    if (entry.header.type === 'file') members.set(entry.header.name, Buffer.concat(pieces));
  }
  return members;
}
