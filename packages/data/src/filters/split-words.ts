/**
 * Words of a text, by the rules of its language or by white space.
 *
 * Source: Unicode Standard Annex 29 with ICU's dictionaries (Chinese, Japanese, Thai, Khmer, Lao, Burmese) through `Intl.Segmenter`.
 */

/** Splits a text into words; punctuation may come as words of its own. */
export type WordSplitter = (text: string, language: string) => readonly string[];

// biome-ignore lint/suspicious/noControlCharactersInRegex: Python takes these for white space
const WHITE_SPACE = /[\s\u001c-\u001f\u0085]+/u;

/** Scripts that put spaces between words need no dictionary. */
const DICTIONARY_SCRIPTS = new Set(['Hans', 'Hant', 'Hani', 'Jpan', 'Thai', 'Khmr', 'Laoo', 'Mymr']);
const LOCALES: Readonly<Record<string, string>> = {
  Hans: 'zh',
  Hant: 'zh',
  Hani: 'zh',
  Jpan: 'ja',
  Thai: 'th',
  Khmr: 'km',
  Laoo: 'lo',
  Mymr: 'my',
};
/** Ethiopic word space and Tibetan tsheg stand between words (or syllables) as spaces do elsewhere. */
const WORDS_AND_MARKS =
  /[\p{L}\p{M}\p{N}\u200c\u200d]+(?:['’ʼ‐-][\p{L}\p{M}\p{N}\u200c\u200d]+)*|[^\s\p{L}\p{M}\p{N}\u1361\u0f0b\u0f0c]+/gu;

const segmenters = new Map<string, Intl.Segmenter>();

/** As Python's `str.split()`: maximal runs of anything but white space. */
export const splitOnWhiteSpace: WordSplitter = (text) => text.split(WHITE_SPACE).filter((word) => word !== '');

/** Words and runs of punctuation: by spaces and marks where the script writes spaces, else by ICU's dictionary. */
export const splitWords: WordSplitter = (text, language) => {
  const script = language.slice(-4);
  if (!DICTIONARY_SCRIPTS.has(script)) return text.match(WORDS_AND_MARKS) ?? [];
  let segmenter = segmenters.get(script);
  if (segmenter === undefined) {
    segmenter = new Intl.Segmenter(LOCALES[script]!, { granularity: 'word' });
    segmenters.set(script, segmenter);
  }
  const words: string[] = [];
  for (const { segment } of segmenter.segment(text)) if (segment.trim() !== '') words.push(segment);
  return words;
};

/** Remembers the words of the last text, since several filters and deduplication ask for the same ones in turn. */
export function rememberWords(split: WordSplitter = splitWords): WordSplitter {
  let lastText: string | undefined;
  let lastLanguage = '';
  let lastWords: readonly string[] = [];
  return (text, language) => {
    if (text !== lastText || language !== lastLanguage) {
      lastWords = split(text, language);
      lastText = text;
      lastLanguage = language;
    }
    return lastWords;
  };
}
