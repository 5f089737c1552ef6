/**
 * The thresholds of every filter for a language, from the table of `threshold-table.ts`.
 *
 * Source: FineWeb2 for what holds in all languages: paragraph and short-line rules off, repeated characters 0.1, two stop words; SailCraft for
 * least words, special characters and its repetition rules.
 */
import type { FineWebQualityThresholds } from '../fineweb-quality.ts';
import type { GopherQualityThresholds } from '../gopher-quality.ts';
import type { GopherRepetitionThresholds } from '../gopher-repetition.ts';
import type { SailCraftRepetitionThresholds } from '../sailcraft-repetition.ts';
import { FINEWEB2_DEFAULT, FINEWEB2_ROWS, SAILCRAFT_DEFAULT, SAILCRAFT_ROWS } from './threshold-table.ts';

/** Every filter's thresholds for one language. */
export interface LanguageThresholds {
  /** Least confidence of language identification. */
  readonly languageScore: number;
  /** Largest share of characters that are neither letters, marks, digits nor spaces. */
  readonly maxSpecialCharacters: number;
  readonly gopherQuality: GopherQualityThresholds;
  readonly gopherRepetition: GopherRepetitionThresholds;
  readonly fineWebQuality: FineWebQualityThresholds;
  readonly sailCraftRepetition: SailCraftRepetitionThresholds;
}

/** FineWeb's rule on repeated characters, as FineWeb2 loosened it for all languages. */
const CHARACTER_DUPLICATES_RATIO = 0.1;

const remembered = new Map<string, LanguageThresholds>();

/** @returns the thresholds of a language such as `swh_Latn`; the defaults for one without a row */
export function thresholdsFor(language: string): LanguageThresholds {
  const known = remembered.get(language);
  if (known !== undefined) return known;
  const values = FINEWEB2_ROWS[language] ?? FINEWEB2_DEFAULT;
  const sail = SAILCRAFT_ROWS[language] ?? SAILCRAFT_DEFAULT;
  const thresholds: LanguageThresholds = {
    languageScore: values.languageScore,
    maxSpecialCharacters: sail.maxSpecialCharacters,
    gopherQuality: {
      minWords: sail.minWords,
      maxWords: 100_000,
      minAverageWordLength: values.averageWordLength[0],
      maxAverageWordLength: values.averageWordLength[1],
      maxSymbolWordRatio: 0.1,
      maxBulletLinesRatio: 0.9,
      maxEllipsisLinesRatio: 0.3,
      minAlphabeticWordsRatio: values.minAlphabeticWordsRatio,
      minStopWords: 2,
      stopWords: values.stopWords,
    },
    gopherRepetition: {
      duplicateLineFraction: values.duplicateLineFraction,
      duplicateLineCharacterFraction: 0.2,
      duplicateParagraphFraction: null,
      duplicateParagraphCharacterFraction: null,
      topNGrams: values.topNGrams.map((limit, i) => [i + 2, limit] as const),
      duplicateNGrams: values.duplicateNGrams.map((limit, i) => [i + 5, limit] as const),
    },
    fineWebQuality: {
      linePunctuationRatio: values.linePunctuationRatio,
      linePunctuationExcludeZero: false,
      shortLineRatio: null,
      shortLineLength: 30,
      characterDuplicatesRatio: CHARACTER_DUPLICATES_RATIO,
      newLineRatio: values.newLineRatio,
    },
    sailCraftRepetition: {
      maxCharacterRepetition: sail.maxCharacterRepetition,
      characterNGram: language === 'cmn_Hans' ? 3 : 10,
      maxWordRepetition: sail.maxWordRepetition,
      wordNGram: language === 'urd_Arab' ? 7 : 5,
      minStopWordShare: values.stopWords.size === 0 ? null : sail.minStopWordShare,
      stopWords: values.stopWords,
    },
  };
  remembered.set(language, thresholds);
  return thresholds;
}

/** The languages that have a row of their own. */
export const LANGUAGES_WITH_THRESHOLDS: readonly string[] = Object.keys(FINEWEB2_ROWS);
