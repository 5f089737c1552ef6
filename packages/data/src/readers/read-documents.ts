/**
 * Documents of one input file, whatever its format, as a stream whose memory does not grow with the file.
 */
import type { Document } from '../document.ts';
import { openBytes } from './bytes/open-bytes.ts';
import { type DocumentOfRow, documentFromRow } from './document-from-row.ts';
import type { ReadContext } from './formats/read-context.ts';
import { readHtml } from './formats/read-html.ts';
import { readJson } from './formats/read-json.ts';
import { readJsonl } from './formats/read-jsonl.ts';
import { readParquet } from './formats/read-parquet.ts';
import { readText } from './formats/read-text.ts';
import { readWarc } from './formats/read-warc.ts';
import type { InputFile } from './input-file.ts';
import { type ReportFault, reporter } from './read-fault.ts';
import type { NetworkOptions } from './remote/remote-request.ts';

/** What the fields are called, how large records may be, and what becomes of bad ones. */
export interface ReadDocumentsOptions {
  /** Language of documents that do not say it, `und_Zyyy` without one. */
  readonly language?: string;
  /** Field of JSONL and Parquet rows with the text, `text` without one. */
  readonly textKey?: string;
  /** Field with the id, `id` without one. */
  readonly idKey?: string;
  /** Field with the language; without one `language`, then `lang`. */
  readonly languageKey?: string;
  /** Makes documents of JSONL and Parquet rows in place of the keys above, for example `knowledgeRows`. */
  readonly documentOfRow?: DocumentOfRow;
  /** Whether a plain text file is one document or each of its lines is. */
  readonly textUnit?: 'file' | 'line';
  /** Longest file, line or record in bytes, decompressed; 64 MiB without one. */
  readonly maxDocumentBytes?: number;
  /** Told of each file, line or record that gives no document; without it the first one throws a `ReadFaultError`. */
  readonly onFault?: ReportFault;
  readonly signal?: AbortSignal;
  /** How remote files are asked for. */
  readonly network?: Omit<NetworkOptions, 'signal'>;
}

const DEFAULT_MAX_DOCUMENT_BYTES = 64 * 2 ** 20;

/**
 * @returns documents in the order of the file
 * @throws ReadFaultError at the first fault when there is no `onFault`; the signal's reason when aborted
 */
export async function* readDocuments(file: InputFile, options: ReadDocumentsOptions = {}): AsyncGenerator<Document> {
  const context: ReadContext = {
    file,
    language: options.language ?? 'und_Zyyy',
    textKey: options.textKey ?? 'text',
    idKey: options.idKey ?? 'id',
    ...(options.languageKey === undefined ? {} : { languageKey: options.languageKey }),
    documentOfRow: options.documentOfRow ?? documentFromRow,
    textUnit: options.textUnit ?? 'file',
    maxDocumentBytes: options.maxDocumentBytes ?? DEFAULT_MAX_DOCUMENT_BYTES,
    report: reporter('readDocuments', options.onFault),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const network: NetworkOptions = {
    ...options.network,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  options.signal?.throwIfAborted();
  switch (file.format) {
    case 'jsonl':
      return yield* readJsonl(openBytes(file, network), context);
    case 'json':
      return yield* readJson(openBytes(file, network), context);
    case 'text':
      return yield* readText(openBytes(file, network), context);
    case 'html':
      return yield* readHtml(openBytes(file, network), context);
    case 'parquet':
      return yield* readParquet(context, network);
    case 'warc':
    case 'wet':
    case 'arc':
      return yield* readWarc(openBytes(file, network), context);
    default:
      throw new Error(
        `[@marco-ts/data] readDocuments: the format must give documents, got ${file.format} at ${file.location}. Read translation pairs with readPairs.`,
      );
  }
}
