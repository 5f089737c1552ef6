/** The recipes that `marco run <name>` knows; a variant is a function that spreads another's result. */
import type { Recipe } from '../config/recipe-schema.ts';

/** Recipes by the name that `marco run` and `extends` take; loaded when asked for, so that a command that only needs the names starts at once. */
export const BUILTIN_RECIPES: Readonly<Record<string, () => Promise<Recipe>>> = {
  'tiny-cpu': async () => (await import('./tiny-cpu.ts')).tinyCpu(),
};
