/**
 * Answers which keys are valid at a path of a recipe, from the JSON Schema of the recipe.
 */
import { z } from 'zod';
import type { ConfigPath } from './config-problem.ts';
import { recipeSchema } from './recipe-schema.ts';

interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly const?: unknown;
}

let schemaRoot: SchemaNode | undefined;

/** The recipe's JSON Schema (2020-12), for editors. */
export function recipeJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(recipeSchema) as Record<string, unknown>;
}

/** @param recipe chooses between alternatives by their `kind`; may be anything */
export function keysAt(path: ConfigPath, recipe: unknown): string[] {
  let nodes: SchemaNode[] = [(schemaRoot ??= recipeJsonSchema() as SchemaNode)];
  let value: unknown = recipe;
  for (const part of path) {
    nodes = alternatives(nodes, value).flatMap((node) => {
      const next = typeof part === 'number' ? node.items : node.properties?.[part];
      return next === undefined ? [] : [next];
    });
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : undefined;
  }
  return [...new Set(alternatives(nodes, value).flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** @returns every path of the recipe (outside lists) whose last key is `key` */
export function pathsOfKey(key: string): string[][] {
  const found: string[][] = [];
  const visit = (node: SchemaNode, path: string[]): void => {
    for (const option of alternatives([node], undefined)) {
      for (const [name, child] of Object.entries(option.properties ?? {})) {
        if (name === key) found.push([...path, name]);
        visit(child, [...path, name]);
      }
    }
  };
  visit((schemaRoot ??= recipeJsonSchema() as SchemaNode), []);
  return found;
}

function alternatives(nodes: readonly SchemaNode[], value: unknown): SchemaNode[] {
  return nodes.flatMap((node) => {
    const options = node.oneOf ?? node.anyOf;
    if (options === undefined) return [node];
    const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined;
    const chosen = options.filter((option) => option.properties?.kind?.const === kind);
    return alternatives(chosen.length > 0 ? chosen : options, value);
  });
}
