// biome-ignore-all lint/suspicious/noTemplateCurlyInString: path templates name their fields so
/**
 * Writes documents into JSONL or Parquet files by a template, so that all files of a rank appear together and complete, or none does.
 *
 * Documents are held until `BLOCK_BYTES` of them wait, then the fullest file gets a block: a gzip member, a zstd frame, a Parquet row group.
 * So memory stays the same for one language or five hundred, and equal documents in equal order give equal bytes.
 * Units: sizes before compression unless they are of files.
 */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Document } from '../document.ts';
import { formatOfName } from '../readers/input-file.ts';
import { type BlockEncoder, createJsonlEncoder } from './block-encoder.ts';
import type { DocumentWriter, WrittenFile } from './document-writer.ts';
import { createParquetEncoder } from './parquet-encoder.ts';
import { checkPathTemplate, pathOfDocument } from './path-template.ts';

/** Where files go, what they are called, and how large they become. */
export interface CreateDocumentWriterOptions {
  readonly directory: string;
  /** For example `${language}/${rank}.jsonl.gz`; the suffix chooses format and compression. */
  readonly template: string;
  readonly rank: number;
  /** A file that has taken this many bytes of documents is followed by `-1`, `-2`. */
  readonly maxFileBytes?: number;
  /** Bytes of documents held in memory over all files; 64 MiB without one. */
  readonly maxHeldBytes?: number;
}

interface OpenFile {
  readonly path: string;
  readonly temporary: string;
  readonly encoder: BlockEncoder;
  readonly hash: Hash;
  numDocuments: number;
  sizeBytes: number;
}

const DEFAULT_HELD_BYTES = 64 * 2 ** 20;
/** A file is given a block when it holds this much, whatever the others hold. */
const BLOCK_BYTES = 8 * 2 ** 20;

function encoderFor(template: string): () => BlockEncoder {
  const { format, compression } = formatOfName(template);
  if (format === 'jsonl') return () => createJsonlEncoder(compression);
  if (format === 'parquet' && compression === 'none') return createParquetEncoder;
  throw new Error(
    `[@marco-ts/data] createDocumentWriter: a template must end in .jsonl, .jsonl.gz, .jsonl.zst or .parquet, got ${JSON.stringify(template)}. Change its suffix.`,
  );
}

/**
 * @throws Error when the template is wrong; `write` and `close` when the disk fails: call `abandon` then, nothing has got its name yet
 */
export function createDocumentWriter(options: CreateDocumentWriterOptions): DocumentWriter {
  const { directory, template, rank, maxFileBytes = Number.POSITIVE_INFINITY } = options;
  const maxHeldBytes = options.maxHeldBytes ?? DEFAULT_HELD_BYTES;
  checkPathTemplate(template);
  const createEncoder = encoderFor(template);
  const files = new Map<string, OpenFile>();
  const partOf = new Map<string, number>();
  let heldBytes = 0;
  let state: 'open' | 'failed' | 'closed' = 'open';

  async function append(file: OpenFile, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    const isNew = file.sizeBytes === 0;
    if (isNew) await mkdir(dirname(file.temporary), { recursive: true });
    const handle: FileHandle = await open(file.temporary, isNew ? 'w' : 'a');
    try {
      await handle.writeFile(bytes);
    } finally {
      await handle.close();
    }
    file.hash.update(bytes);
    file.sizeBytes += bytes.length;
  }

  async function writeBlock(file: OpenFile): Promise<void> {
    heldBytes -= file.encoder.heldBytes;
    await append(file, await file.encoder.takeBlock());
  }

  function fileOf(document: Document): OpenFile {
    const base = pathOfDocument(template, document, rank, 0);
    let part = partOf.get(base) ?? 0;
    let path = part === 0 ? base : pathOfDocument(template, document, rank, part);
    if ((files.get(path)?.encoder.takenBytes ?? 0) >= maxFileBytes) {
      partOf.set(base, ++part);
      path = pathOfDocument(template, document, rank, part);
    }
    let file = files.get(path);
    if (file === undefined) {
      const target = join(directory, path);
      // The same name each time: what a killed run left is written over by the next one.
      const temporary = join(dirname(target), `.${basename(target)}.writing`);
      file = { path, temporary, encoder: createEncoder(), hash: createHash('sha256'), numDocuments: 0, sizeBytes: 0 };
      files.set(path, file);
    }
    return file;
  }

  async function guarded<Result>(step: () => Promise<Result>): Promise<Result> {
    if (state !== 'open') {
      throw new Error(
        `[@marco-ts/data] DocumentWriter: it must be open, got one that is ${state} at ${directory}. Create another one.`,
      );
    }
    try {
      return await step();
    } catch (error) {
      state = 'failed';
      throw new Error(
        `[@marco-ts/data] DocumentWriter: every document must reach the disk, got ${(error as Error).message} at ${directory}. Nothing has got its name yet: make room and run again.`,
        { cause: error },
      );
    }
  }

  return {
    write: (document) =>
      guarded(async () => {
        const file = fileOf(document);
        const before = file.encoder.heldBytes;
        file.encoder.add(document);
        file.numDocuments++;
        heldBytes += file.encoder.heldBytes - before;
        if (file.encoder.heldBytes >= BLOCK_BYTES) await writeBlock(file);
        while (heldBytes > maxHeldBytes) {
          const fullest = [...files.values()].reduce((a, b) => (b.encoder.heldBytes > a.encoder.heldBytes ? b : a));
          await writeBlock(fullest);
        }
      }),
    close: () =>
      guarded(async () => {
        const open = [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
        for (const file of open) {
          await writeBlock(file);
          await append(file, await file.encoder.finish());
          const handle = await openForSync(file.temporary);
          await handle.sync().finally(() => handle.close());
        }
        for (const { temporary, path } of open) await rename(temporary, join(directory, path));
        state = 'closed';
        return open.map(
          ({ path, numDocuments, sizeBytes, hash }): WrittenFile => ({
            path,
            numDocuments,
            sizeBytes,
            sha256: hash.digest('hex'),
          }),
        );
      }),
    async abandon() {
      if (state === 'closed') return;
      state = 'failed';
      for (const { temporary } of files.values()) {
        await rm(temporary, { force: true }).catch((error: NodeJS.ErrnoException) => {
          // Where its folder could not be made there is nothing to remove.
          if (error.code !== 'ENOTDIR') throw error;
        });
      }
      files.clear();
    },
  };
}

const openForSync = (path: string): Promise<FileHandle> => open(path, 'r+');
