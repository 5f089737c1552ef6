/**
 * Takes records in any order and leaves sorted runs on disk: memory is bounded, whatever their number.
 *
 * Records go to sections (buckets of MinHash, for example); each file that is spilled holds the sections one behind another, each sorted.
 */
import { join } from 'node:path';
import { createRecordWriter, type RecordRun } from './record-files.ts';
import { RECORD_WORDS, sortRecords } from './sort-records.ts';

export interface RecordSorterOptions {
  readonly directory: string;
  /** Files are called `<name>-0000.records` and so on. */
  readonly name: string;
  readonly numSections?: number;
  /** Records held in memory, over all sections. */
  readonly maxResidentRecords?: number;
}

/** One spilled file; section s is [offsets[s], offsets[s + 1]) of its records. */
export interface SpilledFile {
  readonly file: string;
  readonly offsets: readonly number[];
}

export interface RecordSorter {
  push(section: number, first: number, second: number, third: number, fourth: number): void;
  /** Writes what is left. @returns every file, in the order they were written */
  finish(): readonly SpilledFile[];
}

/** 32 MiB of records. */
const DEFAULT_MAX_RESIDENT_RECORDS = 1 << 21;

/** The runs of one section in the files that a sorter left in `directory`. */
export function runsOfSection(directory: string, files: readonly SpilledFile[], section = 0): RecordRun[] {
  return files.map(({ file, offsets }) => ({
    path: join(directory, file),
    start: offsets[section]!,
    end: offsets[section + 1]!,
  }));
}

export function createRecordSorter(options: RecordSorterOptions): RecordSorter {
  const { directory, name, numSections = 1, maxResidentRecords = DEFAULT_MAX_RESIDENT_RECORDS } = options;
  const sections = Array.from({ length: numSections }, () => new Uint32Array(64 * RECORD_WORDS));
  const counts = new Array<number>(numSections).fill(0);
  const files: SpilledFile[] = [];
  let resident = 0;
  let scratch = new Uint32Array(0);

  const spill = (): void => {
    const file = `${name}-${String(files.length).padStart(4, '0')}.records`;
    const writer = createRecordWriter(join(directory, file));
    const offsets = [0];
    for (const [section, words] of sections.entries()) {
      const numRecords = counts[section]!;
      if (scratch.length < words.length) scratch = new Uint32Array(words.length);
      sortRecords(words, numRecords, scratch);
      writer.write(words.subarray(0, numRecords * RECORD_WORDS));
      counts[section] = 0;
      offsets.push(writer.numRecords);
    }
    writer.close();
    files.push({ file, offsets });
    resident = 0;
  };
  return {
    push: (section, first, second, third, fourth) => {
      if (resident === maxResidentRecords) spill();
      let words = sections[section]!;
      const at = counts[section]!++ * RECORD_WORDS;
      if (at === words.length) {
        words = new Uint32Array(words.length * 2);
        words.set(sections[section]!);
        sections[section] = words;
      }
      words[at] = first;
      words[at + 1] = second;
      words[at + 2] = third;
      words[at + 3] = fourth;
      resident++;
    },
    finish: () => {
      if (resident > 0) spill();
      return files;
    },
  };
}
