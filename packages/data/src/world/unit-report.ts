/**
 * What one unit of a stage says of itself: written last into its directory, the same bytes whoever does the unit and when.
 */
import type { FunnelReport } from '../filters/create-funnel.ts';
import type { SpilledFile } from '../sorted-records/create-record-sorter.ts';
import type { DocumentStatistics } from './document-statistics.ts';

/** A file that a unit wrote. */
export interface UnitOutput {
  /** Name within the unit's directory; a directory of files for a shard. */
  readonly file: string;
  /** Language of all its documents, where documents were parted by language. */
  readonly language?: string;
  readonly numDocuments: number;
  /** Where it is published, below the run's directory. */
  readonly publishAs?: string;
}

/** What a unit wrote and counted. */
export interface UnitReport {
  readonly formatVersion: 1;
  /** What the unit was made from: an input's name, a bucket, and so on. */
  readonly name: string;
  readonly outputs: readonly UnitOutput[];
  readonly funnel?: FunnelReport;
  readonly statistics?: DocumentStatistics;
  /** Documents or files that could not be read, by reason. */
  readonly faults?: Readonly<Record<string, number>>;
  /** Sorted records that a later stage merges. */
  readonly records?: readonly SpilledFile[];
  /** Counts of its own, such as pairs or tokens. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** What a stage gives for a unit; the runner adds the rest. */
export type UnitResult = Omit<UnitReport, 'formatVersion'>;
