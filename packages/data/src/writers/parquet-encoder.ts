/**
 * Documents gathered into the row groups of a Parquet file with zstd pages: `id`, `text`, `language`, and `metadata` as JSON.
 *
 * Source: npm `hyparquet-writer`.
 */
import { zstdCompressSync } from 'node:zlib';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Document } from '../document.ts';
import type { BlockEncoder } from './block-encoder.ts';

const COLUMNS = ['id', 'text', 'language', 'metadata'] as const;
const SCHEMA = [
  { name: 'root', num_children: COLUMNS.length },
  ...COLUMNS.map((name) => ({
    name,
    type: 'BYTE_ARRAY' as const,
    converted_type: 'UTF8' as const,
    repetition_type: 'REQUIRED' as const,
  })),
];

export function createParquetEncoder(): BlockEncoder {
  const bytes = new ByteWriter();
  const parquet = new ParquetWriter({
    writer: bytes,
    schema: SCHEMA,
    codec: 'ZSTD',
    compressors: { ZSTD: (page) => zstdCompressSync(page) },
    // Smallest and largest texts in the footer would make it as large as the file.
    statistics: false,
    createdBy: 'marco-ts',
  });
  let held: Document[] = [];
  let heldBytes = 0;
  let takenBytes = 0;
  /** What the library wrote since the last call; its own buffer is emptied. */
  const drain = (): Uint8Array => {
    const written = bytes.getBytes().slice();
    bytes.index = 0;
    return written;
  };
  return {
    add(document) {
      held.push(document);
      const size = Buffer.byteLength(document.text) + document.id.length + 64 * Object.keys(document.metadata).length;
      heldBytes += size;
      takenBytes += size;
    },
    get heldBytes() {
      return heldBytes;
    },
    get takenBytes() {
      return takenBytes;
    },
    async takeBlock() {
      if (held.length > 0) {
        const column = (name: (typeof COLUMNS)[number], cellOf: (document: Document) => string) => ({
          name,
          data: held.map(cellOf),
        });
        await parquet.write({
          columnData: [
            column('id', ({ id }) => id),
            column('text', ({ text }) => text),
            column('language', ({ language }) => language),
            column('metadata', ({ metadata }) => JSON.stringify(metadata)),
          ],
          rowGroupSize: held.length,
        });
      }
      held = [];
      heldBytes = 0;
      return drain();
    },
    async finish() {
      await parquet.finish();
      return drain();
    },
  };
}
