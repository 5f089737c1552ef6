import { MARCO_LANGUAGES } from '@marco-ts/data';
import type { LanguageTier } from '../../config/schema/data-section.ts';

/** @returns the paper's tier of a language; those it does not name are low-resource */
export function tierOf(code: string): LanguageTier {
  return MARCO_LANGUAGES.find((language) => language.code === code)?.tier ?? 'low';
}
