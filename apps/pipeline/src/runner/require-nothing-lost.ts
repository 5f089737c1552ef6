/** What a half-done stage has saved, days of training perhaps, is deleted on request only. */
import { join } from 'node:path';
import { BadInputError } from '../errors.ts';
import type { PlannedStage } from './plan-run.ts';
import type { RunRecipe } from './stage.ts';

/** Whether running the stage would delete what an unfinished attempt has saved. */
export function losesWork<R extends RunRecipe>({ status, wouldDelete }: PlannedStage<R>): boolean {
  return status === 'run' && wouldDelete !== undefined;
}

/** @throws BadInputError naming the first stage that would lose its work, what changed, and the ways out */
export function requireNothingLost<R extends RunRecipe>(planned: readonly PlannedStage<R>[], directory: string): void {
  const entry = planned.find(losesWork);
  if (entry === undefined) return;
  throw new BadInputError(
    `[@marco-ts/pipeline] runStages: what a stage has saved is not deleted unasked, got stage ${entry.stage.name} half done and what it began from changed (${causesOf(entry, planned)}) at ${join(directory, entry.wouldDelete!)}. Nothing was changed. Take the change back to go on where it stopped, choose another run directory with --output, or give --discard-unfinished to delete it and begin the stage anew.`,
  );
}

/** Why it cannot go on, and why the stages that it reads run again, where they are the cause. */
function causesOf<R extends RunRecipe>(entry: PlannedStage<R>, planned: readonly PlannedStage<R>[]): string {
  const names = new Set([entry.stage.name]);
  const causes: string[] = [];
  for (const { stage, status, reason } of planned.slice(0, planned.indexOf(entry) + 1).toReversed()) {
    if (!names.has(stage.name)) continue;
    for (const name of stage.dependsOn) names.add(name);
    if (status === 'run') causes.push(stage === entry.stage ? reason : `${stage.name}: ${reason}`);
  }
  return causes.join('; ');
}
