/**
 * Keeps documents whose claimed language has enough confidence: as the best answer, or as the runner-up (closely related languages tie).
 *
 * Source: FineWeb2 (arXiv:2506.20920): language and script identification with a score cut per language.
 * Units: confidence 0 to 1.
 */
import type { Document } from '../document.ts';
import type { Identification } from '../identify/language-identifier.ts';
import { type DocumentFilter, drop, KEEP } from './document-filter.ts';

/** Who identifies documents, and how sure that must be. */
export interface LanguageMatchOptions {
  /** The identification of a document: a model's answer, or one made before by `identifyCrossFit`. */
  readonly identify: (document: Document) => Identification;
  /** One for all, or by language, for example `(language) => thresholdsFor(language).languageScore`. */
  readonly minConfidence: number | ((language: string) => number);
  /** Pairs that no model tells apart and that the caller accepts for one another, for example `cmn_Hans` as `wuu_Hans`. */
  readonly accepts?: (claimed: string, identified: string) => boolean;
}

/** Drops as `language_unknown` (claimed `und_`), `language_confidence`, `language_mismatch` or `script_mismatch`. */
export function languageMatch(options: LanguageMatchOptions): DocumentFilter {
  const { identify, minConfidence, accepts } = options;
  return {
    name: 'language_match',
    check(document) {
      const claimed = document.language;
      if (claimed.startsWith('und_')) return drop('language_unknown');
      const { language, confidence, runnerUp, runnerUpConfidence } = identify(document);
      const limit = typeof minConfidence === 'number' ? minConfidence : minConfidence(claimed);
      if (language === claimed) return confidence < limit ? drop('language_confidence') : KEEP;
      if (runnerUp === claimed && runnerUpConfidence >= limit) return KEEP;
      if (accepts?.(claimed, language)) return KEEP;
      return drop(language.slice(-4) === claimed.slice(-4) ? 'language_mismatch' : 'script_mismatch');
    },
  };
}
