/**
 * A page of a JSON-lines file: rows that a filter takes, from a byte offset on, with the offset where the next page begins.
 *
 * No file is read whole: a page ends after `limit` rows or `MAX_SCANNED_BYTES`, whichever comes first.
 */
import type { Page } from '../api-types.ts';
import { asRecord, type JsonRecord } from './json-shape.ts';
import type { RunsDirectory } from './runs-directory.ts';

const CHUNK_BYTES = 2 ** 20;
const MAX_SCANNED_BYTES = 64 * 2 ** 20;
/** A line longer than this is passed over. */
const MAX_LINE_BYTES = 16 * 2 ** 20;

export interface PageOptions<Row> {
  readonly offset: number;
  readonly limit: number;
  /** @returns undefined for rows that are not wanted */
  readonly choose: (row: JsonRecord) => Row | undefined;
}

/** @returns no rows where there is no file */
export async function readJsonLinesPage<Row>(
  runs: RunsDirectory,
  path: readonly string[],
  { offset, limit, choose }: PageOptions<Row>,
): Promise<Page<Row>> {
  await using file = await runs.open(path);
  if (file === undefined) return { rows: [] };
  const rows: Row[] = [];
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let position = offset;
  let lineStart = offset;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return { rows };
    position += bytesRead;
    const bytes =
      rest.length === 0 ? chunk.subarray(0, bytesRead) : Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const row = parseLine(bytes.toString('utf8', start, end));
      const chosen = row && choose(row);
      lineStart += end + 1 - start;
      start = end + 1;
      if (chosen !== undefined) rows.push(chosen);
      if (rows.length >= limit) return { rows, next: lineStart };
    }
    rest = Buffer.from(bytes.subarray(start));
    if (rest.length > MAX_LINE_BYTES) {
      lineStart += rest.length;
      rest = Buffer.alloc(0);
    }
    if (lineStart - offset > MAX_SCANNED_BYTES) return { rows, next: lineStart };
  }
}

function parseLine(line: string): JsonRecord | undefined {
  try {
    return asRecord(JSON.parse(line));
  } catch {
    return undefined;
  }
}
