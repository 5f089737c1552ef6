/**
 * The languages of a recipe with their tier and English name.
 */
import { languageInfo } from '@marco-ts/data';
import type { LanguageTier, Recipe } from '../config/recipe-schema.ts';
import { languageName as displayName } from '../report/display-names.ts';

/** @returns language code to tier, in the recipe's order */
export function languageTiers({ data }: Pick<Recipe, 'data'>): ReadonlyMap<string, LanguageTier> {
  return new Map(
    Object.entries(data.tiers).flatMap(([tier, languages]) =>
      languages.map((language): [string, LanguageTier] => [language, tier as LanguageTier]),
    ),
  );
}

/** @returns the English name of a code such as `swh_Latn`, as prompts print it; the code itself where none is known */
export function languageName(language: string): string {
  return languageInfo(language)?.name ?? displayName(language);
}
