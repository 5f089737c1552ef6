/**
 * Documents from a Parquet file, a row group at a time (or a part of one that is too large to hold).
 *
 * Source: npm `hyparquet`. Differs: lengths in the footer are checked against the file before anything is read for them.
 */
import { type FileMetaData, parquetMetadataAsync, parquetReadObjects, type RowGroup } from 'hyparquet';
import type { Document } from '../../document.ts';
import { openRandomAccess, type RandomAccess } from '../bytes/random-access.ts';
import type { NetworkOptions } from '../remote/remote-request.ts';
import { BOUNDED_COMPRESSORS } from './parquet-compressors.ts';
import type { ReadContext } from './read-context.ts';

/** Decompressed bytes of the rows that are held at once. */
const HELD_BYTES = 128 * 2 ** 20;
const MAX_FOOTER_BYTES = 64 * 2 ** 20;
/** Rows of a group need a few bytes each; more rows than this per byte are a lie. */
const MAX_ROWS_PER_BYTE = 1000;

const bufferOf = (bytes: Uint8Array): ArrayBuffer =>
  bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength
    ? (bytes.buffer as ArrayBuffer)
    : (bytes.slice().buffer as ArrayBuffer);

function asyncBufferOf(file: RandomAccess) {
  return {
    byteLength: file.sizeBytes,
    async slice(start: number, end: number = file.sizeBytes): Promise<ArrayBuffer> {
      if (!(start >= 0 && end >= start && end <= file.sizeBytes)) {
        throw new Error(`bytes ${start} to ${end} are named, the file has ${file.sizeBytes}`);
      }
      return bufferOf(await file.read(start, end));
    },
  };
}

async function readMetadata(file: RandomAccess): Promise<FileMetaData> {
  if (file.sizeBytes < 12) throw new Error(`${file.sizeBytes} bytes are no Parquet file`);
  const tail = Buffer.from(await file.read(file.sizeBytes - 8, file.sizeBytes));
  if (tail.toString('latin1', 4) !== 'PAR1')
    throw new Error('the file does not end in PAR1: it is cut off or no Parquet file');
  const footerBytes = tail.readUInt32LE(0);
  if (footerBytes > Math.min(file.sizeBytes - 12, MAX_FOOTER_BYTES)) {
    throw new Error(`the footer is said to have ${footerBytes} bytes, the file has ${file.sizeBytes}`);
  }
  return parquetMetadataAsync(asyncBufferOf(file));
}

interface CheckedGroup {
  readonly byteOffset: number;
  readonly numRows: number;
  readonly decompressedBytes: number;
}

/** @throws Error where the footer says what cannot be */
function checkGroup(group: RowGroup, fileBytes: number): CheckedGroup {
  let byteOffset = fileBytes;
  let compressedBytes = 0;
  let decompressedBytes = 0;
  const numRows = Number(group.num_rows);
  for (const { meta_data: column } of group.columns) {
    if (column === undefined) throw new Error('a column without its metadata');
    const start = Number(column.dictionary_page_offset || column.data_page_offset);
    const size = Number(column.total_compressed_size);
    if (!(start >= 4 && size >= 0 && start + size <= fileBytes)) {
      throw new Error(
        `column ${column.path_in_schema.join('.')} is said to have bytes ${start} to ${start + size}, the file has ${fileBytes}`,
      );
    }
    byteOffset = Math.min(byteOffset, start);
    compressedBytes += size;
    decompressedBytes += Math.max(Number(column.total_uncompressed_size), size);
  }
  if (!(Number.isSafeInteger(numRows) && numRows >= 0 && numRows <= compressedBytes * MAX_ROWS_PER_BYTE)) {
    throw new Error(`${group.num_rows} rows are said to be in ${compressedBytes} bytes`);
  }
  return { byteOffset, numRows, decompressedBytes };
}

/** @returns documents in the order of rows; ids are the rows' own or `name:row`, rows from 1 */
export async function* readParquet(context: ReadContext, network: NetworkOptions): AsyncGenerator<Document> {
  const { file: input, report } = context;
  const { location } = input;
  const detailOf = (error: unknown): string => {
    context.signal?.throwIfAborted();
    return (error as Error).message;
  };
  let file: RandomAccess;
  try {
    file = await openRandomAccess(location, network);
  } catch (error) {
    report({ location, byteOffset: 0, reason: 'unreadable', detail: detailOf(error) });
    return;
  }
  try {
    let metadata: FileMetaData;
    try {
      metadata = await readMetadata(file);
    } catch (error) {
      report({ location, byteOffset: Math.max(0, file.sizeBytes - 8), reason: 'malformed', detail: detailOf(error) });
      return;
    }
    const buffer = asyncBufferOf(file);
    let groupStart = 0;
    for (const group of metadata.row_groups) {
      let byteOffset = 4;
      let firstRow = groupStart;
      try {
        const checked = checkGroup(group, file.sizeBytes);
        byteOffset = checked.byteOffset;
        const groupEnd = groupStart + checked.numRows;
        const numRowsHeld = Math.max(
          1,
          Math.floor(checked.numRows / Math.max(1, Math.ceil(checked.decompressedBytes / HELD_BYTES))),
        );
        for (; firstRow < groupEnd; firstRow += numRowsHeld) {
          context.signal?.throwIfAborted();
          const rowEnd = Math.min(groupEnd, firstRow + numRowsHeld);
          const rows = await parquetReadObjects({
            file: buffer,
            metadata,
            rowStart: firstRow,
            rowEnd,
            compressors: BOUNDED_COMPRESSORS,
          });
          if (rows.length !== rowEnd - firstRow)
            throw new Error(`${rows.length} rows where the footer says ${rowEnd - firstRow}`);
          for (const [index, row] of rows.entries()) {
            const line = firstRow + index + 1;
            const result = context.documentOfRow(row, `${input.name}:${line}`, context);
            if ('reason' in result) report({ location, line, byteOffset, ...result });
            else if (result.document.text.length > context.maxDocumentBytes) {
              const detail = `a text of ${result.document.text.length} characters, at most ${context.maxDocumentBytes} bytes are read`;
              report({ location, line, byteOffset, reason: 'too_long', detail });
            } else yield result.document;
          }
        }
        groupStart = groupEnd;
      } catch (error) {
        if ((error as Error).name === 'ReadFaultError') throw error;
        report({ location, byteOffset, line: firstRow + 1, reason: 'malformed', detail: detailOf(error) });
        groupStart += Number(group.num_rows);
        if (!Number.isSafeInteger(groupStart)) return;
      }
    }
  } finally {
    await file.close();
  }
}
