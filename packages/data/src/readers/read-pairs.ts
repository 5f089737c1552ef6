/**
 * Translation pairs of one input file: Moses (two files), TSV, TMX, or JSONL with `translation`.
 */
import type { ParallelPair } from '../parallel/align-paragraphs.ts';
import { openBytes } from './bytes/open-bytes.ts';
import { formatOfName, type InputFile } from './input-file.ts';
import type { PairContext } from './pairs/pair-context.ts';
import { readMoses } from './pairs/read-moses.ts';
import { readPairLines } from './pairs/read-pair-lines.ts';
import { readTmx } from './pairs/read-tmx.ts';
import { type ReportFault, reporter } from './read-fault.ts';
import type { NetworkOptions } from './remote/remote-request.ts';

export interface ReadPairsOptions {
  /** For example `eng_Latn`. */
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
  /** What TMX files and `translation` fields call the languages; the code without its script where absent. */
  readonly sourceTag?: string;
  readonly targetTag?: string;
  /** Columns of TSV files from 0; 0 and 1 where absent. */
  readonly sourceColumn?: number;
  readonly targetColumn?: number;
  /** Longest line or segment in bytes; 1 MiB where absent. */
  readonly maxTextBytes?: number;
  /** Told of each line or unit that gives no pair; without it the first one throws a `ReadFaultError`. */
  readonly onFault?: ReportFault;
  readonly signal?: AbortSignal;
  readonly network?: Omit<NetworkOptions, 'signal'>;
}

const DEFAULT_MAX_TEXT_BYTES = 2 ** 20;
const withoutScript = (language: string): string => language.replace(/_.*$/, '');

/**
 * @returns pairs in the order of the file
 * @throws ReadFaultError at the first fault when there is no `onFault`; Error when the format gives documents
 */
export async function* readPairs(file: InputFile, options: ReadPairsOptions): AsyncGenerator<ParallelPair> {
  const { sourceLanguage, targetLanguage, signal } = options;
  const context: PairContext = {
    file,
    sourceLanguage,
    targetLanguage,
    sourceTag: options.sourceTag ?? withoutScript(sourceLanguage),
    targetTag: options.targetTag ?? withoutScript(targetLanguage),
    sourceColumn: options.sourceColumn ?? 0,
    targetColumn: options.targetColumn ?? 1,
    maxTextBytes: options.maxTextBytes ?? DEFAULT_MAX_TEXT_BYTES,
    report: reporter('readPairs', options.onFault),
    ...(signal === undefined ? {} : { signal }),
  };
  const network: NetworkOptions = { ...options.network, ...(signal === undefined ? {} : { signal }) };
  signal?.throwIfAborted();
  const { format, location, targetLocation } = file;
  if (format === 'tsv' || format === 'translation') return yield* readPairLines(openBytes(file, network), context);
  if (format === 'tmx') return yield* readTmx(openBytes(file, network), context);
  if (format === 'moses' && targetLocation !== undefined) {
    const { compression } = formatOfName(targetLocation);
    const target = openBytes({ location: targetLocation, compression }, network);
    return yield* readMoses(openBytes(file, network), target, targetLocation, context);
  }
  throw new Error(
    `[@marco-ts/data] readPairs: the format must be moses with a targetLocation, tsv, tmx or translation, got ${format} at ${location}. List Moses files with listMosesPairs, read documents with readDocuments.`,
  );
}
