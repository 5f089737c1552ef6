/**
 * Language codes: the two-letter codes and English names that published sets use, and the project's `xxx_Xxxx`.
 *
 * Source: ISO 639, ISO 15924 and the codes of FLORES-200 (arXiv:2207.04672), whose names these are.
 */
import { inputError } from '../input-error.ts';

const TWO_LETTERS: Readonly<Record<string, string>> = Object.fromEntries(
  `am amh_Ethi ar arb_Arab az azj_Latn be bel_Cyrl bg bul_Cyrl bn ben_Beng ca cat_Latn cs ces_Latn da dan_Latn de deu_Latn el ell_Grek en eng_Latn
  es spa_Latn et est_Latn eu eus_Latn fa pes_Arab fi fin_Latn fil tgl_Latn fr fra_Latn gu guj_Gujr ha hau_Latn he heb_Hebr hi hin_Deva
  hr hrv_Latn ht hat_Latn hu hun_Latn hy hye_Armn id ind_Latn ig ibo_Latn is isl_Latn it ita_Latn ja jpn_Jpan jp jpn_Jpan jv jav_Latn ka kat_Geor
  kk kaz_Cyrl kn kan_Knda ko kor_Hang ky kir_Cyrl lt lit_Latn lv lvs_Latn mg plt_Latn mk mkd_Cyrl ml mal_Mlym mr mar_Deva ms zsm_Latn my mya_Mymr
  nb nob_Latn ne npi_Deva nl nld_Latn ny nya_Latn pa pan_Guru pl pol_Latn pt por_Latn qu quy_Latn ro ron_Latn ru rus_Cyrl si sin_Sinh sk slk_Latn
  sl slv_Latn sn sna_Latn so som_Latn sq als_Latn sr srp_Cyrl sv swe_Latn sw swh_Latn ta tam_Taml te tel_Telu th tha_Thai tl tgl_Latn tr tur_Latn
  uk ukr_Cyrl ur urd_Arab uz uzn_Latn vi vie_Latn yo yor_Latn zh zho_Hans af afr_Latn`
    .split(/\s+/)
    .reduce<[string, string][]>((pairs, word, index, words) => {
      if (index % 2 === 0) pairs.push([word, words[index + 1]!]);
      return pairs;
    }, []),
);

