/**
 * Filter thresholds by language, in one table, with defaults for the rest.
 *
 * Source: FineWeb2 (Penedo et al. 2025, arXiv:2506.20920; configuration files of huggingface/fineweb-2, Apache-2.0) for the rows below, its
 * rules for what is on and off (paragraph and short-line rules off, repeated characters 0.1); SailCraft's cut-offs (sail-sg/sailcraft, after
 * BigScience) for least words and special characters; Gopher's and FineWeb's own numbers for English and as defaults.
 * Units: shares 0 to 1; word lengths in code points; words as `splitWords` counts them.
 */
import type { FineWebQualityThresholds } from './fineweb-quality.ts';
import type { GopherQualityThresholds } from './gopher-quality.ts';
import type { GopherRepetitionThresholds } from './gopher-repetition.ts';

export interface LanguageThresholds {
  /** Least confidence of language identification. */
  readonly languageScore: number;
  /** Largest share of characters that are neither letters, marks, digits nor spaces. */
  readonly maxSpecialCharacters: number;
  readonly gopherQuality: GopherQualityThresholds;
  readonly gopherRepetition: GopherRepetitionThresholds;
  readonly fineWebQuality: FineWebQualityThresholds;
}

interface Row {
  readonly languageScore: number;
  readonly duplicateLineFraction: number;
  /** For n = 2, 3, 4. */
  readonly topNGrams: readonly number[];
  /** For n = 5 to 10. */
  readonly duplicateNGrams: readonly number[];
  readonly linePunctuationRatio: number;
  readonly newLineRatio: number;
  readonly averageWordLength: readonly [number, number];
  readonly minAlphabeticWordsRatio: number;
  readonly stopWords: ReadonlySet<string>;
}

const row = (
  languageScore: number,
  duplicateLineFraction: number,
  topNGrams: readonly number[],
  duplicateNGrams: readonly number[],
  linePunctuationRatio: number,
  newLineRatio: number,
  averageWordLength: readonly [number, number],
  minAlphabeticWordsRatio: number,
  stopWords: string,
): Row => ({
  languageScore,
  duplicateLineFraction,
  topNGrams,
  duplicateNGrams,
  linePunctuationRatio,
  newLineRatio,
  averageWordLength,
  minAlphabeticWordsRatio,
  stopWords: new Set(stopWords.split(' ').filter((word) => word !== '')),
});

/** Gopher's and FineWeb's numbers, without stop words: for languages without a row. */
const DEFAULT_ROW = row(0.65, 0.3, [0.2, 0.18, 0.16], [0.15, 0.14, 0.13, 0.12, 0.11, 0.1], 0.12, 0.3, [2, 20], 0.7, '');

