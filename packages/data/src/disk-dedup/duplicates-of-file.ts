/**
 * Walks through the duplicates of one file beside its documents: whether the next unit is one, and how many units it stands for.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findRecord, openRecordRun, type RecordRun } from '../sorted-records/record-files.ts';
import { RECORD_BYTES } from '../sorted-records/sort-records.ts';
import { CLUSTERS_FILE, DUPLICATES_FILE } from './cluster-duplicates.ts';

export interface DuplicateVerdict {
  readonly isDuplicate: boolean;
  /** Units that this one stands for, itself included; 1 for a duplicate. */
  readonly clusterSize: number;
}

export interface DuplicatesOfFile {
  /** Verdict on the file's next unit. */
  next(): DuplicateVerdict;
}

function runOfFile(path: string, file: number): RecordRun {
  const whole = { path, start: 0, end: existsSync(path) ? statSync(path).size / RECORD_BYTES : 0 };
  return { path, start: findRecord(whole, file), end: findRecord(whole, file + 1) };
}

/** @param directory where `clusterDuplicates` left its files */
export function duplicatesOfFile(directory: string, file: number): DuplicatesOfFile {
  const duplicates = openRecordRun(runOfFile(join(directory, DUPLICATES_FILE), file));
  const clusters = openRecordRun(runOfFile(join(directory, CLUSTERS_FILE), file));
  let unit = 0;
  return {
    next: () => {
      const isDuplicate = duplicates.at >= 0 && duplicates.words[duplicates.at + 1] === unit;
      if (isDuplicate) duplicates.next();
      let clusterSize = 1;
      if (clusters.at >= 0 && clusters.words[clusters.at + 1] === unit) {
        clusterSize = clusters.words[clusters.at + 2]!;
        clusters.next();
      }
      unit++;
      return { isDuplicate, clusterSize };
    },
  };
}
