/**
 * The writing system of a text, from Unicode's Script property: most frequent script among its letters.
 *
 * Source: Unicode Standard Annex 24; ISO 15924 codes. `Jpan` is Han with kana, `Hang` Korean (with or without Han), and Han alone is told
 * apart into `Hans` and `Hant` by characters that only one of the two standards uses.
 */

/** ISO 15924 codes of Unicode's scripts, most common first: an unknown character is tried against them in this order. */
const SCRIPT_CODES =
  'Latn Cyrl Arab Hani Deva Hang Hira Kana Grek Hebr Thai Beng Taml Telu Ethi Geor Armn Khmr Laoo Mymr Sinh Gujr Guru Knda Mlym Orya Tibt Mong Thaa Syrc Cans Cher Tfng Nkoo Vaii Adlm Yiii Java Bali Lisu Bopo Olck Mtei Cakm Tale Talu Lana Cham Kali Batk Bugi Sund Rjng Lepc Limb Sylo Saur Newa Gran Wcho Osge Rohg Hmnp Tglg Hano Buhd Tagb Copt Goth Runr Ogam Dsrt Shaw Bamu Mend Plrd Hmng Nand Sora Phag Tavt Brai'.split(
    ' ',
  );

const KNOWN_CHARACTERS = 0x20000;
const UNKNOWN = 255;
const NO_SCRIPT = 254;

/** Characters of the simplified standard that the traditional one does not use, and the other way round, pair by pair. */
const SIMPLIFIED =
  '国际权个这为来对时说们学会发电车马长东门问间见语话书头应与产业义习乡样动劳务团处众该论种类条开关员护尊严总达结华给经联现实无论须独会宪证权选举';
const TRADITIONAL =
  '國際權個這為來對時說們學會發電車馬長東門問間見語話書頭應與產業義習鄉樣動勞務團處眾該論種類條開關員護尊嚴總達結華給經聯現實無論須獨會憲證權選舉';

const simplifiedOnly = new Set([...SIMPLIFIED].filter((character) => !TRADITIONAL.includes(character)));
const traditionalOnly = new Set([...TRADITIONAL].filter((character) => !SIMPLIFIED.includes(character)));

let patterns: readonly RegExp[] | undefined;
const scriptOf = new Uint8Array(KNOWN_CHARACTERS).fill(UNKNOWN);

function lookUp(codePoint: number): number {
  patterns ??= SCRIPT_CODES.map((code) => new RegExp(`^\\p{Script=${code}}$`, 'u'));
  const character = String.fromCodePoint(codePoint);
  const found = /^[\p{L}\p{M}]$/u.test(character) ? patterns.findIndex((pattern) => pattern.test(character)) : -1;
  return found < 0 ? NO_SCRIPT : found;
}

/** Index into ISO codes for one character, remembered; -1 for digits, punctuation and marks shared by scripts. */
function scriptIndex(codePoint: number): number {
  if (codePoint >= KNOWN_CHARACTERS) return codePoint < 0x32000 ? SCRIPT_CODES.indexOf('Hani') : -1;
  let script = scriptOf[codePoint]!;
  if (script === UNKNOWN) {
    script = lookUp(codePoint);
    scriptOf[codePoint] = script;
  }
  return script === NO_SCRIPT ? -1 : script;
}

/** Letters of a text by ISO 15924 code; kana and Han stay apart here. */
export function countScripts(text: string): Map<string, number> {
  const counts = new Uint32Array(SCRIPT_CODES.length);
  for (let i = 0; i < text.length; i++) {
    const codePoint = text.codePointAt(i)!;
    if (codePoint > 0xffff) i++;
    const script = scriptIndex(codePoint);
    if (script >= 0) counts[script]!++;
  }
  const result = new Map<string, number>();
  for (const [index, code] of SCRIPT_CODES.entries()) if (counts[index]! > 0) result.set(code, counts[index]!);
  return result;
}

function tellHanApart(text: string): 'Hans' | 'Hant' | 'Hani' {
  let simplified = 0;
  let traditional = 0;
  for (const character of text) {
    if (simplifiedOnly.has(character)) simplified++;
    else if (traditionalOnly.has(character)) traditional++;
  }
  if (simplified === traditional) return 'Hani';
  return simplified > traditional ? 'Hans' : 'Hant';
}

/** A script and how much of the text is in it. */
export interface DetectedScript {
  /** ISO 15924 code; `Zyyy` where there is no letter. */
  readonly script: string;
  /** Share of the letters that are in it, 0 to 1. */
  readonly share: number;
}

/**
 * The script of most letters of a text.
 *
 * @param text any text; cost is linear in its length
 */
export function detectScript(text: string): DetectedScript {
  const counts = countScripts(text);
  let letters = 0;
  let script = 'Zyyy';
  let most = 0;
  const kana = (counts.get('Hira') ?? 0) + (counts.get('Kana') ?? 0);
  const han = counts.get('Hani') ?? 0;
  for (const count of counts.values()) letters += count;
  if (letters === 0) return { script, share: 0 };
  for (const [code, count] of counts) {
    if (count > most) {
      most = count;
      script = code;
    }
  }
  if (kana > 0 && kana + han > most && kana * 10 >= han) return { script: 'Jpan', share: (kana + han) / letters };
  if (script === 'Hira' || script === 'Kana') return { script: 'Jpan', share: (kana + han) / letters };
  const hangul = counts.get('Hang') ?? 0;
  if (hangul > 0 && hangul + han > most && hangul * 3 >= han)
    return { script: 'Hang', share: (hangul + han) / letters };
  if (script === 'Hang') return { script, share: (most + han) / letters };
  if (script === 'Hani') return { script: tellHanApart(text), share: most / letters };
  return { script, share: most / letters };
}
