/**
 * `marco completion`: a script that lets the shell complete commands, options and built-in recipes.
 */
import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { BUILTIN_RECIPES } from '../recipes/builtin-recipes.ts';

/** Call it last: it completes the commands that are there. */
export function addCompletionCommand(program: Command): void {
  const completion = tab(program, { completionCommandName: 'completion' });
  for (const command of completion.commands.values()) {
    const recipe = command.arguments.get('recipe');
    if (recipe === undefined) continue;
    recipe.handler = (complete) => {
      for (const name of Object.keys(BUILTIN_RECIPES)) complete(name, 'built-in recipe');
    };
  }
  program.commands
    .find((command) => command.name() === 'completion')
    ?.description('print a script that lets the shell complete what you type')
    .addHelpText(
      'after',
      `
Examples:
  marco completion bash >> ~/.bashrc
  marco completion zsh >> ~/.zshrc
  marco completion fish > ~/.config/fish/completions/marco.fish`,
    );
}
