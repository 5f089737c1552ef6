/**
 * The one interface of what documents are written through.
 */
import type { Document } from '../document.ts';

/** A file that was written. */
export interface WrittenFile {
  /** Relative to the directory, with `/`. */
  readonly path: string;
  readonly numDocuments: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Takes documents until it is closed or abandoned. */
export interface DocumentWriter {
  /** Resolves when the document is taken; slow disks make it wait. */
  write(document: Document): Promise<void>;
  /** Finishes every file and gives all of them their names. @returns the files, sorted by path */
  close(): Promise<readonly WrittenFile[]>;
  /** Removes what was written; safe to call after a failure of the others, and after `close` it does nothing. */
  abandon(): Promise<void>;
}