/** Language score, repeated lines, top 2-4-grams, repeated 5-10-grams, line punctuation, new lines, word length, alphabetic words, stop words. */
// biome-ignore format: one language, one line
const ROWS: Readonly<Record<string, Row>> = {
  eng_Latn: row(0.65, 0.3, [0.2, 0.18, 0.16], [0.15, 0.14, 0.13, 0.12, 0.11, 0.1], 0.12, 0.3, [3, 10], 0.8, 'the be to of and that have with'),
  arb_Arab: row(0.711, 0.304, [0.197, 0.172, 0.146], [0.165, 0.153, 0.142, 0.131, 0.12, 0.109], 0.143, 0.189, [2, 9], 0.787, 'في من على إلى عام أن مع أو'),
  deu_Latn: row(0.821, 0.263, [0.169, 0.153, 0.137], [0.141, 0.134, 0.126, 0.117, 0.108, 0.098], 0, 0.152, [0, 15], 0.774, 'der und die in von im den des'),
  spa_Latn: row(0.84, 0.252, [0.156, 0.14, 0.125], [0.145, 0.136, 0.127, 0.117, 0.108, 0.099], 0.182, 0.138, [3, 14], 0.825, 'de la en el y a que del'),
  fra_Latn: row(0.824, 0.264, [0.161, 0.149, 0.134], [0.15, 0.141, 0.131, 0.121, 0.111, 0.1], 0.1, 0.185, [2, 11], 0.812, 'de la le et à en l\' des'),
  kor_Hang: row(0.842, 0.374, [0.282, 0.228, 0.185], [0.201, 0.184, 0.168, 0.154, 0.14, 0.127], 0.062, 0.196, [1, 6], 0.791, '의 다 이 는 에 을 한 년'),
  jpn_Jpan: row(0.886, 0.328, [0.239, 0.196, 0.172], [0.243, 0.225, 0.207, 0.19, 0.175, 0.159], 0.096, 0.13, [1, 6], 0.759, 'の に を は た て が と'),
  por_Latn: row(0.799, 0.287, [0.371, 0.191, 0.163], [0.163, 0.153, 0.141, 0.13, 0.119, 0.108], 0.077, 0.186, [3, 13], 0.814, 'de a e o em do da que'),
  tur_Latn: row(0.875, 0.272, [0.214, 0.168, 0.147], [0.154, 0.144, 0.134, 0.124, 0.113, 0.103], 0.091, 0.222, [3, 21], 0.773, 've bir olarak bu ile için olan da'),
  ben_Beng: row(0.872, 0.203, [0.177, 0.158, 0.147], [0.118, 0.108, 0.099, 0.09, 0.082, 0.073], 0.125, 0.171, [3, 24], 0.8, 'এবং ও হয় করে একটি তিনি করা থেকে'),
  heb_Hebr: row(0.9, 0.34, [0.239, 0.202, 0.173], [0.16, 0.151, 0.14, 0.129, 0.118, 0.108], 0.2, 0.126, [2, 9], 0.799, 'של את על הוא עם בשנת גם היה'),
  ind_Latn: row(0.685, 0.241, [0.194, 0.166, 0.145], [0.166, 0.155, 0.144, 0.133, 0.122, 0.111], 0.111, 0.157, [3, 12], 0.805, 'dan yang di pada dari ini dengan adalah'),
  ita_Latn: row(0.817, 0.246, [0.198, 0.156, 0.133], [0.144, 0.136, 0.127, 0.118, 0.109, 0.1], 0.025, 0.2, [3, 21], 0.807, 'di e il la in a del che'),
  zsm_Latn: row(0.618, 0.331, [0.264, 0.252, 0.225], [0.185, 0.176, 0.166, 0.156, 0.145, 0.134], 0.125, 0.214, [3, 11], 0.808, 'dan di yang pada dalam dengan untuk ini'),
  nld_Latn: row(0.689, 0.296, [0.213, 0.182, 0.158], [0.156, 0.146, 0.136, 0.126, 0.115, 0.104], 0.102, 0.154, [3, 17], 0.828, 'de van in het een en is op'),
  pol_Latn: row(0.689, 0.32, [0.222, 0.198, 0.176], [0.172, 0.16, 0.148, 0.136, 0.123, 0.111], 0.087, 0.158, [3, 12], 0.726, 'w i na z do się roku od'),
  rus_Cyrl: row(0.9, 0.322, [0.184, 0.164, 0.146], [0.168, 0.156, 0.145, 0.133, 0.121, 0.109], 0.231, 0.139, [3, 11], 0.713, 'в и на с года по году из'),
  tha_Thai: row(0.9, 0.349, [0.221, 0.197, 0.162], [0.185, 0.168, 0.152, 0.137, 0.124, 0.111], 0, 0.153, [2, 10], 0.9, 'ใน ที่ และ ของ เป็น มี การ ได้'),
  ukr_Cyrl: row(0.9, 0.3, [0.189, 0.172, 0.153], [0.16, 0.148, 0.136, 0.124, 0.113, 0.102], 0.167, 0.175, [3, 11], 0.694, 'у в на і з та до року'),
  urd_Arab: row(0.847, 0.204, [0.139, 0.123, 0.107], [0.125, 0.115, 0.107, 0.098, 0.089, 0.081], 0.1, 0.222, [2, 31], 0.839, 'کے میں کی اور ہے سے کا نے'),
  vie_Latn: row(0.802, 0.293, [0.223, 0.197, 0.171], [0.178, 0.163, 0.15, 0.136, 0.124, 0.111], 0.333, 0.103, [3, 11], 0.803, 'là và của một được trong năm các'),
  ces_Latn: row(0.88, 0.311, [0.206, 0.183, 0.165], [0.168, 0.157, 0.145, 0.133, 0.121, 0.109], 0.06, 0.182, [3, 11], 0.781, 'v a se na je z s do'),
  ell_Grek: row(0.826, 0.31, [0.194, 0.175, 0.156], [0.174, 0.163, 0.153, 0.142, 0.13, 0.119], 0.167, 0.116, [3, 11], 0.809, 'του και το της η την από ο'),
  hun_Latn: row(0.744, 0.322, [0.226, 0.198, 0.172], [0.169, 0.159, 0.148, 0.136, 0.124, 0.112], 0.067, 0.231, [3, 15], 0.766, 'a az és is egy volt hogy nem'),
  kaz_Cyrl: row(0.844, 0.304, [0.172, 0.147, 0.127], [0.159, 0.148, 0.136, 0.126, 0.115, 0.104], 0.176, 0.186, [3, 12], 0.694, 'және су бойынша мен жылы коды өзен орналасқан'),
  ron_Latn: row(0.822, 0.289, [0.161, 0.146, 0.131], [0.16, 0.149, 0.138, 0.127, 0.117, 0.106], 0.081, 0.207, [1, 14], 0.779, 'de în a și din la o cu'),
  azj_Latn: row(0.3, 0.879, [0.514, 0.475, 0.405], [0.3, 0.271, 0.252, 0.227, 0.202, 0.179], 0.188, 0.179, [3, 13], 0.725, 'və ilə ildə bir bu azərbaycan olan üçün'),
  npi_Deva: row(0.896, 0.155, [0.114, 0.103, 0.091], [0.098, 0.09, 0.083, 0.076, 0.069, 0.062], 0.125, 0.278, [3, 37], 0.824, 'र छ थियो हो एक पनि मा थिए'),
  cmn_Hans: row(0.692, 0.287, [0.256, 0.201, 0.171], [0.198, 0.182, 0.167, 0.154, 0.14, 0.127], 0.106, 0.178, [1, 5], 0.735, '的 年 在 月 是 和 日 了'),
  swh_Latn: row(0.3, 0.302, [0.396, 0.282, 0.231], [0.193, 0.17, 0.155, 0.14, 0.126, 0.113], 0.143, 0.167, [3, 9], 0.802, 'ya na wa katika kwa ni la za'),
  yor_Latn: row(0.3, 0.433, [0.516, 0.446, 0.387], [0.232, 0.215, 0.19, 0.189, 0.153, 0.14], 0.139, 0.069, [1, 12], 0.86, 'ní ni ti tí ó jẹ́ àwọn o'),
  amh_Ethi: row(0.3, 0.672, [0.535, 0.433, 0.388], [0.273, 0.242, 0.228, 0.205, 0.183, 0.157], 0, 0.417, [1, 24], 0.824, 'ነው እና ምሳሌ ላይ ነበር ውስጥ ግን ወደ'),
  tam_Taml: row(0.888, 0.276, [0.23, 0.212, 0.19], [0.149, 0.14, 0.132, 0.123, 0.114, 0.104], 0.125, 0.195, [4, 37], 0.779, 'மற்றும் ஒரு இந்த ஆம் இது என்ற இவர் உள்ள'),
  tel_Telu: row(0.722, 0.256, [0.21, 0.18, 0.162], [0.142, 0.133, 0.122, 0.114, 0.105, 0.096], 0.08, 0.18, [4, 68], 0.739, 'నుండి కి ఉన్నాయి మీ గ్రామం ఉంది దూరంలో ఈ'),
  cym_Latn: row(0.745, 0.269, [0.258, 0.196, 0.165], [0.144, 0.131, 0.12, 0.108, 0.097, 0.088], 0.25, 0.167, [3, 9], 0.828, 'yn y a ffilm o gan ar mae'),
  lao_Laoo: row(0.691, 0.327, [0.198, 0.175, 0.143], [0.187, 0.175, 0.163, 0.149, 0.135, 0.123], 0, 0.2, [2, 9], 0.85, 'ແລະ ໃນ ຂອງ ເປັນ ທີ່ ໄດ້ ມີ'),
  khm_Khmr: row(0.3, 0.917, [0.594, 0.523, 0.438], [0.175, 0.16, 0.148, 0.135, 0.121, 0.109], 0, 0.361, [2, 13], 0.905, 'មាន បាន ដែល ជា និង នៅ របស់ ក្នុង'),
  kat_Geor: row(0.9, 0.332, [0.225, 0.189, 0.167], [0.157, 0.146, 0.134, 0.122, 0.111, 0.1], 0.111, 0.222, [3, 13], 0.754, 'და წლის წელს იყო რომელიც რომ მისი შემდეგ'),
  hye_Armn: row(0.678, 0.285, [0.225, 0.206, 0.184], [0.157, 0.146, 0.133, 0.123, 0.111, 0.099], 0.167, 0.16, [4, 11], 0.778, 'է և են էր թվականի թվականին որ իր'),
};

