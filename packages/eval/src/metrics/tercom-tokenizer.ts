/**
 * Tercom's text normalization for TER.
 *
 * Source: `ter/core/Normalizer.java` of tercom (jhclark/tercom) as re-expressed in sacrebleu 2.6.0 `tokenizer_ter.py`, Apache-2.0.
 * The ranges are sacrebleu's, an end point of U+3F22 where U+32FF was meant included, so that scores stay equal.
 */
import { pythonSplit } from '../python-text.ts';

/** How text is normalized before words are compared. */
export interface TercomOptions {
  /** unescape XML, set punctuation apart, join lines; default false */
  readonly normalized?: boolean | undefined;
  /** drop punctuation; default false */
  readonly noPunct?: boolean | undefined;
  /** with normalized: split Chinese characters and kanji; with noPunct: drop their punctuation; default false */
  readonly asianSupport?: boolean | undefined;
  /** default false: lowercase first */
  readonly caseSensitive?: boolean | undefined;
}

const ASIAN_PUNCTUATION = /[\u3001\u3002\u3008-\u3011\u3014-\u301f\uff61-\uff65\u30fb]/g;
const FULL_WIDTH_PUNCTUATION = /[\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09]/g;
const LATIN_PUNCTUATION = /[.,?:;!"()]/g;

/** Applied one after another: an ideograph of a later class is set apart again, which only adds spaces. */
const IDEOGRAPHS = [
  /[\u4e00-\u9fff\u3400-\u4dbf]/g,
  /[\u31c0-\u31ef\u2e80-\u2eff]/g,
  /[\u3300-\u33ff\uf900-\ufaff\ufe30-\ufe4f]/g,
  /[\u3200-\u3f22]/g,
];

/** @returns the words of a segment */
export function tercomTokenizer(options: TercomOptions): (line: string) => string[] {
  const { normalized = false, noPunct = false, asianSupport = false, caseSensitive = false } = options;
  return (line) => {
    let text = caseSensitive ? line : line.toLowerCase();
    if (text === '') return [];
    if (normalized) {
      text = normalizeWestern(text);
      if (asianSupport) text = normalizeAsian(text);
    }
    if (noPunct) {
      text = text.replace(LATIN_PUNCTUATION, '');
      if (asianSupport) text = text.replace(ASIAN_PUNCTUATION, '').replace(FULL_WIDTH_PUNCTUATION, '');
    }
    return pythonSplit(text);
  };
}

function normalizeWestern(text: string): string {
  const plain = text
    .replaceAll('\n-', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  return ` ${plain} `
    .replace(/[{-~[-` -&(-+:-@/]/g, ' $& ')
    .replaceAll("'s ", " 's ")
    .replace(/'s$/, " 's")
    .replace(/([^0-9])([.,])/g, '$1 $2 ')
    .replace(/([.,])([^0-9])/g, ' $1 $2')
    .replace(/([0-9])(-)/g, '$1 $2 ');
}

// sacrebleu also has three patterns for kana next to other text; anchored at both ends of a text that by then starts with a
// space, they can never match, so they are left out.
function normalizeAsian(text: string): string {
  let split = text;
  for (const ideographs of IDEOGRAPHS) split = split.replace(ideographs, ' $& ');
  return split.replace(ASIAN_PUNCTUATION, ' $& ').replace(FULL_WIDTH_PUNCTUATION, ' $& ');
}
