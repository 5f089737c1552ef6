/**
 * `marco init`: writes a commented recipe from a few answers.
 */
import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { createTerminal } from '../../console/terminal.ts';
import { BadInputError } from '../../errors.ts';
import { type CommandContext, ownCommand, quoted } from '../command-context.ts';
import { HARDWARE, type Hardware, type RecipeAnswers } from './recipe-answers.ts';

interface InitOptions {
  readonly languages?: string;
  readonly model?: string;
  readonly text?: string;
  readonly textLanguage?: string;
  readonly groupField?: string;
  readonly hardware?: Hardware;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export function addInitCommand(program: Command, { output }: CommandContext): void {
  program
    .command('init')
    .description('write a commented recipe: asks for languages, base model, text and hardware')
    .argument('[name]', 'name of the recipe; it becomes <name>.yaml')
    .option('--languages <codes>', 'ISO 639-3 and script, with commas: eng_Latn,swh_Latn')
    .option('--model <dir>', 'Hugging Face directory of a Qwen2 model; "none" for a toy from random weights')
    .option('--text <dir>', 'folder of your text; "none" for the declaration of human rights')
    .option('--text-language <code>', 'language of documents in it that do not say theirs (default: the first)')
    .option('--group-field <name>', 'metadata field whose equal values mark translations of one another')
    .addOption(new Option('--hardware <kind>', 'what it will run on').choices([...HARDWARE]))
    .option('-y, --yes', 'ask nothing; what is not given takes its default')
    .option('-f, --force', 'replace the file that is there')
    .option('-n, --dry-run', 'print the recipe to stdout and write nothing')
    .addHelpText(
      'after',
      `
Examples:
  marco init
  marco init swahili --languages eng_Latn,swh_Latn --model ./Qwen2-0.5B --text ./texts --hardware gpu
  marco init toy --yes --dry-run`,
    )
    .action(async (name: string | undefined, options: InitOptions) => {
      const given = answersOf(name, options);
      const isAsking = !options.yes && process.stdin.isTTY === true;
      const { writeRecipe } = await import('./write-recipe.ts');
      const answers = isAsking
        ? await (await import('./ask-for-recipe.ts')).askForRecipe(given)
        : {
            name: 'mine',
            languages: ['eng_Latn', 'cmn_Hans', 'spa_Latn', 'swh_Latn'],
            hardware: 'cpu' as const,
            ...given,
          };
      const { text, file } = await writeRecipe(answers, { force: options.force, dryRun: options.dryRun });
      if (options.dryRun) return void output.stdout.write(text);
      const terminal = createTerminal(output.stderr);
      output.stdout.write(`${file}\n`);
      terminal.write(`next: ${ownCommand()} plan ${quoted(file)}, then ${ownCommand()} run ${quoted(file)}\n`);
    });
}

function answersOf(name: string | undefined, options: InitOptions): Partial<RecipeAnswers> {
  const directory = (flag: string, path: string | undefined, file: string) => {
    if (path === undefined) return {};
    if (path !== 'none' && !existsSync(`${path}/${file}`)) {
      throw new BadInputError(
        `[@marco-ts/pipeline] init: ${flag} must hold ${file || 'files'}, got nothing at ${path}.`,
      );
    }
    return { [flag === '--model' ? 'modelDirectory' : 'textDirectory']: path === 'none' ? undefined : path };
  };
  return {
    ...(name !== undefined && { name }),
    ...(options.languages !== undefined && { languages: options.languages.split(',').map((code) => code.trim()) }),
    ...directory('--model', options.model, 'config.json'),
    ...directory('--text', options.text, ''),
    ...(options.textLanguage !== undefined && { textLanguage: options.textLanguage }),
    ...(options.groupField !== undefined && { groupField: options.groupField }),
    ...(options.hardware !== undefined && { hardware: options.hardware }),
  };
}