/** SailCraft: least words where it gives a number, and largest share of special characters. */
const SAILCRAFT: Readonly<Record<string, readonly [minWords: number, maxSpecialCharacters: number]>> = {
  eng_Latn: [20, 0.4],
  arb_Arab: [20, 0.3],
  ben_Beng: [33, 0.45],
  spa_Latn: [16, 0.34],
  fra_Latn: [13, 0.34],
  por_Latn: [19, 0.35],
  urd_Arab: [25, 0.25],
  cmn_Hans: [30, 0.3],
  ind_Latn: [10, 0.5],
  vie_Latn: [10, 0.5],
  tha_Thai: [30, 0.4],
  zsm_Latn: [15, 0.34],
};
const SAILCRAFT_DEFAULT = [10, 0.4] as const;

/** FineWeb's rule on repeated characters, as FineWeb2 loosened it for all languages. */
const CHARACTER_DUPLICATES_RATIO = 0.1;

const remembered = new Map<string, LanguageThresholds>();

/** @returns the thresholds of a language such as `swh_Latn`; the defaults for one without a row */
export function thresholdsFor(language: string): LanguageThresholds {
  const known = remembered.get(language);
  if (known !== undefined) return known;
  const values = ROWS[language] ?? DEFAULT_ROW;
  const [minWords, maxSpecialCharacters] = SAILCRAFT[language] ?? SAILCRAFT_DEFAULT;
  const thresholds: LanguageThresholds = {
    languageScore: values.languageScore,
    maxSpecialCharacters,
    gopherQuality: {
      minWords,
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
  };
  remembered.set(language, thresholds);
  return thresholds;
}

/** The languages that have a row of their own. */
export const LANGUAGES_WITH_THRESHOLDS: readonly string[] = Object.keys(ROWS);
