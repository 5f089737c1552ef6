/**
 * Documents from a folder of `.txt`, `.jsonl` and `.html` files, read as streams in a fixed order.
 *
 * `.txt` and `.html`: one document per file. `.jsonl`: one per line, with `text` and optionally `id` and `language` (or `lang`), the latter
 * like `swh_Latn` or with FineWeb2's `language_script` beside it. `metadata` and every other field become the document's metadata.
 * Any of them may be gzip or zstd compressed (`.gz`, `.zst`).
 * Units: lines count from 1, as editors do; offsets are in bytes.
 */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Document, MetadataValue } from '../document.ts';
import { htmlToText } from '../extract/html-to-text.ts';

export interface ReadProblem {
  readonly path: string;
  /** Absent when the file as a whole is the problem. */
  readonly line?: number;
  readonly reason: 'unreadable' | 'invalid_utf8' | 'empty' | 'malformed' | 'too_long';
  readonly detail: string;
}

export interface ReadDirectoryOptions {
  readonly directory: string;
  /** Language of documents that do not say it, for example `swh_Latn`. */
  readonly language: string;
  /** Field of `.jsonl` rows with the text. */
  readonly textField?: string;
  /** Told of each file or line that gives no document; without it the first one throws. */
  readonly onProblem?: (problem: ReadProblem) => void;
  /** Longest file (`.txt`, `.html`) or line (`.jsonl`) in bytes, decompressed. */
  readonly maxDocumentBytes?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_MAX_DOCUMENT_BYTES = 64 * 2 ** 20;
const EXTENSIONS = new Set(['.txt', '.jsonl', '.html', '.htm']);
const COMPRESSIONS = new Set(['.gz', '.zst']);
const LINE_FEED = 10;

type Report = (problem: ReadProblem) => void;

function kindOf(path: string): string {
  const last = extname(path).toLowerCase();
  return COMPRESSIONS.has(last) ? extname(path.slice(0, -last.length)).toLowerCase() : last;
}

async function listFiles(directory: string): Promise<string[]> {
  let entries: import('node:fs').Dirent[];
  try {
    entries = await readdir(directory, { recursive: true, withFileTypes: true });
  } catch (error) {
    throw new Error(
      `[@marco-ts/data] readDirectory: the directory must be readable, got ${error instanceof Error ? error.message : String(error)} at ${directory}. Check the path.`,
      { cause: error },
    );
  }
  const files = entries
    .filter((entry) => entry.isFile() && EXTENSIONS.has(kindOf(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (files.length === 0) {
    throw new Error(
      `[@marco-ts/data] readDirectory: there must be .txt, .jsonl or .html files (also .gz, .zst), got ${entries.length} other entries at ${directory}. Check the path.`,
    );
  }
  return files;
}

function openStream(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  const compression = extname(path).toLowerCase();
  if (!COMPRESSIONS.has(compression)) return file;
  const decompress = compression === '.gz' ? createGunzip() : createZstdDecompress();
  file.on('error', (error) => decompress.destroy(error));
  return file.pipe(decompress);
}

interface Line {
  readonly bytes: Uint8Array;
  readonly number: number;
  /** More bytes than allowed: `bytes` is empty. */
  readonly isTooLong: boolean;
}

/** Lines of a stream; the memory held is one line, never a longer one than `maxBytes`. */
async function* readLines(stream: Readable, maxBytes: number): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let held = 0;
  let isTooLong = false;
  let number = 1;
  const take = (): Line => {
    const line = { bytes: isTooLong ? new Uint8Array() : Buffer.concat(parts), number: number++, isTooLong };
    parts = [];
    held = 0;
    isTooLong = false;
    return line;
  };
  const hold = (bytes: Uint8Array): void => {
    held += bytes.length;
    if (held > maxBytes) {
      isTooLong = true;
      parts = [];
    } else if (bytes.length > 0) parts.push(bytes);
  };
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      hold(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    hold(chunk.subarray(start));
  }
  if (held > 0) yield take();
}

async function readWhole(stream: Readable, maxBytes: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) {
      stream.destroy();
      return undefined;
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** Byte offset of the first sequence that is no UTF-8, for the message. */
function firstInvalidByte(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  const isValidUpTo = (end: number, stream = true): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end), { stream });
      return true;
    } catch {
      return false;
    }
  };
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (isValidUpTo(middle)) low = middle;
    else high = middle - 1;
  }
  // The sequence that breaks off here began up to three bytes before.
  while (low > 0 && !isValidUpTo(low, false)) low--;
  return low;
}

function decodeStrictly(
  bytes: Uint8Array,
  at: { readonly path: string; readonly line?: number },
  report: Report,
): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    report({ ...at, reason: 'invalid_utf8', detail: `no UTF-8 from byte ${firstInvalidByte(bytes)} on` });
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is not the document itself, the row's own fields first. */
function flatMetadata(row: Record<string, unknown>, textField: string): Record<string, MetadataValue> {
  const metadata: Record<string, MetadataValue> = {};
  const { metadata: inner, id: _id, language: _language, lang: _lang, language_script: _script, ...rest } = row;
  delete rest[textField];
  for (const [key, value] of Object.entries({ ...(isObject(inner) ? inner : {}), ...rest })) {
    if (value === null) continue;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') metadata[key] = value;
    else metadata[key] = JSON.stringify(value) ?? 'null';
  }
  return metadata;
}

