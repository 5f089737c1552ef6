import { expect, test } from 'vitest';
import { recipeEditorSchema } from './recipe-editor-schema.ts';
import { recipeJsonSchema } from './recipe-keys.ts';

// biome-ignore lint/suspicious/noExplicitAny: a schema is walked by names known here
const schema: any = recipeEditorSchema();

test('a recipe may extend a built-in and then say only what differs', () => {
  expect(schema.properties.extends.enum).toContain('tiny-cpu');
  expect(schema.required).toEqual(['name']);
  expect(schema.properties.pretrain.required).toBeUndefined();
  expect(schema.properties.data.properties.split.required).toBeUndefined();
  expect(schema.properties.model.anyOf).toHaveLength(2);
  for (const kind of schema.properties.model.anyOf) expect(kind.required).toBeUndefined();
});

test('entries of lists are whole, optional sections may be null, unknown keys are still wrong', () => {
  expect(schema.properties.pretrain.properties.stages.items.required).toContain('numTokens');
  expect(schema.properties.sft.anyOf.at(-1)).toEqual({ type: 'null' });
  expect(schema.properties.seed.anyOf).toBeUndefined();
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties.pretrain.additionalProperties).toBe(false);
  expect(Object.keys(schema.properties).sort()).toEqual(
    ['extends', ...Object.keys(recipeJsonSchema().properties as object)].sort(),
  );
});
