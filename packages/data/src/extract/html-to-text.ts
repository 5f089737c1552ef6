/**
 * The main text of any HTML page: blocks of text as paragraphs, without scripts, styles, navigation and link lists.
 *
 * Source: the block and link-density rules of Kohlschütter et al. 2010 (Boilerpipe), reduced to two features: words in links and words per
 * block. Pages with `<main>` or one `<article>` are read from there. trafilatura and Readability do more; see the README's limits.
 */
import {
  attribute,
  collapseSpaces,
  findElements,
  type HtmlDocument,
  type HtmlElement,
  isElement,
  parseHtml,
} from './html-tree.ts';

export interface ExtractedText {
  readonly title: string;
  /** Paragraphs, one per line. */
  readonly text: string;
  /** BCP 47 tag of `<html lang>`; empty when absent. */
  readonly languageTag: string;
}

const SKIPPED = new Set(
  'script style noscript template head nav aside footer form button select option textarea iframe svg math canvas audio video object dialog menu'.split(
    ' ',
  ),
);
const BLOCKS = new Set(
  'address article blockquote body dd div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table tbody td tfoot th thead tr ul'.split(
    ' ',
  ),
);
const SKIPPED_ROLES = new Set(['navigation', 'banner', 'contentinfo', 'search', 'menu', 'dialog', 'complementary']);
const MAX_LINK_SHARE = 0.5;
const MAX_NODES = 2_000_000;

interface Block {
  text: string;
  linkCharacters: number;
}

function isSkipped(element: HtmlElement): boolean {
  if (SKIPPED.has(element.tagName)) return true;
  if (attribute(element, 'hidden') !== undefined || attribute(element, 'aria-hidden') === 'true') return true;
  return SKIPPED_ROLES.has(attribute(element, 'role') ?? '');
}

/** Walks with a stack of its own: pages nest deeper than the call stack allows. */
function collectBlocks(root: HtmlElement): Block[] {
  const blocks: Block[] = [];
  let current: Block = { text: '', linkCharacters: 0 };
  const close = (): void => {
    const text = collapseSpaces(current.text).trim();
    if (text !== '') blocks.push({ text, linkCharacters: current.linkCharacters });
    current = { text: '', linkCharacters: 0 };
  };
  let linkDepth = 0;
  type Step = { readonly node: HtmlElement['childNodes'][number]; readonly isEnd: boolean };
  const pending: Step[] = [{ node: root, isEnd: false }];
  let visited = 0;
  while (pending.length > 0) {
    const { node, isEnd } = pending.pop()!;
    if (!isElement(node)) {
      if (node.nodeName !== '#text' || !('value' in node)) continue;
      current.text += node.value;
      if (linkDepth > 0) current.linkCharacters += node.value.trim().length;
      continue;
    }
    const isBlock = BLOCKS.has(node.tagName);
    if (isEnd) {
      if (isBlock) close();
      if (node.tagName === 'a') linkDepth--;
      continue;
    }
    if (node !== root && isSkipped(node)) continue;
    if (++visited > MAX_NODES) {
      throw new Error(
        `[@marco-ts/data] htmlToText: a page may have ${MAX_NODES} elements, got more. Leave this page out: it is no document.`,
      );
    }
    if (node.tagName === 'br') {
      current.text += ' ';
      continue;
    }
    if (isBlock) close();
    if (node.tagName === 'a') linkDepth++;
    pending.push({ node, isEnd: true });
    for (let i = node.childNodes.length - 1; i >= 0; i--) pending.push({ node: node.childNodes[i]!, isEnd: false });
  }
  close();
  return blocks;
}

function mainElement(tree: HtmlDocument): HtmlElement | undefined {
  const mains = findElements(tree, (element) => element.tagName === 'main' || attribute(element, 'role') === 'main');
  if (mains[0] !== undefined) return mains[0];
  const articles = findElements(tree, ({ tagName }) => tagName === 'article');
  if (articles.length === 1) return articles[0];
  return findElements(tree, ({ tagName }) => tagName === 'body')[0];
}

/**
 * @param html a page, however broken: parsing follows the browsers' rules
 * @returns an empty text when the page has none
 * @throws Error for a page of more than two million elements
 */
export function htmlToText(html: string): ExtractedText {
  const tree = parseHtml(html);
  const titleElement = findElements(tree, ({ tagName }) => tagName === 'title')[0];
  const titleNode = titleElement?.childNodes[0];
  const root = findElements(tree, ({ tagName }) => tagName === 'html')[0];
  const main = mainElement(tree);
  const blocks = main === undefined ? [] : collectBlocks(main);
  const kept = blocks.filter(({ text, linkCharacters }) => linkCharacters <= text.length * MAX_LINK_SHARE);
  return {
    title: titleNode !== undefined && 'value' in titleNode ? collapseSpaces(titleNode.value).trim() : '',
    text: kept.map(({ text }) => text).join('\n'),
    languageTag: root === undefined ? '' : (attribute(root, 'lang') ?? ''),
  };
}
