/**
 * Reads a YAML 1.2 recipe: values, the name it extends, and where each value stands in the file.
 *
 * Keys may be written as in TypeScript (`microBatchSize`), in snake_case (`micro_batch_size`), or as other trainers name them
 * (`per_device_train_batch_size`).
 */
import { isCollection, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { ConfigError, type ConfigPath, type ConfigProblem, formatPath } from './config-problem.ts';
import { familiarKey } from './familiar-names.ts';
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
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw new ConfigError(
      file,
      document.errors.map((error) => ({ path: [], message: error.message, place: place(error.pos[0]) })),
    );
  }
  const root: unknown = document.toJS();
  if (root !== null && (typeof root !== 'object' || Array.isArray(root))) {
    throw new ConfigError(file, [
      { path: [], message: 'expected a recipe (keys and values), got something else', place: place(0) },
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
      place: positionOf(['extends']) ?? place(0),
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
          place: positionOf([...original, key]) ?? place(0),
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

  function positionOf(path: ConfigPath): string | undefined {
    const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const last = path.at(-1)!;
    let node: unknown;
    if (isMap(parent))
      node = parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(last))?.key;
    else if (isCollection(parent)) node = parent.items[last as number];
    const range = isNode(node) ? (node as Node).range : undefined;
    return range === undefined || range === null ? undefined : place(range[0]);
  }
}
