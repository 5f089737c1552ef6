/**
 * Reads a YAML 1.2 recipe: values, the name it extends, and where each value stands in the file.
 *
 * Keys may be written as in TypeScript (`microBatchSize`), in snake_case (`micro_batch_size`), or as other trainers name them
 * (`per_device_train_batch_size`).
 */
import { ConfigError, type ConfigPath, type ConfigProblem, formatPath } from './config-problem.ts';
import { familiarKey } from './familiar-names.ts';
import { openYaml } from './open-yaml.ts';
import { keysAt } from './recipe-keys.ts';

export interface YamlRecipe {
  /** the file's own values under the recipe's key names, without `extends` */
  readonly values: Record<string, unknown>;
  readonly extends?: string;
  /** @returns `file:line:column` of a path, or of the nearest written section above it; undefined when nothing of it is in the file */
  placeOf(path: ConfigPath): string | undefined;
}

/** @throws ConfigError for YAML that cannot be parsed, with line and column of every error */
export function readYamlRecipe(text: string, file: string): YamlRecipe {
  const { value: root, start, positionOf } = openYaml(text, file);
  if (root !== null && (typeof root !== 'object' || Array.isArray(root))) {
    throw new ConfigError(file, [
      { path: [], message: 'expected a recipe (keys and values), got something else', place: start },
    ]);
  }
  const source = { ...(root as Record<string, unknown> | null) };
  const problems: ConfigProblem[] = [];
  const extendedNode = source.extends;
  delete source.extends;
  if (extendedNode !== undefined && typeof extendedNode !== 'string') {
    problems.push({
      path: ['extends'],
      message: `extends: expected the name of a recipe, got ${JSON.stringify(extendedNode)}`,
      place: positionOf(['extends']) ?? start,
    });
  }
  /** path in the recipe -> path as written */
  const written = new Map<string, ConfigPath>();
  const values = rename(source, [], []) as Record<string, unknown>;
  if (problems.length > 0) throw new ConfigError(file, problems);
  return {
    values,
    ...(typeof extendedNode === 'string' ? { extends: extendedNode } : {}),
    placeOf(path) {
      for (let length = path.length; length > 0; length--) {
        const original = written.get(formatPath(path.slice(0, length)));
        const position = original === undefined ? undefined : positionOf(original);
        if (position !== undefined) return position;
      }
      return undefined;
    },
  };

  function rename(value: unknown, path: ConfigPath, original: ConfigPath): unknown {
    if (Array.isArray(value)) return value.map((item, index) => visit(item, [...path, index], [...original, index]));
    if (typeof value !== 'object' || value === null) return value;
    const valid = keysAt(path, source);
    const result: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      const name = valid.includes(key) ? key : (familiarKey(key, valid) ?? key);
      if (Object.hasOwn(result, name)) {
        problems.push({
          path: [...path, name],
          message: `"${key}" at ${formatPath(path)} gives ${name} a second time; keep one of them`,
          place: positionOf([...original, key]) ?? start,
        });
      }
      result[name] = visit(item, [...path, name], [...original, key]);
    }
    return result;
  }

  function visit(item: unknown, path: ConfigPath, original: ConfigPath): unknown {
    written.set(formatPath(path), original);
    return rename(item, path, original);
  }
}
