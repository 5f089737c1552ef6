/**
 * Drops documents that hold a word of a list which the user brings for their language.
 *
 * Source: C4 (Raffel et al. 2020, arXiv:1910.10683) and mC4, as in datatrove's C4BadWordsFilter: whole words where the script puts marks
 * between words, anywhere in Chinese, Japanese and Thai; the four words that mC4 allows because they are frequent parts of others.
 * Differs: no list comes with this package; a share of documents to keep is chosen by a hash of the id, so that it is the same in every run.
 */
import type { Document } from '../../document.ts';
import { hashText } from '../../random/hash-text.ts';
import { type DocumentFilter, drop, KEEP } from '../document-filter.ts';

/** The lists, and what passes in spite of them. */
export interface BadWordsOptions {
  /** Words and phrases by language, for example `eng_Latn`; documents in other languages are kept. */
  readonly lists: ReadonlyMap<string, Iterable<string>>;
  /** Words taken out of every list; mC4's four when absent. */
  readonly allowed?: ReadonlySet<string>;
  /** Share of documents with such a word that is kept all the same. */
  readonly keepFraction?: number;
}

const MC4_ALLOWED = new Set(['sm', 'グロ', '女の子', '性']);
const WRITTEN_WITHOUT_SPACES = new Set(['Hans', 'Hant', 'Hani', 'Jpan', 'Thai']);
/** What Python's `\w` takes: letters and numbers, no marks. */
const WORD_RUN = /[\p{L}\p{N}_]+/gu;
const STARTS_WITH_WORD = /^[\p{L}\p{N}_]+/u;
const ENDS_IN_WORD = /[\p{L}\p{N}_]$/u;

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Language codes of the files of the LDNOOBW lists, each named by an ISO 639-1 code. */
export const BAD_WORD_FILES: Readonly<Record<string, string>> = {
  ar: 'arb_Arab',
  cs: 'ces_Latn',
  da: 'dan_Latn',
  de: 'deu_Latn',
  en: 'eng_Latn',
  eo: 'epo_Latn',
  es: 'spa_Latn',
  fa: 'pes_Arab',
  fi: 'fin_Latn',
  fil: 'fil_Latn',
  fr: 'fra_Latn',
  hi: 'hin_Deva',
  hu: 'hun_Latn',
  it: 'ita_Latn',
  ja: 'jpn_Jpan',
  kab: 'kab_Latn',
  ko: 'kor_Hang',
  nl: 'nld_Latn',
  no: 'nob_Latn',
  pl: 'pol_Latn',
  pt: 'por_Latn',
  ru: 'rus_Cyrl',
  sv: 'swe_Latn',
  th: 'tha_Thai',
  tr: 'tur_Latn',
  zh: 'cmn_Hans',
};

/**
 * The words of a list, one from each line that is not empty.
 *
 * @param text a list in LDNOOBW's format: one word or phrase a line
 */
export function parseWordList(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Whether lower-cased text holds one of the words. */
type Matcher = (lowerCase: string) => boolean;

function matchAnywhere(words: readonly string[]): Matcher {
  if (words.length === 0) return () => false;
  const pattern = new RegExp(words.map(escapePattern).join('|'), 'u');
  return (text) => pattern.test(text);
}

/** Looks up each run of letters among the first runs of the phrases: linear in the text, whatever the length of the list. */
function matchWords(words: readonly string[]): Matcher {
  const byFirstRun = new Map<string, string[]>();
  const others: string[] = [];
  for (const word of words) {
    const run = STARTS_WITH_WORD.exec(word)?.[0];
    if (run === undefined) others.push(word);
    else byFirstRun.set(run, [...(byFirstRun.get(run) ?? []), word]);
  }
  const edge = '[\\p{L}\\p{N}_]';
  const startsWithMark =
    others.length === 0
      ? undefined
      : new RegExp(`(?<!${edge})(?:${others.map(escapePattern).join('|')})(?!${edge})`, 'u');
  return (text) => {
    for (const match of text.matchAll(WORD_RUN)) {
      for (const phrase of byFirstRun.get(match[0]) ?? []) {
        if (phrase === match[0]) return true;
        const end = match.index + phrase.length;
        if (!text.startsWith(phrase, match.index)) continue;
        const next = text.codePointAt(end);
        if (next === undefined || !ENDS_IN_WORD.test(String.fromCodePoint(next))) return true;
      }
    }
    return startsWithMark?.test(text) ?? false;
  };
}

/** Drops as `bad_words`. */
export function badWords(options: BadWordsOptions): DocumentFilter {
  const { lists, allowed = MC4_ALLOWED, keepFraction = 0 } = options;
  const matchers = new Map<string, Matcher>();
  for (const [language, list] of lists) {
    const words = [...new Set(list)].filter((word) => word !== '' && !allowed.has(word));
    matchers.set(language, WRITTEN_WITHOUT_SPACES.has(language.slice(-4)) ? matchAnywhere(words) : matchWords(words));
  }
  const isKept = ({ id }: Document): boolean => hashText(`bad-words/${id}`) < keepFraction * 2 ** 32;
  return {
    name: 'bad_words',
    check(document) {
      const matches = matchers.get(document.language)?.(document.text.toLowerCase()) ?? false;
      return matches && !isKept(document) ? drop('bad_words') : KEEP;
    },
  };
}