/** The language a row says it is in, as it says it; undefined when it does not say. */
function languageOf(row: Record<string, unknown>): string | undefined {
  const language = row.language ?? row.lang;
  if (language === undefined || language === null || language === '') return undefined;
  return typeof row.language_script === 'string' ? `${language}_${row.language_script}` : String(language);
}

function documentFromRow(
  json: string,
  at: { readonly path: string; readonly line: number },
  id: string,
  options: ReadDirectoryOptions,
  report: Report,
): Document | undefined {
  let row: unknown;
  try {
    row = JSON.parse(json);
  } catch (error) {
    report({ ...at, reason: 'malformed', detail: error instanceof Error ? error.message : 'no JSON' });
    return undefined;
  }
  const field = options.textField ?? 'text';
  if (!isObject(row) || typeof row[field] !== 'string') {
    const found = isObject(row) ? `fields ${Object.keys(row).slice(0, 8).join(', ')}` : typeof row;
    report({ ...at, reason: 'malformed', detail: `no string field ${JSON.stringify(field)}, got ${found}` });
    return undefined;
  }
  const text = row[field];
  if (text.trim() === '') {
    report({ ...at, reason: 'empty', detail: `field ${JSON.stringify(field)} has no text` });
    return undefined;
  }
  const language = languageOf(row) ?? options.language;
  if (!/^[a-z]{3}_[A-Z][a-z]{3}$/.test(language)) {
    const detail = `language must be ISO 639-3 plus script, like "swh_Latn", got ${JSON.stringify(language)}`;
    report({ ...at, reason: 'malformed', detail });
    return undefined;
  }
  return {
    id: typeof row.id === 'string' && row.id !== '' ? row.id : id,
    text,
    language,
    metadata: flatMetadata(row, field),
  };
}

/**
 * @returns documents in the order of their file names, then of their lines
 * @throws Error when the directory cannot be read or holds no such file; at the first problem when there is no `onProblem`
 */
export async function* readDirectory(options: ReadDirectoryOptions): AsyncGenerator<Document> {
  const maxBytes = options.maxDocumentBytes ?? DEFAULT_MAX_DOCUMENT_BYTES;
  const report: Report = (problem) => {
    if (options.onProblem !== undefined) {
      options.onProblem(problem);
      return;
    }
    const where = problem.line === undefined ? problem.path : `${problem.path}:${problem.line}`;
    throw new Error(
      `[@marco-ts/data] readDirectory: every file and line must give a document, got ${problem.reason} (${problem.detail}) at ${where}. Mend it, or pass onProblem to go on without it.`,
    );
  };
  for (const path of await listFiles(options.directory)) {
    options.signal?.throwIfAborted();
    const id = relative(options.directory, path).split(sep).join('/');
    const kind = kindOf(path);
    const stream = openStream(path);
    let numLines = 0;
    try {
      if (kind === '.jsonl') {
        for await (const { bytes, number, isTooLong } of readLines(stream, maxBytes)) {
          numLines = number;
          options.signal?.throwIfAborted();
          const at = { path, line: number };
          if (isTooLong) {
            report({ ...at, reason: 'too_long', detail: `more than ${maxBytes} bytes` });
            continue;
          }
          const json = decodeStrictly(bytes, at, report);
          if (json === undefined || json.trim() === '') continue;
          const document = documentFromRow(json, at, `${id}:${number}`, options, report);
          if (document !== undefined) yield document;
        }
        if (numLines === 0) report({ path, reason: 'empty', detail: 'no lines' });
        continue;
      }
      const bytes = await readWhole(stream, maxBytes);
      if (bytes === undefined) {
        report({ path, reason: 'too_long', detail: `more than ${maxBytes} bytes` });
        continue;
      }
      const content = decodeStrictly(bytes, { path }, report);
      if (content === undefined) continue;
      const extracted = kind === '.txt' ? { text: content, title: '' } : htmlToText(content);
      if (extracted.text.trim() === '') {
        report({ path, reason: 'empty', detail: `${bytes.length} bytes without text` });
        continue;
      }
      const metadata = extracted.title === '' ? { path: id } : { path: id, title: extracted.title };
      yield { id, text: extracted.text, language: options.language, metadata };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === undefined || !(code.startsWith('E') || code.startsWith('Z'))) throw error;
      if (code.startsWith('ABORT')) throw error;
      const detail = `${code}: ${(error as Error).message}`;
      report(
        numLines === 0
          ? { path, reason: 'unreadable', detail }
          : { path, line: numLines, reason: 'unreadable', detail },
      );
    } finally {
      stream.destroy();
    }
  }
}
