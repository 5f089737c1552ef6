/**
 * The files of a corpus in one order that every rank computes alike: from files, folders, glob patterns and addresses.
 */
import { glob, readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { type Compression, formatOfName, type InputFile, type InputFormat, KNOWN_SUFFIXES } from './input-file.ts';
import { listS3 } from './remote/list-s3.ts';
import { isRemote, type NetworkOptions } from './remote/remote-request.ts';

/** Where files are looked for, and what they are. */
export interface ListInputsOptions {
  /** Files, folders (read to any depth), glob patterns, `http(s)://` addresses, and `s3://bucket/prefix` where all objects below are meant. */
  readonly locations: readonly string[];
  /** Format of all files, where their names do not say it or say it wrongly. */
  readonly format?: InputFormat;
  readonly compression?: Compression;
  readonly network?: NetworkOptions;
}

interface Found {
  readonly location: string;
  readonly name: string;
  readonly sizeBytes?: number;
  /** Named by itself: then an unknown suffix is an error, in folders such files are passed over. */
  readonly isNamed: boolean;
}

const isPattern = (location: string): boolean => /[*?[{]/.test(location);

function fail(rule: string, got: string, location: string, next: string): never {
  throw new Error(`[@marco-ts/data] listInputs: ${rule}, got ${got} at ${location}. ${next}`);
}

async function listFolder(directory: string): Promise<Found[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink());
  const found = await Promise.all(
    files.map(async (entry): Promise<Found[]> => {
      const location = join(entry.parentPath, entry.name);
      const found = await stat(location);
      const name = relative(directory, location).split(sep).join('/');
      return found.isFile() ? [{ location, name, sizeBytes: found.size, isNamed: false }] : [];
    }),
  );
  return found.flat();
}

async function listPattern(pattern: string): Promise<Found[]> {
  const found: Found[] = [];
  // What stands before the first part with a wildcard is the folder that names count from.
  const folder = pattern.slice(0, pattern.search(/[*?[{]/)).replace(/[^/\\]*$/, '');
  for await (const location of glob(pattern)) {
    const { size, isDirectory } = await stat(location).then((entry) => ({
      size: entry.size,
      isDirectory: entry.isDirectory(),
    }));
    const name = relative(folder === '' ? '.' : folder, location)
      .split(sep)
      .join('/');
    if (!isDirectory) found.push({ location, name, sizeBytes: size, isNamed: false });
  }
  return found;
}

/** All objects below a prefix; a prefix that is an object itself is that one file. */
async function listBucket(prefix: string, network: NetworkOptions): Promise<Found[]> {
  const folder = prefix.replace(/^s3:\/\/[^/]+\/?/i, '').replace(/[^/]*$/, '');
  const objects = (await listS3(prefix, network)).filter(({ key }) => !key.endsWith('/'));
  const exact = objects.filter(({ location }) => location === prefix);
  return (exact.length > 0 ? exact : objects).map(({ location, key, sizeBytes }) => ({
    location,
    name: key.slice(folder.length),
    sizeBytes,
    isNamed: exact.length > 0,
  }));
}

async function listLocation(location: string, network: NetworkOptions): Promise<Found[]> {
  if (/^s3:/i.test(location)) return listBucket(location, network);
  if (isRemote(location)) return [{ location, name: new URL(location).pathname.replace(/^.*\//, ''), isNamed: true }];
  try {
    const entry = await stat(location);
    if (entry.isFile()) return [{ location, name: basename(location), sizeBytes: entry.size, isNamed: true }];
    return await listFolder(location);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && isPattern(location)) return listPattern(location);
    return fail('a location must be readable', (error as Error).message, location, 'Check the path.');
  }
}

function inputOf(found: Found, options: ListInputsOptions): InputFile | undefined {
  const { location, name, sizeBytes, isNamed } = found;
  const guess = formatOfName(name);
  const format = options.format ?? guess.format;
  if (format === undefined) {
    if (!isNamed) return undefined;
    return fail(
      `a file name must end in one of ${KNOWN_SUFFIXES.join(' ')}, with .gz or .zst after it when compressed`,
      name,
      location,
      'Rename it or pass format.',
    );
  }
  const compression = options.compression ?? guess.compression;
  return { location, name, format, compression, ...(sizeBytes === undefined ? {} : { sizeBytes }) };
}

const compareCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * @returns the files of all locations, each once, sorted by location; names are made unique
 * @throws Error when a location cannot be read, names an unknown format, or holds no file of a known one
 */
export async function listInputs(options: ListInputsOptions): Promise<InputFile[]> {
  const inputs = new Map<string, InputFile>();
  for (const location of options.locations) {
    const found = await listLocation(location, options.network ?? {});
    const known = found.flatMap((entry) => inputOf(entry, options) ?? []);
    if (known.length === 0) {
      fail(
        `there must be files that end in one of ${KNOWN_SUFFIXES.join(' ')}`,
        `${found.length} other files`,
        location,
        'Check the path or pass format.',
      );
    }
    for (const input of known) if (!inputs.has(input.location)) inputs.set(input.location, input);
  }
  const sorted = [...inputs.values()].sort((a, b) => compareCodeUnits(a.location, b.location));
  const numOfName = new Map<string, number>();
  for (const { name } of sorted) numOfName.set(name, (numOfName.get(name) ?? 0) + 1);
  return sorted.map((input) => (numOfName.get(input.name)! > 1 ? { ...input, name: input.location } : input));
}
