/**
 * The commands around a recipe: `run`, `resume`, `report` and `plan`.
 */
import { join } from 'node:path';
import type { Command } from 'commander';
import { checkWithOverrides, loadRecipe } from '../../config/load-recipe.ts';
import type { Recipe } from '../../config/recipe-schema.ts';
import { writeReport } from '../../report/write-report.ts';
import { planRun } from '../../runner/plan-run.ts';
import {
  type CommandContext,
  collect,
  DISCARD_OPTION,
  EXIT_CODE_HELP,
  ownCommand,
  quoted,
} from '../command-context.ts';
import { findRunDirectory } from './find-run-directory.ts';
import { RECIPE_ARGUMENT } from './recipe-argument.ts';
import { runRecipe } from './run-recipe.ts';
import { mixtureTable, planAsJson, plannedSources, planTable } from './show-plan.ts';
import { probeTable } from './show-probe.ts';

interface RecipeOptions {
  readonly output?: string;
  readonly set?: readonly string[];
  readonly dryRun?: boolean;
  readonly discardUnfinished?: boolean;
  readonly json?: boolean;
}

export function addRecipeCommands(program: Command, { pipeline, output }: CommandContext): void {
  withRecipeOptions(program.command('run'))
    .description('run a recipe: stages that are up to date are skipped, a stopped run goes on where it stopped')
    .option('-n, --dry-run', 'say what would run and why, and write nothing')
    .option(...DISCARD_OPTION)
    .addHelpText(
      'after',
      `
Examples:
  marco run tiny-cpu
  marco run tiny-cpu --set pretrain.stages[0].learningRate=0.002 --set eval.numSamples=4
  marco run recipe.ts --output /data/runs/one --json > result.json
${EXIT_CODE_HELP}`,
    )
    .action(async (name: string, options: RecipeOptions) => {
      const { recipe, source } = await loadRecipe(name, options.set);
      const directory = runDirectory(recipe, options);
      const resumeCommand = `${ownCommand()} resume ${quoted(directory)}`;
      const { dryRun = false, json = false, discardUnfinished = false } = options;
      await runRecipe(pipeline, { recipe, source, directory, dryRun, json, discardUnfinished, resumeCommand }, output);
    });

  program
    .command('resume')
    .description(
      'go on with a stopped run, with the recipe stored in its directory; a stage whose files are gone or changed runs again',
    )
    .argument('[dir]', 'run directory (default: the latest below runs/)')
    .option(...DISCARD_OPTION)
    .option('--json', 'write one JSON object to stdout; messages go to stderr')
    .addHelpText('after', '\nExamples:\n  marco resume\n  marco resume runs/tiny-cpu')
    .action(async (given: string | undefined, options: { json?: boolean; discardUnfinished?: boolean }) => {
      const { directory, record } = await findRunDirectory(given);
      const recipe = checkWithOverrides(record.recipe, [], join(directory, 'recipe.json'));
      const resumeCommand = `${ownCommand()} resume ${quoted(directory)}`;
      const { json = false, discardUnfinished = false } = options;
      await runRecipe(
        pipeline,
        {
          recipe,
          source: record.source,
          directory,
          verify: 'all',
          dryRun: false,
          json,
          discardUnfinished,
          resumeCommand,
        },
        output,
      );
    });

  program
    .command('report')
    .description('write report.html, report.md and results.json again from what a run directory holds')
    .argument('[dir]', 'run directory (default: the latest below runs/)')
    .option('--json', 'write the results to stdout too')
    .addHelpText('after', '\nExamples:\n  marco report\n  marco report runs/tiny-cpu')
    .action(async (given: string | undefined, options: { json?: boolean }) => {
      const { directory } = await findRunDirectory(given);
      const results = await pipeline.collectResults(directory);
      const files = await writeReport(directory, results);
      if (options.json) output.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
      else output.stdout.write(`${files.join('\n')}\n`);
    });

  withRecipeOptions(program.command('plan'))
    .description('print the stages, the mixture and the tokens of a recipe; writes nothing')
    .option(
      '--probe',
      'train a few steps on random tokens and tell the memory and time that pretraining would take here',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  marco plan tiny-cpu\n  marco plan my.yaml --probe\n  marco plan my.yaml --json',
    )
    .action(async (name: string, options: RecipeOptions & { readonly probe?: boolean }) => {
      const { recipe } = await loadRecipe(name, options.set);
      const directory = runDirectory(recipe, options);
      const stages = await pipeline.stages(recipe);
      const planned = await planRun({ stages, recipe, directory, codeVersion: pipeline.codeVersion });
      const sources = plannedSources(recipe);
      const probe = options.probe
        ? await (await import('../../training/probe-training.ts')).probeTraining(recipe)
        : undefined;
      if (options.json) {
        const plan = { directory, stages: planAsJson(planned), mixture: sources, ...(probe && { probe }), recipe };
        output.stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
        return;
      }
      output.stdout.write(`${recipe.name} in ${directory}\n\n${planTable(planned)}\n\n${mixtureTable(recipe)}\n`);
      if (probe !== undefined) output.stdout.write(`\n${probeTable(probe)}\n`);
    });
}

function withRecipeOptions(command: Command): Command {
  return command
    .argument('<recipe>', RECIPE_ARGUMENT)
    .option('-o, --output <dir>', 'run directory (default: runs/<name of the recipe>)')
    .option('-s, --set <path=value>', 'override one value; can be repeated', collect)
    .option('--json', 'write one JSON object to stdout; messages go to stderr');
}

function runDirectory(recipe: Recipe, options: RecipeOptions): string {
  return options.output ?? join(recipe.outputDirectory ?? 'runs', recipe.name);
}
