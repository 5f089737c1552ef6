/**
 * Merges any number of sorted runs into one ascending sequence within bounded memory.
 *
 * Source: balanced merging with a heap, Knuth, The Art of Computer Programming, volume 3, section 5.4.1. More runs than `MAX_FAN_IN` are merged
 * in groups to files of their own before.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createRecordWriter, openRecordRun, type RecordCursor, type RecordRun } from './record-files.ts';
import { compareRecords } from './sort-records.ts';

export type VisitRecord = (first: number, second: number, third: number, fourth: number) => void;

const MAX_FAN_IN = 512;
/** Shared by the runs of one merge: 32 MiB. */
const BUFFERED_RECORDS = 1 << 21;
const MAX_BUFFER_RECORDS = 1 << 14;

const isBefore = (a: RecordCursor, b: RecordCursor): boolean => compareRecords(a.words, a.at, b.words, b.at) < 0;

function siftDown(heap: RecordCursor[], from: number): void {
  const moved = heap[from]!;
  let at = from;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, moved)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = moved;
}

function mergeOnce(runs: readonly RecordRun[], visit: VisitRecord): void {
  const bufferRecords = Math.min(MAX_BUFFER_RECORDS, Math.floor(BUFFERED_RECORDS / Math.max(1, runs.length)));
  const heap = runs.map((run) => openRecordRun(run, bufferRecords)).filter(({ at }) => at >= 0);
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) siftDown(heap, at);
  while (heap.length > 0) {
    const least = heap[0]!;
    const { words, at } = least;
    visit(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
    least.next();
    if (least.at < 0) {
      const last = heap.pop()!;
      if (heap.length === 0) break;
      heap[0] = last;
    }
    siftDown(heap, 0);
  }
}

/**
 * @param runs each ascending
 * @param directory for intermediate files, which are removed
 * @param visit called with every record in ascending order, equal ones one after the other
 * @param maxFanIn runs that are merged at once
 */
export function mergeRuns(
  runs: readonly RecordRun[],
  directory: string,
  visit: VisitRecord,
  maxFanIn = MAX_FAN_IN,
): void {
  let current = runs.filter(({ start, end }) => end > start);
  const made: string[] = [];
  while (current.length > maxFanIn) {
    const merged: RecordRun[] = [];
    for (let start = 0; start < current.length; start += maxFanIn) {
      const path = join(directory, `.merged-${made.length}`);
      const writer = createRecordWriter(path);
      made.push(path);
      mergeOnce(current.slice(start, start + maxFanIn), writer.push);
      writer.close();
      merged.push({ path, start: 0, end: writer.numRecords });
    }
    current = merged;
  }
  mergeOnce(current, visit);
  for (const path of made) rmSync(path, { force: true });
}
