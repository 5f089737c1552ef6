/** `marco export-run`: the pretraining of a run for another engine. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Engine } from '../../engines/export-run.ts';
import { type CommandContext, EXIT_CODE_HELP } from '../command-context.ts';

export function addExportRunCommand(program: Command, { output }: CommandContext): void {
  program
    .command('export-run')
    .description('write the pretraining of a run as data and settings of another engine, with its first model')
    .argument('[dir]', 'run directory whose data, shards and model are there (default: the latest below runs/)')
    .addOption(
      new Option('--to <engine>', 'which engine')
        .choices(['llama-factory', 'megatron', 'torchtitan'])
        .makeOptionMandatory(),
    )
    .requiredOption('-o, --output <dir>', 'a new directory')
    .option('--json', 'write one JSON object to stdout')
    .addHelpText(
      'after',
      `
Examples:
  marco export-run runs/my --to llama-factory -o lf && cd lf && llamafactory-cli train stage-1.yaml
  marco export-run runs/my --to megatron -o mg && cd mg && xargs pretrain_gpt.py < stage-1.args
  marco export-run runs/my --to torchtitan -o tt && cd tt && torchrun -m torchtitan.train --module marco_run --config stage_1
${EXIT_CODE_HELP}`,
    )
    .action(async (given: string | undefined, options: { to: Engine; output: string; json?: boolean }) => {
      const { findRunDirectory } = await import('../recipe/find-run-directory.ts');
      const { checkWithOverrides } = await import('../../config/load-recipe.ts');
      const { exportRun } = await import('../../engines/export-run.ts');
      const { directory, record } = await findRunDirectory(given);
      const recipe = checkWithOverrides(record.recipe, [], join(directory, 'recipe.json'));
      const files = await exportRun(options.to, directory, recipe, options.output);
      if (options.json)
        output.stdout.write(`${JSON.stringify({ engine: options.to, directory: options.output, files }, null, 2)}\n`);
      else output.stdout.write(`${files.map((file) => join(options.output, file)).join('\n')}\n`);
    });
}
