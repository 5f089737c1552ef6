/**
 * The stage that joins pairs into clusters: one unit, because every pair may join any two clusters.
 */
import { clusterDuplicates } from '../disk-dedup/cluster-duplicates.ts';
import type { Stage } from '../world/stage.ts';
import { runsOfStage } from './pairs-stage.ts';

export interface ClustersStageOptions {
  readonly name: string;
  readonly summary: string;
  readonly pairs: Stage;
  /** One bucket: pairs are joined already. */
  readonly isJoined: boolean;
  readonly maxResidentUnits?: number;
}

export function clustersStage({ name, summary, pairs, isJoined, maxResidentUnits }: ClustersStageOptions): Stage {
  return {
    name,
    summary,
    fixedUnits: 1,
    countUnits: async () => 1,
    runUnit: async (_index, { run, directory }) => {
      const counts = clusterDuplicates({
        runs: await runsOfStage(run, pairs, 0),
        directory,
        isJoined,
        ...(maxResidentUnits === undefined ? {} : { maxResidentUnits }),
      });
      return { name: 'all pairs', outputs: [], counts: { ...counts } };
    },
  };
}
