/**
 * From the pairs of all buckets to two sorted files: which units are duplicates, and of which unit; how many units each first one stands for.
 *
 * Format: `duplicates.records` holds (file, unit, first file, first unit), `clusters.records` (first file, first unit, size, 0).
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createRecordSorter, runsOfSection } from '../sorted-records/create-record-sorter.ts';
import { mergeRuns } from '../sorted-records/merge-runs.ts';
import { createRecordWriter, type RecordRun } from '../sorted-records/record-files.ts';
import { joinPairs, mergeDistinct } from './join-pairs.ts';

export const DUPLICATES_FILE = 'duplicates.records';
export const CLUSTERS_FILE = 'clusters.records';

export interface ClusterDuplicatesOptions {
  readonly runs: readonly RecordRun[];
  /** Where the two files go; must exist. Intermediate files are removed. */
  readonly directory: string;
  /** One bucket: each unit is paired with the first of its cluster already. */
  readonly isJoined: boolean;
  readonly maxResidentUnits?: number;
}

export interface DuplicateClusters {
  readonly numDuplicates: number;
  readonly numClusters: number;
  readonly largestCluster: number;
}

export function clusterDuplicates(options: ClusterDuplicatesOptions): DuplicateClusters {
  const { directory, maxResidentUnits } = options;
  const temporary = join(directory, '.joining');
  mkdirSync(temporary);
  const joined = options.isJoined
    ? options.runs
    : joinPairs({
        runs: options.runs,
        directory: temporary,
        ...(maxResidentUnits === undefined ? {} : { maxResidentUnits }),
      });
  const duplicates = createRecordWriter(join(directory, DUPLICATES_FILE));
  const byFirst = createRecordSorter({ directory: temporary, name: 'by-first' });
  mergeDistinct(joined, temporary, (file, unit, firstFile, firstUnit) => {
    duplicates.push(file, unit, firstFile, firstUnit);
    byFirst.push(0, firstFile, firstUnit, 0, 0);
  });
  duplicates.close();
  const clusters = createRecordWriter(join(directory, CLUSTERS_FILE));
  let [file, unit, size, largestCluster] = [-1, -1, 0, 0];
  const close = (): void => {
    if (size > 0) clusters.push(file, unit, size + 1, 0);
    largestCluster = Math.max(largestCluster, size > 0 ? size + 1 : 0);
  };
  mergeRuns(runsOfSection(temporary, byFirst.finish()), temporary, (firstFile, firstUnit) => {
    if (firstFile !== file || firstUnit !== unit) {
      close();
      [file, unit, size] = [firstFile, firstUnit, 0];
    }
    size++;
  });
  close();
  clusters.close();
  rmSync(temporary, { recursive: true });
  return { numDuplicates: duplicates.numRecords, numClusters: clusters.numRecords, largestCluster };
}
