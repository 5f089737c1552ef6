/**
 * One file of a corpus, where it is and how it is to be read: the unit of work of a rank, never split between two.
 */

/** Formats that give documents. */
export type DocumentFormat = 'warc' | 'wet' | 'arc' | 'html' | 'text' | 'jsonl' | 'json' | 'parquet';
/** Formats that give translation pairs; `translation` is JSONL with Hugging Face's `translation: { en, de }` field. */
export type PairFormat = 'moses' | 'tsv' | 'tmx' | 'translation';
const PAIR_FORMATS = new Set<InputFormat>(['moses', 'tsv', 'tmx', 'translation']);
export const isPairFormat = (format: InputFormat): format is PairFormat => PAIR_FORMATS.has(format);

/** What a file holds: documents or translation pairs, by the name of the format. */
export type InputFormat = DocumentFormat | PairFormat;

/** How a file is compressed. */
export type Compression = 'none' | 'gzip' | 'zstd';

/** One file to be read. */
export interface InputFile {
  /** Path, or `http(s)://` or `s3://` address. */
  readonly location: string;
  /** What ids of its documents begin with: the path below the folder it was found in. */
  readonly name: string;
  readonly format: InputFormat;
  readonly compression: Compression;
  readonly sizeBytes?: number;
  /** The other side of a Moses pair; `location` is the source side. */
  readonly targetLocation?: string;
}

const SUFFIX_FORMATS: ReadonlyMap<string, InputFormat> = new Map([
  ['.warc', 'warc'],
  ['.wet', 'wet'],
  ['.arc', 'arc'],
  ['.html', 'html'],
  ['.htm', 'html'],
  ['.txt', 'text'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.json', 'json'],
  ['.parquet', 'parquet'],
  ['.tsv', 'tsv'],
  ['.tmx', 'tmx'],
]);
const SUFFIX_COMPRESSIONS: ReadonlyMap<string, Compression> = new Map([
  ['.gz', 'gzip'],
  ['.zst', 'zstd'],
  ['.zstd', 'zstd'],
]);

export const KNOWN_SUFFIXES: readonly string[] = [...SUFFIX_FORMATS.keys()];

const suffixOf = (name: string): string => /\.[^./\\]+$/.exec(name)?.[0].toLowerCase() ?? '';

/**
 * What a file's name says about its contents, for example `a.warc.wet.gz` is gzipped WET.
 *
 * @returns `format` undefined where the suffix names none
 */
export function formatOfName(name: string): { readonly format?: InputFormat; readonly compression: Compression } {
  const path = /^https?:/.test(name) ? name.replace(/[?#].*$/, '') : name;
  const last = suffixOf(path);
  const compression = SUFFIX_COMPRESSIONS.get(last) ?? 'none';
  const format = SUFFIX_FORMATS.get(compression === 'none' ? last : suffixOf(path.slice(0, -last.length)));
  return format === undefined ? { compression } : { format, compression };
}
