/**
 * Joins pairs into clusters within bounded memory: every unit is paired with the first one of its cluster.
 *
 * Pairs go through union-find as many as fit in memory; where they do not all fit, the stars that each pass leaves are joined on disk by
 * rounds of "large star" and "small star" until nothing changes. Source: union-find: Tarjan 1975; rounds: Kiveris et al. 2014, "Connected
 * Components in MapReduce and Beyond". The answer depends on neither the bound nor the order of the pairs: the smallest unit of a cluster.
 */
import { createHashTable } from '../dedup/hash-table.ts';
import { createUnionFind } from '../dedup/union-find.ts';
import { createRecordSorter, runsOfSection } from '../sorted-records/create-record-sorter.ts';
import { mergeRuns, type VisitRecord } from '../sorted-records/merge-runs.ts';
import type { RecordRun } from '../sorted-records/record-files.ts';

export interface JoinPairsOptions {
  /** Sorted pairs (file, unit, file, unit), the later unit first. */
  readonly runs: readonly RecordRun[];
  /** For intermediate files; must exist. */
  readonly directory: string;
  /** Units that union-find holds at once; about 60 bytes each. */
  readonly maxResidentUnits?: number;
}

export const DEFAULT_MAX_RESIDENT_UNITS = 1 << 22;

/** Calls `visit` once for records that repeat. */
export function mergeDistinct(runs: readonly RecordRun[], directory: string, visit: VisitRecord): void {
  let [a, b, c, d] = [-1, -1, -1, -1];
  mergeRuns(runs, directory, (first, second, third, fourth) => {
    if (first === a && second === b && third === c && fourth === d) return;
    [a, b, c, d] = [first, second, third, fourth];
    visit(first, second, third, fourth);
  });
}

/** Units of one pass, numbered as they come, and which of them are joined. */
function createPass(maxUnits: number) {
  const numbers = createHashTable();
  const files: number[] = [];
  const units: number[] = [];
  const pairs: number[] = [];
  const numberOf = (file: number, unit: number): number => {
    const known = numbers.getOrSet(unit, file, files.length);
    if (known >= 0) return known;
    units.push(unit);
    return files.push(file) - 1;
  };
  return {
    isFull: () => files.length + 2 > maxUnits,
    add: (file: number, unit: number, otherFile: number, otherUnit: number): void => {
      pairs.push(numberOf(file, unit), numberOf(otherFile, otherUnit));
    },
    /** Each unit but the smallest of its set, with that one. */
    finish: (visit: VisitRecord): void => {
      const sets = createUnionFind(files.length);
      for (let i = 0; i < pairs.length; i += 2) sets.union(pairs[i]!, pairs[i + 1]!);
      const smallest = new Int32Array(files.length).fill(-1);
      for (let i = 0; i < files.length; i++) {
        const root = sets.find(i);
        const known = smallest[root]!;
        if (known < 0 || files[i]! < files[known]! || (files[i] === files[known] && units[i]! < units[known]!))
          smallest[root] = i;
      }
      for (let i = 0; i < files.length; i++) {
        const first = smallest[sets.find(i)]!;
        if (first !== i) visit(files[i]!, units[i]!, files[first]!, units[first]!);
      }
    },
  };
}

interface Joined {
  readonly runs: readonly RecordRun[];
  /** Equal for equal sets of records, whatever their order and number of repeats. */
  readonly fingerprint: string;
}

/** Writes what `fill` pushes as sorted runs. */
function collect(directory: string, name: string, fill: (push: VisitRecord) => void): readonly RecordRun[] {
  const sorter = createRecordSorter({ directory, name });
  fill((first, second, third, fourth) => sorter.push(0, first, second, third, fourth));
  return runsOfSection(directory, sorter.finish());
}

function fingerprintOf(runs: readonly RecordRun[], directory: string): string {
  let [count, sum] = [0, 0];
  mergeDistinct(runs, directory, (first, second, third, fourth) => {
    count++;
    sum = Math.imul(Math.imul(Math.imul(sum ^ first, 0x01000193) ^ second, 0x01000193) ^ third, 0x01000193) ^ fourth;
  });
  return `${count}/${sum}`;
}

/** Every unit hands its later neighbours to the smallest unit it knows. */
function largeStar(runs: readonly RecordRun[], directory: string, name: string): readonly RecordRun[] {
  const both = collect(directory, `${name}-both`, (push) => {
    mergeDistinct(runs, directory, (first, second, third, fourth) => {
      push(first, second, third, fourth);
      push(third, fourth, first, second);
    });
  });
  return collect(directory, name, (push) => {
    let [file, unit, leastFile, leastUnit] = [-1, -1, -1, -1];
    mergeDistinct(both, directory, (first, second, third, fourth) => {
      if (first !== file || second !== unit) {
        [file, unit] = [first, second];
        const isNeighbourLess = third < first || (third === first && fourth < second);
        [leastFile, leastUnit] = isNeighbourLess ? [third, fourth] : [first, second];
      }
      if (third > first || (third === first && fourth > second)) push(third, fourth, leastFile, leastUnit);
    });
  });
}

/** Every unit hands its earlier neighbours, and itself, to the smallest of them. */
function smallStar(runs: readonly RecordRun[], directory: string, name: string): readonly RecordRun[] {
  return collect(directory, name, (push) => {
    let [file, unit, leastFile, leastUnit] = [-1, -1, -1, -1];
    mergeDistinct(runs, directory, (first, second, third, fourth) => {
      if (first !== file || second !== unit) {
        [file, unit, leastFile, leastUnit] = [first, second, third, fourth];
        push(first, second, third, fourth);
        return;
      }
      if (third !== leastFile || fourth !== leastUnit) push(third, fourth, leastFile, leastUnit);
    });
  });
}

function untilUnchanged(first: readonly RecordRun[], directory: string): readonly RecordRun[] {
  let current: Joined = { runs: first, fingerprint: fingerprintOf(first, directory) };
  for (let round = 0; ; round++) {
    const large = largeStar(current.runs, directory, `large-${round}`);
    const runs = smallStar(large, directory, `small-${round}`);
    const fingerprint = fingerprintOf(runs, directory);
    if (fingerprint === current.fingerprint) return runs;
    current = { runs, fingerprint };
  }
}

/** @returns sorted runs of (file, unit, file, unit): every unit that is not the first of its cluster, once, with the first */
export function joinPairs(options: JoinPairsOptions): readonly RecordRun[] {
  const { runs, directory, maxResidentUnits = DEFAULT_MAX_RESIDENT_UNITS } = options;
  let numPasses = 1;
  const stars = collect(directory, 'stars', (push) => {
    let pass = createPass(maxResidentUnits);
    mergeDistinct(runs, directory, (...pair) => {
      if (pass.isFull()) {
        pass.finish(push);
        pass = createPass(maxResidentUnits);
        numPasses++;
      }
      pass.add(...pair);
    });
    pass.finish(push);
  });
  return numPasses === 1 ? stars : untilUnchanged(stars, directory);
}
