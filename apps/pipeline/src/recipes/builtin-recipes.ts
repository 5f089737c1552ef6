/** The recipes that `marco run <name>` knows; a variant is a function that spreads another's result. */
import type { Recipe } from '../config/recipe-schema.ts';
import { tinyCpu } from './tiny-cpu.ts';

/** Recipes by the name that `marco run` and `extends` take. */
export const BUILTIN_RECIPES: Readonly<Record<string, () => Recipe>> = {
  'tiny-cpu': tinyCpu,
};
