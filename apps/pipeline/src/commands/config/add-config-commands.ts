/**
 * `marco config`: checks recipes and prints their schema.
 */
import type { Command } from 'commander';
import { loadRecipe } from '../../config/load-recipe.ts';
import { recipeEditorSchema } from '../../config/recipe-editor-schema.ts';
import { type CommandContext, collect } from '../command-context.ts';
import { RECIPE_ARGUMENT } from '../recipe/recipe-argument.ts';

export function addConfigCommands(program: Command, { output }: CommandContext): void {
  const config = program.command('config').description('check recipes and print their schema');
  config
    .command('check')
    .description('say everything that is wrong in a recipe, with places and the nearest valid names')
    .argument('<recipe>', RECIPE_ARGUMENT)
    .option('-s, --set <path=value>', 'override one value; can be repeated', collect)
    .option('--json', 'write the resolved recipe, or the problems, as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  marco config check my.yaml\n  marco config check tiny-cpu --json > resolved.json',
    )
    .action(async (name: string, options: { set?: readonly string[]; json?: boolean }) => {
      const { recipe } = await loadRecipe(name, options.set);
      output.stdout.write(
        options.json ? `${JSON.stringify(recipe, null, 2)}\n` : `${name}: a valid recipe, "${recipe.name}"\n`,
      );
    });
  config
    .command('schema')
    .description('print the JSON Schema of recipes, for editors')
    .addHelpText(
      'after',
      `
Examples:
  marco config schema > recipe.schema.json
  then, as first line of a YAML recipe:  # yaml-language-server: $schema=recipe.schema.json`,
    )
    .action(() => void output.stdout.write(`${JSON.stringify(recipeEditorSchema(), null, 2)}\n`));
}
