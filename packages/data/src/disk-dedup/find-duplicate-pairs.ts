/**
 * Finds units with equal keys in one bucket of all files, and pairs each with the first of them.
 *
 * Source: the bucket stage of datatrove's MinHash. Records in: (key, key, file, unit), sorted; out: (file, unit, first file, first unit), sorted.
 * A bucket is cut into parts by the leading bits of its keys, so that there is work for as many ranks as wanted.
 */
import { createRecordSorter, type SpilledFile } from '../sorted-records/create-record-sorter.ts';
import { mergeRuns } from '../sorted-records/merge-runs.ts';
import { findRecord, type RecordRun } from '../sorted-records/record-files.ts';

export interface FindDuplicatePairsOptions {
  /** Sorted keys of one bucket: a run or more for each file. */
  readonly runs: readonly RecordRun[];
  /** Keys whose first word lies in part `part` of `numParts` equal ones. */
  readonly part: number;
  readonly numParts: number;
  /** Where the pairs go; must exist. */
  readonly directory: string;
  readonly maxResidentRecords?: number;
}

const NUM_KEYS = 2 ** 32;

function cutRun(run: RecordRun, part: number, numParts: number): RecordRun {
  const bound = (index: number): number => Math.ceil((index * NUM_KEYS) / numParts);
  return {
    path: run.path,
    start: part === 0 ? run.start : findRecord(run, bound(part)),
    end: part === numParts - 1 ? run.end : findRecord(run, bound(part + 1)),
  };
}

/** @returns the files of sorted pairs that were written to `directory` */
export function findDuplicatePairs(options: FindDuplicatePairsOptions): readonly SpilledFile[] {
  const { part, numParts, directory, maxResidentRecords } = options;
  const pairs = createRecordSorter({
    directory,
    name: 'pairs',
    ...(maxResidentRecords === undefined ? {} : { maxResidentRecords }),
  });
  let [low, high, firstFile, firstUnit] = [-1, -1, -1, -1];
  mergeRuns(
    options.runs.map((run) => cutRun(run, part, numParts)),
    directory,
    (keyLow, keyHigh, file, unit) => {
      if (keyLow === low && keyHigh === high) {
        pairs.push(0, file, unit, firstFile, firstUnit);
        return;
      }
      [low, high, firstFile, firstUnit] = [keyLow, keyHigh, file, unit];
    },
  );
  return pairs.finish();
}
