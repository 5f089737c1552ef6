/**
 * Language identification on both sides of a translation pair.
 *
 * Source: OpusFilter's LanguageIDFilter (Aulamo et al. 2020).
 * Units: confidence 0 to 1.
 */
import { drop, KEEP } from '../filters/document-filter.ts';
import type { LanguageIdentifier } from '../identify/language-identifier.ts';
import { areWrittenAlike } from '../languages/written-alike.ts';
import type { ParallelFilter } from './parallel-filters.ts';

/** How sure the identification must be, and which answers are possible. */
export interface PairLanguagesOptions {
  /** Least confidence in the language that the pair claims; 0.5 without it. */
  readonly minConfidence?: number;
  /** Only these are possible answers, for example the languages of the corpus: short sentences need it. */
  readonly candidates?: readonly string[];
}

/** Drops as `source_language` or `target_language` where another language is found, or the claimed one with too little confidence. */
export function pairLanguages(identifier: LanguageIdentifier, options: PairLanguagesOptions = {}): ParallelFilter {
  const { minConfidence = 0.5, candidates } = options;
  const identifyOptions = candidates === undefined ? {} : { languages: new Set(candidates) };
  const isIn = (text: string, claimed: string): boolean => {
    const { language, confidence } = identifier.identify(text, identifyOptions);
    return (language === claimed || areWrittenAlike(claimed, language)) && confidence >= minConfidence;
  };
  return {
    name: 'language',
    check: ({ source, target, sourceLanguage, targetLanguage }) => {
      if (!isIn(source, sourceLanguage)) return drop('source_language');
      return isIn(target, targetLanguage) ? KEEP : drop('target_language');
    },
  };
}
