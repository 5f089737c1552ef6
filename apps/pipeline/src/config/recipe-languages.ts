/**
 * The languages of a recipe with their tier and English name.
 */
import { languageInfo, type MixtureTier } from '@marco-ts/data';
import { languageName as displayName } from '../report/display-names.ts';
import type { Recipe } from './recipe-schema.ts';
import type { LanguageTier } from './schema/data-section.ts';

/** As much of a recipe as says which language is in which tier. */
export interface RecipeTiers {
  readonly data: Pick<Recipe['data'], 'tiers'>;
}

/** @returns language code to tier, in the recipe's order */
export function languageTiers({ data }: RecipeTiers): ReadonlyMap<string, LanguageTier> {
  return new Map(
    Object.entries(data.tiers).flatMap(([tier, languages]) =>
      languages.map((language): [string, LanguageTier] => [language, tier as LanguageTier]),
    ),
  );
}

/** @returns the tier that a mixture source counts towards: its language's, or its own name for the sources that are no language */
export function mixtureTierOf(recipe: RecipeTiers): (source: string) => MixtureTier {
  const tiers = languageTiers(recipe);
  return (source) => tiers.get(source) ?? (source as MixtureTier);
}

/** @returns how a tier's share is divided among its languages, as `planMixture` takes it */
export function sharesWithinTier({ pretrain }: Pick<Recipe, 'pretrain'>) {
  const { temperatureAlpha: alpha } = pretrain;
  return alpha === undefined ? {} : { within: { kind: 'temperature', alpha } as const };
}

/** @returns the English name of a code such as `swh_Latn`, as prompts print it; the code itself where none is known */
export function languageName(language: string): string {
  return languageInfo(language)?.name ?? displayName(language);
}
