/** One rank of a world through all stages, as a pod has it: node rank.program.ts <output> <rank> <world size>. */
import { openRun } from '../../src/plan/open-run.ts';
import { runRank } from '../../src/world/run-rank.ts';
import { waitForStages } from '../../src/world/wait-for-stages.ts';

const [output, rank, worldSize] = process.argv.slice(2);
const { run, stages } = await openRun(output!);
for (const [index, stage] of stages.entries()) {
  await waitForStages(run, stages.slice(0, index), { intervalMs: 10 });
  await runRank({ run, stage, rank: Number(rank), worldSize: Number(worldSize) });
}
