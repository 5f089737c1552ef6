/**
 * The stage that pairs equal keys: a unit is one part of one bucket over all files.
 */
import { findDuplicatePairs } from '../disk-dedup/find-duplicate-pairs.ts';
import { runsOfSection } from '../sorted-records/create-record-sorter.ts';
import type { RecordRun } from '../sorted-records/record-files.ts';
import type { RunDirectory } from '../world/run-directory.ts';
import type { Stage } from '../world/stage.ts';

export interface PairsStageOptions {
  readonly name: string;
  readonly summary: string;
  /** The stage that left the keys. */
  readonly keys: Stage;
  readonly numBuckets: number;
  readonly numParts: number;
}

/** Runs of one section in all units of a stage. */
export async function runsOfStage(run: RunDirectory, stage: Stage, section: number): Promise<RecordRun[]> {
  const runs: RecordRun[] = [];
  const numUnits = await stage.countUnits(run);
  for (let index = 0; index < numUnits; index++) {
    const { records = [] } = await run.readUnit(stage.name, index);
    runs.push(...runsOfSection(run.unit(stage.name, index), records, section));
  }
  return runs;
}

export function pairsStage({ name, summary, keys, numBuckets, numParts }: PairsStageOptions): Stage {
  return {
    name,
    summary,
    fixedUnits: numBuckets * numParts,
    countUnits: async () => numBuckets * numParts,
    runUnit: async (index, { run, directory }) => {
      const [bucket, part] = [Math.floor(index / numParts), index % numParts];
      const records = findDuplicatePairs({ runs: await runsOfStage(run, keys, bucket), part, numParts, directory });
      const numPairs = records.reduce((sum, { offsets }) => sum + offsets.at(-1)!, 0);
      return { name: `bucket ${bucket}, part ${part}`, outputs: [], records, counts: { numPairs } };
    },
  };
}
