/**
 * Rows of one file in the formats that sets are published in: Parquet, JSON, JSON Lines, CSV, TSV, lines of text; gzip and zstd outside.
 *
 * Differs: SQuAD's nested JSON becomes one row for each question, and Parquet's big integers become numbers, as the Hub shows both.
 */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parse as parseSeparated } from 'csv-parse/sync';
import { type AsyncBuffer, parquetReadObjects } from 'hyparquet';
import { inputError } from '../input-error.ts';
import type { Row } from '../tasks/definition/task-definition.ts';

/**
 * @param file its name, which tells the format
 * @param columns of a CSV or TSV file without a header
 * @throws Error naming the file and, where there is one, the line
 */
export async function readRows(file: string, bytes: Uint8Array, columns?: readonly string[]): Promise<Row[]> {
  if (file.endsWith('.gz')) return readRows(file.slice(0, -3), gunzipSync(bytes), columns);
  if (file.endsWith('.zst')) return readRows(file.slice(0, -4), zstdDecompressSync(bytes), columns);
  try {
    const extension = /\.(\w+)$/.exec(file)?.[1] ?? '';
    if (extension === 'parquet') return await parquetRows(bytes);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    switch (extension) {
      case 'jsonl':
      case 'ndjson':
        return questionRows(lineRows(text));
      case 'json':
        return jsonRows(text);
      case 'csv':
        return separatedRows(text, ',', columns);
      case 'tsv':
        return separatedRows(text, '\t', columns);
      default:
        return linesOf(text).map((line) => ({ text: line }));
    }
  } catch (error) {
    throw inputError(
      'readRows',
      `a data file must be whole and in its format, got ${file}: ${(error as Error).message}`,
    );
  }
}

async function parquetRows(bytes: Uint8Array): Promise<Row[]> {
  const file: AsyncBuffer = {
    byteLength: bytes.byteLength,
    slice: (start, end) => Uint8Array.from(bytes.subarray(start, end)).buffer,
  };
  const compressors = {
    GZIP: (input: Uint8Array) => new Uint8Array(gunzipSync(input)),
    ZSTD: (input: Uint8Array) => new Uint8Array(zstdDecompressSync(input)),
    BROTLI: (input: Uint8Array) => new Uint8Array(brotliDecompressSync(input)),
  };
  const rows = await parquetReadObjects({ file, compressors });
  return rows.map((row) => plainValue(row) as Row);
}

function lineRows(text: string): Row[] {
  return linesOf(text).flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as Row];
    } catch (error) {
      throw new Error(`line ${index + 1}: ${(error as Error).message}`);
    }
  });
}

function jsonRows(text: string): Row[] {
  const value: unknown = JSON.parse(text);
  if (Array.isArray(value)) return value as Row[];
  const nested = (value as { data?: unknown }).data;
  if (Array.isArray(nested))
    return nested.some((article) => 'paragraphs' in article) ? squadRows(nested) : (nested as Row[]);
  throw new Error("neither a list of rows nor an object with a list 'data'");
}

interface SquadArticle {
  readonly title?: string;
  readonly paragraphs: readonly {
    readonly context: string;
    readonly qas: readonly {
      readonly id: string;
      readonly question: string;
      readonly answers: readonly { readonly text: string; readonly answer_start: number }[];
    }[];
  }[];
}

function squadRows(articles: readonly SquadArticle[]): Row[] {
  return articles.flatMap(({ title = '', paragraphs }) =>
    paragraphs.flatMap(({ context, qas }) =>
      qas.map(({ id, question, answers }) => ({
        id,
        title,
        context,
        question,
        answers: {
          text: answers.map((answer) => answer.text),
          answer_start: answers.map((answer) => answer.answer_start),
        },
      })),
    ),
  );
}

/** Lines that hold a passage with its questions, as SQuAD's paragraphs do, become one row for each question. */
function questionRows(rows: Row[]): Row[] {
  if (!rows.every((row) => 'context' in row && Array.isArray(row.qas))) return rows;
  return squadRows(rows.map((row) => ({ paragraphs: [row] })) as unknown as SquadArticle[]);
}

function separatedRows(text: string, delimiter: string, columns: readonly string[] | undefined): Row[] {
  const isTsv = delimiter === '\t';
  return parseSeparated(text, {
    bom: true,
    delimiter,
    // Quotes in published TSV files are characters of the text.
    quote: isTsv ? false : '"',
    columns: columns ? [...columns] : true,
    skip_empty_lines: true,
    relax_column_count: false,
  });
}

function linesOf(text: string): string[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainValue(inner)]));
}
