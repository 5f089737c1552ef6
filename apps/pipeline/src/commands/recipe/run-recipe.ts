/**
 * `marco run` and `marco resume`: runs the stages of a recipe, then writes the report and says where everything lies.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Recipe } from '../../config/recipe-schema.ts';
import { createTerminal, type Terminal } from '../../console/terminal.ts';
import { InterruptedError } from '../../errors.ts';
import { summaryTable } from '../../report/summary-table.ts';
import { HTML_REPORT_FILE, writeReport } from '../../report/write-report.ts';
import { planRun } from '../../runner/plan-run.ts';
import { checkRunDirectory } from '../../runner/run-directory.ts';
import type { RunOutcome } from '../../runner/run-stages.ts';
import type { CommandOutput, Pipeline } from '../pipeline.ts';
import { runAtTerminal, stagesAsJson } from '../run-at-terminal.ts';
import { planAsJson, planTable } from './show-plan.ts';
import { stageTable } from './stage-table.ts';

export interface RunRequest {
  readonly recipe: Recipe;
  readonly source: string;
  readonly directory: string;
  readonly verify?: 'inputs' | 'all';
  readonly dryRun: boolean;
  readonly discardUnfinished: boolean;
  /** one JSON object on stdout at the end; everything for people goes to stderr */
  readonly json: boolean;
  /** the command that goes on where this run stops */
  readonly resumeCommand: string;
}

/** @throws BadInputError, StageFailedError or InterruptedError, with everything finished so far kept */
export async function runRecipe(pipeline: Pipeline, request: RunRequest, output: CommandOutput): Promise<void> {
  const { recipe, directory } = request;
  const stages = await pipeline.stages(recipe);
  const { requireRecipeMemory } = await import('../../training/require-recipe-memory.ts');
  await requireRecipeMemory(recipe);
  const terminal = createTerminal(request.json ? output.stderr : output.stdout);
  if (request.dryRun) {
    await checkRunDirectory(directory, recipe);
    const planned = await planRun({ stages, recipe, directory, codeVersion: pipeline.codeVersion });
    if (request.json) output.stdout.write(`${JSON.stringify({ directory, stages: planAsJson(planned) }, null, 2)}\n`);
    else terminal.write(`${recipe.name} in ${directory}\n\n${planTable(planned)}\n\nNothing was run (--dry-run).\n`);
    return;
  }
  let outcome: RunOutcome<Recipe>;
  try {
    outcome = await runAtTerminal(terminal, {
      stages,
      recipe,
      source: request.source,
      directory,
      codeVersion: pipeline.codeVersion,
      discardUnfinished: request.discardUnfinished,
      ...(request.verify && { verify: request.verify }),
    });
  } catch (error) {
    if (error instanceof InterruptedError) {
      terminal.write(`${terminal.style('yellow', `${error.message}.`)} Go on with: ${request.resumeCommand}\n`);
    }
    throw error;
  }
  await finish(pipeline, request, outcome, terminal, output);
}

async function finish(
  pipeline: Pipeline,
  request: RunRequest,
  outcome: RunOutcome<Recipe>,
  terminal: Terminal,
  output: CommandOutput,
): Promise<void> {
  const { directory } = request;
  const isNew = outcome.ran.length > 0;
  const results = await pipeline.collectResults(directory);
  if (isNew || !existsSync(join(directory, HTML_REPORT_FILE))) await writeReport(directory, results);
  if (request.json) {
    output.stdout.write(
      `${JSON.stringify({ directory, ran: outcome.ran, stages: stagesAsJson(outcome), results }, null, 2)}\n`,
    );
    return;
  }
  if (!isNew) {
    terminal.write(
      `Nothing to do: all ${outcome.stages.length} stages of ${request.recipe.name} are up to date in ${directory}.\n`,
    );
  }
  terminal.write(
    `\n${stageTable(outcome, terminal.isInteractive ? terminal.columns : undefined)}\n\n${summaryTable(results)}\n\n`,
  );
  const files = [{ path: HTML_REPORT_FILE, what: 'the report; open it in a browser' }, ...results.artifacts];
  const width = Math.max(...files.map((file) => join(directory, file.path).length));
  for (const file of files)
    terminal.write(`  ${join(directory, file.path).padEnd(width)}  ${terminal.style('dim', file.what)}\n`);
}
