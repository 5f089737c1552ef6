/**
 * Text of any language as it is written: direction from its own letters, the language told to fonts and screen readers where the script agrees.
 *
 * A pair says the language of its prompt; an answer in the wrong language must not be drawn with that language's letter forms.
 */
import { element } from './dom.ts';
import { nameOf } from './format.ts';

/** Scripts of language codes that Unicode counts as several or under another name. */
const SCRIPT_LETTERS: Readonly<Record<string, string>> = {
  Hans: '\\p{Script=Han}',
  Hant: '\\p{Script=Han}',
  Jpan: '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}',
  Kore: '\\p{Script=Hangul}\\p{Script=Han}',
};

/** @returns BCP 47 tag, or undefined where most letters are of another script */
export function languageTag(text: string, code: string | undefined): string | undefined {
  const script = code?.split('_')[1];
  if (code === undefined || script === undefined) return code;
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  let own: RegExp;
  try {
    own = new RegExp(`[${SCRIPT_LETTERS[script] ?? `\\p{Script=${script}}`}]`, 'gu');
  } catch {
    return undefined;
  }
  const numOwn = text.match(own)?.filter((letter) => /\p{L}/u.test(letter)).length ?? 0;
  return letters === 0 || numOwn * 2 < letters ? undefined : code.replace('_', '-');
}

/** @param language such as `urd_Arab` */
export function textBlock(text: string, language?: string, className = ''): HTMLElement {
  return element('p', { class: `text ${className}`, dir: 'auto', lang: languageTag(text, language) ?? '' }, text);
}

export function languageLabel(code: string | undefined): HTMLElement {
  return element('span', { class: 'language', title: code }, code === undefined ? 'unknown language' : nameOf(code));
}
