/**
 * Checks a plain value against the recipe schema and says everything that is wrong, each with path, rule, what came and the nearest valid name.
 */
import type { z } from 'zod';
import { checkAcrossSections } from './check-across-sections.ts';
import { type ConfigPath, type ConfigProblem, formatPath } from './config-problem.ts';
import { hintedKey } from './familiar-names.ts';
import { nearestName } from './nearest-name.ts';
import { keysAt, pathsOfKey } from './recipe-keys.ts';
import { type Recipe, recipeSchema } from './recipe-schema.ts';

/** The recipe, or everything that is wrong with it. */
export type CheckedRecipe = { readonly recipe: Recipe } | { readonly problems: readonly ConfigProblem[] };

/** Checks a value of any kind; it never throws for what the value holds. */
export function checkRecipe(value: unknown): CheckedRecipe {
  const result = recipeSchema.safeParse(value, { reportInput: true });
  const across = checkAcrossSections(value);
  if (result.success) return across.length === 0 ? { recipe: result.data } : { problems: across };
  const problems: ConfigProblem[] = [];
  const explainedMissing = new Set<string>();
  for (const issue of result.error.issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const path = issue.path as ConfigPath;
    for (const key of issue.keys) {
      const { text, missing } = unknownKey(key, path, value);
      if (missing !== undefined) explainedMissing.add(formatPath([...path, missing]));
      problems.push({ path: [...path, key], message: text });
    }
  }
  for (const issue of result.error.issues) {
    if (issue.code === 'unrecognized_keys') continue;
    const path = issue.path as ConfigPath;
    if (isMissing(issue, path, value) && explainedMissing.has(formatPath(path))) continue;
    problems.push({ path, message: describe(issue, path, value) });
  }
  const told = new Set(problems.map(({ path }) => formatPath(path)));
  return { problems: [...problems, ...across.filter(({ path }) => !told.has(formatPath(path)))] };
}

function unknownKey(key: string, path: ConfigPath, recipe: unknown): { text: string; missing?: string } {
  const valid = keysAt(path, recipe);
  const text = `unknown key "${key}" at ${formatPath(path)}`;
  const near = hintedKey(key, valid) ?? nearestName(key, valid);
  if (near !== undefined) return { text: `${text}; did you mean "${near}"?`, missing: near };
  const elsewhere = pathsOfKey(key);
  if (elsewhere.length > 0 && elsewhere.length <= 3) {
    return { text: `${text}; did you mean ${elsewhere.map((place) => formatPath(place)).join(' or ')}?` };
  }
  return { text: `${text}; valid keys: ${valid.join(', ')}` };
}

function describe(issue: z.core.$ZodIssue, path: ConfigPath, recipe: unknown): string {
  const where = formatPath(path);
  const input = valueAt(recipe, path);
  if (isMissing(issue, path, recipe)) {
    return `missing key "${String(path.at(-1))}" at ${formatPath(path.slice(0, -1))}; expected ${expected(issue)}`;
  }
  const got = `got ${show(input)}`;
  switch (issue.code) {
    case 'invalid_value': {
      const names = issue.values.map(String);
      const near = typeof input === 'string' ? nearestName(input, names) : undefined;
      return `${where}: expected ${listed(names)}, ${got}${near === undefined ? '' : `; did you mean "${near}"?`}`;
    }
    case 'invalid_union': {
      const names = ((issue as { options?: readonly unknown[] }).options ?? []).map(String);
      const near = typeof input === 'string' ? nearestName(input, names) : undefined;
      return `${where}: expected ${listed(names)}, ${got}${near === undefined ? '' : `; did you mean "${near}"?`}`;
    }
    case 'custom':
      return typeof input === 'object'
        ? `${where}: ${issue.message}${sumOf(input)}`
        : `${where}: ${issue.message}, ${got}`;
    case 'invalid_format':
      return `${where}: ${issue.message}, ${got}`;
    default:
      return `${where}: expected ${expected(issue)}, ${got}`;
  }
}

function expected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return (
        {
          int: 'a whole number',
          number: 'a number',
          string: 'a text',
          boolean: 'true or false',
          array: 'a list',
          object: 'a section',
        }[issue.expected as string] ?? String(issue.expected)
      );
    case 'too_small': {
      const least = `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
      return issue.origin === 'array'
        ? `${least} ${issue.minimum === 1 ? 'entry' : 'entries'}`
        : issue.origin === 'string'
          ? `${least} characters`
          : least;
    }
    case 'too_big': {
      const most = `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
      return issue.origin === 'array' ? `${most} entries` : issue.origin === 'string' ? `${most} characters` : most;
    }
    case 'invalid_value':
      return listed(issue.values.map(String));
    case 'invalid_union':
      return listed(((issue as { options?: readonly unknown[] }).options ?? []).map(String));
    default:
      return issue.message;
  }
}

function isMissing(issue: z.core.$ZodIssue, path: ConfigPath, recipe: unknown): boolean {
  const parent = valueAt(recipe, path.slice(0, -1));
  return (
    path.length > 0 &&
    typeof parent === 'object' &&
    parent !== null &&
    valueAt(recipe, path) === undefined &&
    issue.code !== 'custom'
  );
}

function valueAt(value: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string | number, unknown>)[part] : undefined,
    value,
  );
}

/** Shares that do not add up are easiest to mend when their sum is told. */
function sumOf(input: unknown): string {
  const values = typeof input === 'object' && input !== null ? Object.values(input) : [];
  if (values.length === 0 || !values.every((value) => typeof value === 'number')) return '';
  return `, got ${Number(values.reduce((sum: number, value) => sum + (value as number), 0).toPrecision(6))}`;
}

function listed(names: readonly string[]): string {
  return names.length === 1 ? `"${names[0]}"` : `one of ${names.map((name) => `"${name}"`).join(', ')}`;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
