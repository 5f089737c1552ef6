/**
 * Turns what a user names (a built-in recipe, a TypeScript or JavaScript file, a YAML file) into a checked recipe, or says everything that is wrong.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BadInputError } from '../errors.ts';
import { BUILTIN_RECIPES } from '../recipes/builtin-recipes.ts';
import { applyOverrides } from './apply-overrides.ts';
import { checkRecipe } from './check-recipe.ts';
import { ConfigError, type ConfigPath, formatPath } from './config-problem.ts';
import { mergeRecipe } from './merge-recipe.ts';
import { nearestName } from './nearest-name.ts';
import { readYamlRecipe } from './read-yaml-recipe.ts';
import type { Recipe } from './recipe-schema.ts';

/** A checked recipe and where it came from. */
export interface LoadedRecipe {
  readonly recipe: Recipe;
  /** the built-in's name, or the file as it was given */
  readonly source: string;
}

const CODE_EXTENSIONS = ['.ts', '.mts', '.js', '.mjs'];
const YAML_EXTENSIONS = ['.yaml', '.yml'];
const OWN_NAME = '@marco-ts/pipeline';

/**
 * @param nameOrFile `tiny-cpu`, `my-recipe.ts`, `my-recipe.yaml`
 * @param settings `path=value` overrides, applied last
 * @throws ConfigError with every problem at once
 * @throws BadInputError when there is no such recipe, or a file cannot be read or run
 */
export async function loadRecipe(nameOrFile: string, settings: readonly string[] = []): Promise<LoadedRecipe> {
  const { value, placeOf } = await readRecipe(nameOrFile);
  return { recipe: checkWithOverrides(value, settings, nameOrFile, placeOf), source: nameOrFile };
}

/** Checks a recipe that is already a value, as `recipe.json` of a run holds it. */
export function checkWithOverrides(
  value: unknown,
  settings: readonly string[],
  source: string,
  placeOf: (path: ConfigPath) => string | undefined = () => undefined,
): Recipe {
  const overridden = applyOverrides(value, settings);
  const checked = checkRecipe(overridden.value);
  if ('recipe' in checked) return checked.recipe;
  throw new ConfigError(
    source,
    checked.problems.map((problem) => {
      const place = overrideOf(problem.path) ?? placeOf(problem.path);
      return place === undefined ? problem : { ...problem, place };
    }),
  );

  function overrideOf(path: ConfigPath): string | undefined {
    for (let length = path.length; length > 0; length--) {
      const place = overridden.places.get(formatPath(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    // A problem of a whole section, one value of which was set.
    const section = formatPath(path);
    return [...overridden.places].find(([set]) => set.startsWith(`${section}.`) || set.startsWith(`${section}[`))?.[1];
  }
}

async function readRecipe(
  nameOrFile: string,
): Promise<{ value: unknown; placeOf?: (path: ConfigPath) => string | undefined }> {
  const builtin = Object.hasOwn(BUILTIN_RECIPES, nameOrFile) ? BUILTIN_RECIPES[nameOrFile] : undefined;
  if (builtin !== undefined) return { value: await builtin() };
  const extension = extname(nameOrFile).toLowerCase();
  const isFile = CODE_EXTENSIONS.includes(extension) || YAML_EXTENSIONS.includes(extension);
  if (!isFile) {
    const near = nearestName(nameOrFile, Object.keys(BUILTIN_RECIPES));
    throw new BadInputError(
      `[@marco-ts/pipeline] loadRecipe: a recipe is a built-in (${Object.keys(BUILTIN_RECIPES).join(', ')}) or a file (${[...CODE_EXTENSIONS, ...YAML_EXTENSIONS].join(', ')}), got "${nameOrFile}".${near === undefined ? ' Check the name.' : ` Did you mean "${near}"?`}`,
    );
  }
  if (!existsSync(nameOrFile)) {
    throw new BadInputError(
      `[@marco-ts/pipeline] loadRecipe: a recipe file must exist, got nothing at ${resolve(nameOrFile)}. Check the path.`,
    );
  }
  return CODE_EXTENSIONS.includes(extension) ? { value: await runRecipeFile(nameOrFile) } : readYamlFile(nameOrFile);
}

async function readYamlFile(
  file: string,
): Promise<{ value: unknown; placeOf: (path: ConfigPath) => string | undefined }> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BadInputError(
      `[@marco-ts/pipeline] loadRecipe: a recipe file must be readable, got ${error.code} at ${file}.`,
    );
  });
  const yaml = readYamlRecipe(text, file);
  if (yaml.extends === undefined) return { value: yaml.values, placeOf: yaml.placeOf };
  const base = Object.hasOwn(BUILTIN_RECIPES, yaml.extends) ? BUILTIN_RECIPES[yaml.extends] : undefined;
  if (base === undefined) {
    const near = nearestName(yaml.extends, Object.keys(BUILTIN_RECIPES));
    throw new ConfigError(file, [
      {
        path: ['extends'],
        message: `extends: expected a built-in recipe (${Object.keys(BUILTIN_RECIPES).join(', ')}), got "${yaml.extends}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
      },
    ]);
  }
  // The name of a run is its directory's: two recipes under one name would overwrite each other's stages.
  if (yaml.values.name === undefined) {
    throw new ConfigError(file, [
      {
        path: ['name'],
        message: `missing key "name" at the top of the recipe; a recipe that extends "${yaml.extends}" needs a name of its own`,
      },
    ]);
  }
  return { value: mergeRecipe(await base(), yaml.values), placeOf: yaml.placeOf };
}

async function runRecipeFile(file: string): Promise<unknown> {
  // A recipe lies anywhere: what it imports from this package is this package, installed beside it or not.
  const hooks = registerHooks({
    resolve: (specifier, context, nextResolve) =>
      nextResolve(specifier, specifier === OWN_NAME ? { ...context, parentURL: import.meta.url } : context),
  });
  let exported: { default?: unknown };
  try {
    exported = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
  } catch (error) {
    throw new BadInputError(
      `[@marco-ts/pipeline] loadRecipe: a recipe file must run, got ${firstLines(error)} at ${file}. TypeScript here is what Node.js ${process.version} can strip: types, no enums or namespaces.`,
      { cause: error },
    );
  } finally {
    hooks.deregister();
  }
  if (typeof exported.default !== 'function') {
    throw new BadInputError(
      `[@marco-ts/pipeline] loadRecipe: a recipe file must export a function as default, got ${exported.default === undefined ? 'no default export' : typeof exported.default} at ${file}. Write: export default function (): Recipe { return { ...tinyCpu(), name: 'mine' }; }`,
    );
  }
  try {
    // Through JSON, as it will be stored: what JSON cannot carry must not seem to work.
    return JSON.parse(JSON.stringify((await exported.default()) ?? null));
  } catch (error) {
    throw new BadInputError(
      `[@marco-ts/pipeline] loadRecipe: a recipe function must return a plain object, got ${firstLines(error)} at ${file}.`,
      { cause: error },
    );
  }
}

function firstLines(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.name}: ${error.message.split('\n').slice(0, 2).join(' ')}`;
}
