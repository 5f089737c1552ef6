import { BUILTIN_RECIPES } from '../../recipes/builtin-recipes.ts';

/** How every command that takes a recipe describes it. */
export const RECIPE_ARGUMENT = `a built-in (${Object.keys(BUILTIN_RECIPES).join(', ')}), or a .yaml, .ts or .js file`;
