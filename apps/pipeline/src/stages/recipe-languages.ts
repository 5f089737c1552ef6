/**
 * The languages of a recipe with their tier and English name.
 */
import { languageInfo } from '@marco-ts/data';
import type { LanguageTier, Recipe } from '../config/recipe-schema.ts';

/** @returns language code to tier, in the recipe's order */
export function languageTiers({ data }: Pick<Recipe, 'data'>): ReadonlyMap<string, LanguageTier> {
  return new Map(
    Object.entries(data.tiers).flatMap(([tier, languages]) =>
      languages.map((language): [string, LanguageTier] => [language, tier as LanguageTier]),
    ),
  );
}

const displayNames = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** @returns the English name of a code such as `swh_Latn`, and the code itself where none is known */
export function languageName(language: string): string {
  return languageInfo(language)?.name ?? displayNames.of(language.split('_')[0]!) ?? language;
}
