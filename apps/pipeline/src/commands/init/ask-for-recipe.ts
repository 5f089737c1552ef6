/** Asks a person for what the options of `marco init` left open. */
import { existsSync } from 'node:fs';
import { checkbox, input, select } from '@inquirer/prompts';
import { MARCO_LANGUAGES } from '@marco-ts/data';
import { languageSchema } from '../../config/schema/fields.ts';
import { InterruptedError } from '../../errors.ts';
import { HARDWARE, type RecipeAnswers } from './recipe-answers.ts';
import { tierOf } from './tier-of.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * @param given answers that the command line has; they are not asked for
 * @throws InterruptedError on Ctrl-C
 */
export async function askForRecipe(given: Partial<RecipeAnswers>): Promise<RecipeAnswers> {
  try {
    return await ask(given);
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError') throw new InterruptedError('SIGINT', undefined);
    throw error;
  }
}

async function ask(given: Partial<RecipeAnswers>): Promise<RecipeAnswers> {
  const context = { output: process.stderr };
  const name =
    given.name ??
    (await input(
      {
        message: 'Name of the recipe',
        default: 'mine',
        validate: (text) => NAME.test(text) || 'letters, digits, ".", "_" or "-"',
      },
      context,
    ));
  const languages: readonly string[] =
    given.languages ??
    (await checkbox(
      {
        message: "Languages (space chooses; English helps to keep the base model's knowledge)",
        choices: MARCO_LANGUAGES.map((language) => ({
          name: `${language.name}  ${language.nativeName}`,
          value: language.code,
          description: `${language.code}, ${tierOf(language.code)} tier`,
          checked: language.code === 'eng_Latn',
        })),
        required: true,
        pageSize: 12,
      },
      context,
    ).then(async (chosen) => [...chosen, ...(await askForOthers(context))]));
  const modelDirectory =
    'modelDirectory' in given
      ? given.modelDirectory
      : await askForPath('Directory of a Qwen2 model (empty: a toy from random weights)', 'config.json', context);
  const textDirectory =
    'textDirectory' in given
      ? given.textDirectory
      : await askForPath('Folder of your text (empty: the declaration of human rights)', '', context);
  const hardware =
    given.hardware ??
    (await select(
      {
        message: 'What will it run on?',
        choices: HARDWARE.map((value) => ({ value, name: value === 'cpu' ? 'this processor' : 'a GPU' })),
      },
      context,
    ));
  return { ...given, name, languages, modelDirectory, textDirectory, hardware };
}

type PromptContext = Parameters<typeof input>[1];

async function askForOthers(context: PromptContext): Promise<string[]> {
  const codesOf = (text: string): string[] => text.split(/[\s,]+/).filter((code) => code !== '');
  const text = await input(
    {
      message: 'Further languages, as ISO 639-3 and script (swh_Latn, yor_Latn; empty: none)',
      validate: (given) => {
        const wrong = codesOf(given).find((code) => !languageSchema.safeParse(code).success);
        return wrong === undefined || `"${wrong}" is not like swh_Latn`;
      },
    },
    context,
  );
  return codesOf(text);
}

async function askForPath(message: string, file: string, context: PromptContext): Promise<string | undefined> {
  const path = await input(
    {
      message,
      validate: (text) => text === '' || existsSync(`${text}/${file}`) || `there is no ${text}/${file}`,
    },
    context,
  );
  return path === '' ? undefined : path;
}
