/**
 * The JSON Schema of recipes as people write them in YAML: `extends` a built-in and only what differs from it.
 *
 * Entries of lists are whole, because a list replaces the built-in's; everywhere else nothing is required, and `null` takes an optional
 * key away.
 */
import { BUILTIN_RECIPES } from '../recipes/builtin-recipes.ts';
import { recipeJsonSchema } from './recipe-keys.ts';

type Node = Readonly<Record<string, unknown>>;

export function recipeEditorSchema(): Node {
  const { properties, ...schema } = partial(recipeJsonSchema());
  return {
    ...schema,
    required: ['name'],
    properties: {
      extends: { type: 'string', enum: Object.keys(BUILTIN_RECIPES), description: 'the recipe that this one changes' },
      ...(properties as Node),
    },
  };
}

function partial(node: Node): Node {
  const { required, properties, oneOf, ...rest } = node;
  const needed = new Set(Array.isArray(required) ? (required as string[]) : []);
  return {
    ...rest,
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties as Record<string, Node>).map(([name, child]) => [
          name,
          needed.has(name) ? partial(child) : { anyOf: [partial(child), { type: 'null' }] },
        ]),
      ),
    }),
    // Without required keys a section can fit several kinds.
    ...(oneOf !== undefined && { anyOf: (oneOf as Node[]).map(partial) }),
  };
}