/** Codes of FLORES-200 with their English names, one a line. */
const FLORES_NAMES = `ace_Arab Acehnese (Arabic script)
ace_Latn Acehnese
acm_Arab Mesopotamian Arabic
acq_Arab Ta'izzi-Adeni Arabic
aeb_Arab Tunisian Arabic
afr_Latn Afrikaans
ajp_Arab South Levantine Arabic
aka_Latn Akan
als_Latn Albanian
amh_Ethi Amharic
apc_Arab North Levantine Arabic
arb_Arab Arabic
arb_Latn Arabic (Romanized)
ars_Arab Najdi Arabic
ary_Arab Moroccan Arabic
arz_Arab Egyptian Arabic
asm_Beng Assamese
ast_Latn Asturian
awa_Deva Awadhi
ayr_Latn Aymara
azb_Arab South Azerbaijani
azj_Latn Azerbaijani
bak_Cyrl Bashkir
bam_Latn Bambara
ban_Latn Balinese
bel_Cyrl Belarusian
bem_Latn Bemba
ben_Beng Bengali
bho_Deva Bhojpuri
bjn_Arab Banjar (Arabic script)
bjn_Latn Banjar
bod_Tibt Tibetan
bos_Latn Bosnian
bug_Latn Buginese
bul_Cyrl Bulgarian
cat_Latn Catalan
ceb_Latn Cebuano
ces_Latn Czech
cjk_Latn Chokwe
ckb_Arab Central Kurdish
crh_Latn Crimean Tatar
cym_Latn Welsh
dan_Latn Danish
deu_Latn German
dik_Latn Dinka
dyu_Latn Dyula
dzo_Tibt Dzongkha
ell_Grek Greek
eng_Latn English
epo_Latn Esperanto
est_Latn Estonian
eus_Latn Basque
ewe_Latn Ewe
fao_Latn Faroese
fij_Latn Fijian
fin_Latn Finnish
fon_Latn Fon
fra_Latn French
fur_Latn Friulian
fuv_Latn Nigerian Fulfulde
gaz_Latn Oromo
gla_Latn Scottish Gaelic
gle_Latn Irish
glg_Latn Galician
grn_Latn Guarani
guj_Gujr Gujarati
hat_Latn Haitian Creole
hau_Latn Hausa
heb_Hebr Hebrew
hin_Deva Hindi
hne_Deva Chhattisgarhi
hrv_Latn Croatian
hun_Latn Hungarian
hye_Armn Armenian
ibo_Latn Igbo
ilo_Latn Ilocano
ind_Latn Indonesian
isl_Latn Icelandic
ita_Latn Italian
jav_Latn Javanese
jpn_Jpan Japanese
kab_Latn Kabyle
kac_Latn Jingpho
kam_Latn Kamba
kan_Knda Kannada
kas_Arab Kashmiri (Arabic script)
kas_Deva Kashmiri (Devanagari script)
kat_Geor Georgian
kaz_Cyrl Kazakh
kbp_Latn Kabiye
kea_Latn Kabuverdianu
khk_Cyrl Mongolian
khm_Khmr Khmer
kik_Latn Kikuyu
kin_Latn Kinyarwanda
kir_Cyrl Kyrgyz
kmb_Latn Kimbundu
kmr_Latn Northern Kurdish
knc_Arab Central Kanuri (Arabic script)
knc_Latn Central Kanuri
kon_Latn Kikongo
kor_Hang Korean
lao_Laoo Lao
lij_Latn Ligurian
lim_Latn Limburgish
lin_Latn Lingala
lit_Latn Lithuanian
lmo_Latn Lombard
ltg_Latn Latgalian
ltz_Latn Luxembourgish
lua_Latn Luba-Kasai
lug_Latn Ganda
luo_Latn Luo
lus_Latn Mizo
lvs_Latn Latvian
mag_Deva Magahi
mai_Deva Maithili
mal_Mlym Malayalam
mar_Deva Marathi
min_Arab Minangkabau (Arabic script)
min_Latn Minangkabau
mkd_Cyrl Macedonian
plt_Latn Malagasy
mlt_Latn Maltese
mni_Beng Meitei
mos_Latn Mossi
mri_Latn Maori
mya_Mymr Burmese
nld_Latn Dutch
nno_Latn Norwegian Nynorsk
nob_Latn Norwegian Bokmål
npi_Deva Nepali
nso_Latn Northern Sotho
nus_Latn Nuer
nya_Latn Nyanja
oci_Latn Occitan
ory_Orya Odia
pag_Latn Pangasinan
pan_Guru Punjabi
pap_Latn Papiamento
pbt_Arab Pashto
pes_Arab Persian
pol_Latn Polish
por_Latn Portuguese
prs_Arab Dari
quy_Latn Quechua
ron_Latn Romanian
run_Latn Rundi
rus_Cyrl Russian
sag_Latn Sango
san_Deva Sanskrit
sat_Olck Santali
scn_Latn Sicilian
shn_Mymr Shan
sin_Sinh Sinhala
slk_Latn Slovak
slv_Latn Slovenian
smo_Latn Samoan
sna_Latn Shona
snd_Arab Sindhi
som_Latn Somali
sot_Latn Southern Sotho
spa_Latn Spanish
srd_Latn Sardinian
srp_Cyrl Serbian
ssw_Latn Swati
sun_Latn Sundanese
swe_Latn Swedish
swh_Latn Swahili
szl_Latn Silesian
tam_Taml Tamil
taq_Latn Tamasheq
taq_Tfng Tamasheq (Tifinagh script)
tat_Cyrl Tatar
tel_Telu Telugu
tgk_Cyrl Tajik
tgl_Latn Tagalog
tha_Thai Thai
tir_Ethi Tigrinya
tpi_Latn Tok Pisin
tsn_Latn Tswana
tso_Latn Tsonga
tuk_Latn Turkmen
tum_Latn Tumbuka
tur_Latn Turkish
twi_Latn Twi
tzm_Tfng Central Atlas Tamazight
uig_Arab Uyghur
ukr_Cyrl Ukrainian
umb_Latn Umbundu
urd_Arab Urdu
uzn_Latn Uzbek
vec_Latn Venetian
vie_Latn Vietnamese
war_Latn Waray
wol_Latn Wolof
xho_Latn Xhosa
ydd_Hebr Yiddish
yor_Latn Yoruba
yue_Hant Cantonese
zho_Hans Chinese
zho_Hant Traditional Chinese
zsm_Latn Malay
zul_Latn Zulu`;

/** English names by code, for every language of FLORES-200 and its romanized Arabic. */
export const LANGUAGE_NAMES: ReadonlyMap<string, string> = new Map(
  FLORES_NAMES.split('\n').map((line) => [line.slice(0, 8), line.slice(9)]),
);

/** @throws Error when the two-letter code is not known */
export function languageOfCode(code: string): string {
  const language = Object.hasOwn(TWO_LETTERS, code) ? TWO_LETTERS[code] : undefined;
  if (language !== undefined) return language;
  throw inputError('languageOfCode', `a code must be one of ${Object.keys(TWO_LETTERS).join(', ')}, got '${code}'.`);
}

/** @throws Error when the language is none of FLORES-200's */
export function languageName(language: string): string {
  const name = LANGUAGE_NAMES.get(language);
  if (name !== undefined) return name;
  throw inputError('languageName', `a language must be one of FLORES-200, such as 'swh_Latn', got '${language}'.`);
}

/** `swh` to `swh_Latn`; a language outside FLORES-200 gets `Zzzz`, ISO 15924's code for an unnamed script. */
export function languageOfThreeLetters(code: string): string {
  const macro: Readonly<Record<string, string>> = {
    ara: 'arb',
    fas: 'pes',
    sqi: 'als',
    lav: 'lvs',
    uzb: 'uzn',
    hbs: 'hrv',
    est: 'est',
  };
  const own = macro[code] ?? code;
  for (const language of LANGUAGE_NAMES.keys()) if (language.startsWith(`${own}_`)) return language;
  return `${code}_Zzzz`;
}
