/**
 * Files of sorted records: written from memory, read back a buffer at a time, searched without reading them whole.
 *
 * Format: records one behind another, each four unsigned 32-bit words, little-endian; nothing else. A run is a stretch of sorted records in
 * such a file. Files are opened for each refill only, so that thousands of runs need no thousands of open files.
 */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { RECORD_BYTES, RECORD_WORDS } from './sort-records.ts';

export interface RecordRun {
  readonly path: string;
  /** In records. */
  readonly start: number;
  readonly end: number;
}

export interface RecordWriter {
  /** Records written so far. */
  readonly numRecords: number;
  /** Four unsigned 32-bit words. */
  push(first: number, second: number, third: number, fourth: number): void;
  /** Many records at once. */
  write(words: Uint32Array): void;
  /** Waits until all is on the disk. */
  close(): void;
}

const BUFFER_RECORDS = 1 << 12;

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

export function createRecordWriter(path: string): RecordWriter {
  const file = openSync(path, 'w');
  const buffer = new Uint32Array(BUFFER_RECORDS * RECORD_WORDS);
  let used = 0;
  let numRecords = 0;
  const flush = (): void => {
    writeAll(file, new Uint8Array(buffer.buffer, 0, used * 4));
    used = 0;
  };
  return {
    get numRecords() {
      return numRecords;
    },
    push: (first, second, third, fourth) => {
      if (used === buffer.length) flush();
      buffer[used] = first;
      buffer[used + 1] = second;
      buffer[used + 2] = third;
      buffer[used + 3] = fourth;
      used += RECORD_WORDS;
      numRecords++;
    },
    write: (words) => {
      flush();
      writeAll(file, new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
      numRecords += words.length / RECORD_WORDS;
    },
    close: () => {
      flush();
      fsyncSync(file);
      closeSync(file);
    },
  };
}

/**
 * @returns the records [start, end) of a file
 * @throws Error when the file ends before
 */
export function readRecords(path: string, start: number, end: number): Uint32Array {
  const words = new Uint32Array((end - start) * RECORD_WORDS);
  const bytes = new Uint8Array(words.buffer);
  const file = openSync(path, 'r');
  try {
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(file, bytes, done, bytes.length - done, start * RECORD_BYTES + done);
      if (read === 0) {
        throw new Error(
          `[@marco-ts/data] readRecords: the file must hold ${end} records, got its end at byte ${start * RECORD_BYTES + done} of ${path}. Remove the directory of its stage and run again.`,
        );
      }
      done += read;
    }
  } finally {
    closeSync(file);
  }
  return words;
}

export interface RecordCursor {
  /** Words of the current record start here in `words`; -1 behind the last record. */
  at: number;
  words: Uint32Array;
  next(): void;
}

/** Stands on the first record of a run; reads `bufferRecords` at a time. */
export function openRecordRun(run: RecordRun, bufferRecords = BUFFER_RECORDS): RecordCursor {
  let next = run.start;
  const cursor: RecordCursor = {
    at: -1,
    words: new Uint32Array(0),
    next: () => {
      cursor.at += RECORD_WORDS;
      if (cursor.at < cursor.words.length) return;
      const end = Math.min(run.end, next + bufferRecords);
      cursor.words = readRecords(run.path, next, end);
      cursor.at = next < end ? 0 : -1;
      next = end;
    },
  };
  cursor.at = -RECORD_WORDS;
  cursor.next();
  return cursor;
}

/** First record of a run whose first word is at least `first` (and then whose second word is at least `second`); the run's end without one. */
export function findRecord(run: RecordRun, first: number, second = 0): number {
  let [low, high] = [run.start, run.end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const words = readRecords(run.path, middle, middle + 1);
    if (words[0]! < first || (words[0] === first && words[1]! < second)) low = middle + 1;
    else high = middle;
  }
  return low;
}
