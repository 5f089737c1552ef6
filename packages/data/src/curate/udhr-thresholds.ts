/**
 * Filter thresholds for single articles of the declaration: documents of 20 to 200 words, with a heading, in legal prose.
 *
 * The web thresholds of `thresholdsFor` suppose pages of hundreds of words; what is loosened for short text is said at each line.
 */
import type { CharacterSharesThresholds } from '../filters/character-shares.ts';
import { type LanguageThresholds, thresholdsFor } from '../filters/thresholds/language-thresholds.ts';

/** Scripts whose usual text ends no sentence with a mark that Unicode knows as terminal. */
const WITHOUT_FULL_STOPS = new Set([
  'Thai',
  'Laoo',
  'Tavt',
  'Lana',
  'Khmr',
  'Tibt',
  'Cans',
  'Cher',
  'Yiii',
  'Adlm',
  'Vaii',
]);

/** @returns the language's web thresholds, loosened for single articles */
export function udhrThresholds(language: string): LanguageThresholds {
  const web = thresholdsFor(language);
  return {
    ...web,
    // Articles have 100 characters and more: enough for naive Bayes, but it must tell hundreds of languages apart.
    languageScore: 0.3,
    maxSpecialCharacters: 0.3,
    gopherQuality: {
      ...web.gopherQuality,
      // The shortest article is 13 words in English.
      minWords: 5,
      // From Chinese (1) to Greenlandic (above 15): a ceiling that only broken text reaches.
      minAverageWordLength: 1,
      maxAverageWordLength: 40,
      // Short articles may hold none of a language's eight most frequent words.
      minStopWords: 0,
      // A heading with a number and the commas of an enumeration are half of a short article's words.
      minAlphabeticWordsRatio: 0.5,
    },
    gopherRepetition: {
      ...web.gopherRepetition,
      // In thirty words the most frequent pair of words is easily a fifth of the text.
      topNGrams: [],
    },
    fineWebQuality: {
      ...web.fineWebQuality,
      // The preamble's twelve recitals end in commas, and only the last in a full stop.
      linePunctuationRatio: WITHOUT_FULL_STOPS.has(language.slice(-4)) ? 0 : 0.05,
    },
  };
}

/** Character shares that a single article of the declaration must keep to. */
export const UDHR_CHARACTER_SHARES: CharacterSharesThresholds = {
  minCharacters: 20,
  maxCharacters: 20_000,
  maxSpecialCharacters: 0.3,
  maxPunctuation: 0.25,
  maxDigits: 0.1,
  maxReplacementCharacters: 0,
};
