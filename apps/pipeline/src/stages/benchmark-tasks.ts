/** The benchmarks that a recipe asks of its first and last model: those made of its own held-out text, and published sets from a directory. */
import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  directoryDatasetFiles,
  type EvalTask,
  findTasks,
  HELD_OUT,
  type HeldOutKind,
  heldOutTask,
  loadTask,
  type TaskDefinition,
} from '@marco-ts/eval';
import { languageTiers } from '../config/recipe-languages.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import { BadInputError } from '../errors.ts';
import { BENCHMARKS_DIRECTORY } from '../stage-files/data-files.ts';

/** Tier of a benchmark in a language that the recipe does not train. */
const OTHER = 'other';
/** What published sets call a language that the recipe has under its own code. */
const SAME_LANGUAGE: Readonly<Record<string, string>> = { zho_Hans: 'cmn_Hans', cmn_Hans: 'zho_Hans' };

/** Told before anything is read. @throws BadInputError when a task is unknown or its directory is not there */
export function requireBenchmarks({ eval: { benchmarks } }: Recipe): void {
  if (benchmarks === undefined) return;
  const published = publishedTasks(benchmarks.tasks);
  const { data } = benchmarks;
  if (published.length > 0 && (data === undefined || !existsSync(data) || !statSync(data).isDirectory())) {
    throw new BadInputError(
      `[@marco-ts/pipeline] eval.benchmarks.data: must be a directory of data sets for ${published[0]!.name}, got ${data ?? 'none'}. Name one, or ask for ${HELD_OUT} alone.`,
    );
  }
}

/** @throws BadInputError when a set is not in the directory or no row of it is usable */
export async function loadBenchmarks(recipe: Recipe, dataDirectory: string): Promise<EvalTask[]> {
  const { benchmarks } = recipe.eval;
  if (benchmarks === undefined) return [];
  const { tasks: names, data, limit, numFewShot } = benchmarks;
  const own = join(dataDirectory, BENCHMARKS_DIRECTORY);
  const tiers = languageTiers(recipe);
  const load = (definition: TaskDefinition, directory: string): Promise<EvalTask> => {
    const { language } = definition;
    const tier = tiers.get(language) ?? tiers.get(SAME_LANGUAGE[language] ?? '') ?? OTHER;
    return loadTask(definition, {
      files: directoryDatasetFiles(directory),
      limit,
      tiers: { [language]: tier },
      ...(numFewShot !== undefined && { numFewShot }),
    });
  };
  try {
    const heldOut = names.includes(HELD_OUT) ? await heldOutDefinitions(own) : [];
    return [
      ...(await Promise.all(heldOut.map((definition) => load(definition, own)))),
      ...(await Promise.all(publishedTasks(names).map((definition) => load(definition, data!)))),
    ];
  } catch (error) {
    throw new BadInputError((error as Error).message, { cause: error });
  }
}

function publishedTasks(names: readonly string[]): TaskDefinition[] {
  try {
    return findTasks(names.filter((name) => name !== HELD_OUT));
  } catch (error) {
    throw new BadInputError(`${(error as Error).message} In eval.benchmarks.tasks.`, { cause: error });
  }
}

/** Of every language that the test split gave rows. */
async function heldOutDefinitions(directory: string): Promise<TaskDefinition[]> {
  const root = join(directory, HELD_OUT);
  if (!existsSync(root)) return [];
  const kinds = (await readdir(root)) as HeldOutKind[];
  return (
    await Promise.all(
      kinds
        .toSorted()
        .map(async (kind) => (await readdir(join(root, kind))).sort().map((language) => heldOutTask(kind, language))),
    )
  ).flat();
}
