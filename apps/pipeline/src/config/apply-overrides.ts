/**
 * Applies `--set path=value` to a recipe: `pretrain.stages[0].learningRate=0.002`, `eval.translationLanguages=[fra_Latn]`.
 */
import { parse } from 'yaml';
import { BadInputError } from '../errors.ts';
import { type ConfigPath, formatPath } from './config-problem.ts';
import { mergeRecipe } from './merge-recipe.ts';

export interface Overridden {
  readonly value: unknown;
  /** `--set ...` as given, by the path it set */
  readonly places: ReadonlyMap<string, string>;
}

/**
 * @param settings each `path=value`; the value is read as YAML, so `3`, `true`, `[a, b]` and `null` (take the key away) work
 * @throws BadInputError for a setting that has no `=` or that walks through a value which is not a section or list
 */
export function applyOverrides(recipe: unknown, settings: readonly string[]): Overridden {
  const places = new Map<string, string>();
  let value = recipe;
  for (const setting of settings) {
    const [, name, text] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    if (name === undefined || text === undefined) {
      throw new BadInputError(
        `[@marco-ts/pipeline] applyOverrides: --set takes path=value, got "${setting}". Example: --set pretrain.stages[0].learningRate=0.002`,
      );
    }
    const path: ConfigPath = name
      .trim()
      .split(/[.[\]]+/)
      .filter((part) => part !== '')
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    let parsed: unknown;
    try {
      parsed = parse(text);
    } catch (error) {
      throw new BadInputError(
        `[@marco-ts/pipeline] applyOverrides: the value must be YAML, got ${(error as Error).message.split('\n')[0]} in --set ${setting}.`,
      );
    }
    value = setAt(value, path, parsed, setting, 0);
    places.set(formatPath(path), `--set ${setting}`);
  }
  return { value, places };
}

function setAt(value: unknown, path: ConfigPath, replacement: unknown, setting: string, depth: number): unknown {
  if (depth === path.length) return mergeRecipe(value, replacement);
  const part = path[depth]!;
  if (Array.isArray(value)) {
    if (typeof part !== 'number' || part >= value.length) {
      throw new BadInputError(
        `[@marco-ts/pipeline] applyOverrides: ${formatPath(path.slice(0, depth))} is a list of ${value.length}, got position "${part}" in --set ${setting}. Positions count from 0.`,
      );
    }
    return value.map((item, index) => (index === part ? setAt(item, path, replacement, setting, depth + 1) : item));
  }
  if (value !== undefined && (typeof value !== 'object' || value === null)) {
    throw new BadInputError(
      `[@marco-ts/pipeline] applyOverrides: ${formatPath(path.slice(0, depth))} is ${JSON.stringify(value)} and has no "${part}", got --set ${setting}. See every key with: marco config schema`,
    );
  }
  const section: Record<string, unknown> = { ...(value as Record<string, unknown> | undefined) };
  if (replacement === null && depth === path.length - 1) delete section[String(part)];
  else section[String(part)] = setAt(section[String(part)], path, replacement, setting, depth + 1);
  return section;
}
