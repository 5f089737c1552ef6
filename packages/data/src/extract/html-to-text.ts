/**
 * The main text of any HTML page: blocks of text as paragraphs, without scripts, styles, navigation and link lists.
 *
 * Source: the block rules of Kohlschütter et al. 2010 (Boilerpipe): share of text in links, and length; from Readability (Arc90, Mozilla) that
 * class names such as `sidebar` or `comments` tell what surrounds the text, and that one element holds most of it. Pages with `<main>` or one `<article>` are read from there.
 */
import { ENDS_SENTENCE } from '../filters/fineweb-quality.ts';
import {
  attribute,
  collapseSpaces,
  findElements,
  type HtmlDocument,
  type HtmlElement,
  isElement,
  PageTooComplexError,
  parseHtml,
} from './html-tree.ts';

export { PageTooComplexError };

export interface HtmlToTextOptions {
  /** Whether class names and ids such as `sidebar` tell what is left out; true without it. */
  readonly useNames?: boolean;
}

/** The main text of a page, with what the page says of it. */
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
const SHORT_BY_NATURE = /^(?:h[1-6]|li|dt|dd|blockquote|pre)$/;
const SKIPPED_ROLES = new Set(['navigation', 'banner', 'contentinfo', 'search', 'menu', 'dialog', 'complementary']);
const MAX_LINK_SHARE = 0.5;
/** The innermost element with this share of the prose is where the text is. */
const CONTAINER_SHARE = 0.6;
/** Leads and boxes of the same article stand this many levels around it: long prose with few links is kept from there. */
const NUM_LEVELS_AROUND = 2;
const MAX_LINK_SHARE_AROUND = 0.2;
/** Names that page templates give to what surrounds the text; whole words of a class or id. */
const FURNITURE =
  /(?:^|[\s_-])(?:comments?|comentarios|kommentare?|respond|reply|foot(?:er)?|side-?bar|navi?(?:gation|bar)?|menu|bread-?crumbs?|shar(?:e|ing)|social|related|recommend(?:ed|ations)?|teaser|promo|newsletter|subscri(?:be|ption)|sign-?up|log-?in|cookies?|consent|gdpr|pop-?up|modal|banner|advert(?:isement)?|ads?|sponsor(?:ed|s)?|widget|byline|author|meta|tags?|caption|credit|copyright|disclaimer|print-only|skip-link|toolbar|pagination|pager)(?:$|[\s_-])/i;
/** Where leaving out what is named so leaves less than this share of the text, the names are not to be trusted. */
const MIN_KEPT_SHARE = 0.3;
/** A block is prose from this length on, or when it ends a sentence; other blocks count only beside prose. Code points. */
const MIN_PROSE_LENGTH = 80;
interface Block {
  text: string;
  /** The element that it was opened by. */
  element: HtmlElement;
  linkCharacters: number;
  /** Headings and list items are short by nature. */
  isShortByNature: boolean;
  /** 1 to 6 for headings, 0 for other blocks. */
  headingLevel: number;
}

function isSkipped(element: HtmlElement, skipFurniture: boolean): boolean {
  if (skipFurniture && element.tagName !== 'body') {
    const names = `${attribute(element, 'class') ?? ''} ${attribute(element, 'id') ?? ''}`;
    if (FURNITURE.test(names)) return true;
  }
  if (SKIPPED.has(element.tagName)) return true;
  if (attribute(element, 'hidden') !== undefined || attribute(element, 'aria-hidden') === 'true') return true;
  return SKIPPED_ROLES.has(attribute(element, 'role') ?? '');
}

/** Walks with a stack of its own: pages nest deeper than the call stack allows. */
function collectBlocks(root: HtmlElement, skipFurniture: boolean): Block[] {
  const blocks: Block[] = [];
  const empty = (element: HtmlElement): Block => ({
    text: '',
    element,
    linkCharacters: 0,
    isShortByNature: false,
    headingLevel: 0,
  });
  let current = empty(root);
  const close = (): void => {
    const text = collapseSpaces(current.text).trim();
    if (text !== '') blocks.push({ ...current, text });
    current = empty(current.element);
  };
  let linkDepth = 0;
  type Step = { readonly node: HtmlElement['childNodes'][number]; readonly isEnd: boolean };
  const pending: Step[] = [{ node: root, isEnd: false }];
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
      if (isBlock) {
        close();
        current.element = node.parentNode !== null && 'tagName' in node.parentNode ? node.parentNode : root;
      }
      if (node.tagName === 'a') linkDepth--;
      continue;
    }
    if (node !== root && isSkipped(node, skipFurniture)) continue;
    if (node.tagName === 'br') {
      current.text += ' ';
      continue;
    }
    if (isBlock) {
      close();
      current.element = node;
      current.isShortByNature = SHORT_BY_NATURE.test(node.tagName);
      current.headingLevel = /^h[1-6]$/.test(node.tagName) ? Number(node.tagName[1]) : 0;
    }
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

const isProse = ({ text }: Block): boolean => text.length >= MIN_PROSE_LENGTH || ENDS_SENTENCE.test(text);
const totalLength = (blocks: readonly Block[]): number => blocks.reduce((sum, { text }) => sum + text.length, 0);

/** Blocks that are text: few links, and prose, or short by nature, on pages that have prose at all. */
function textBlocks(main: HtmlElement, skipFurniture: boolean): Block[] {
  const blocks = collectBlocks(main, skipFurniture).filter(
    ({ text, linkCharacters }) => linkCharacters <= text.length * MAX_LINK_SHARE,
  );
  const prose = totalLength(blocks.filter(isProse));
  if (prose < totalLength(blocks) / 2) return blocks;
  return withoutIdleHeadings(
    withinContainer(
      main,
      blocks.filter((block) => isProse(block) || block.isShortByNature),
    ),
  );
}

/** Prose in each element, itself or below. */
function proseLengths(main: HtmlElement, blocks: readonly Block[]): Map<HtmlElement, number> {
  const lengths = new Map<HtmlElement, number>();
  for (const block of blocks) {
    if (!isProse(block)) continue;
    for (let element: HtmlElement | undefined = block.element; element !== undefined; element = parentOf(element)) {
      lengths.set(element, (lengths.get(element) ?? 0) + block.text.length);
      if (element === main) break;
    }
  }
  return lengths;
}

const parentOf = ({ parentNode }: HtmlElement): HtmlElement | undefined =>
  parentNode !== null && 'tagName' in parentNode ? parentNode : undefined;

/** Keeps what the element with most of the prose holds, first-rank headings, and long prose near it: what surrounds an article is short or linked. */
function withinContainer(main: HtmlElement, blocks: readonly Block[]): Block[] {
  const lengths = proseLengths(main, blocks);
  const enough = (lengths.get(main) ?? 0) * CONTAINER_SHARE;
  let container = main;
  for (let inner: HtmlElement | undefined = main; inner !== undefined; ) {
    container = inner;
    inner = inner.childNodes.find(
      (child): child is HtmlElement => isElement(child) && (lengths.get(child) ?? 0) >= enough,
    );
  }
  if (!BLOCKS.has(container.tagName) || /^(?:p|h[1-6]|li|blockquote|pre)$/.test(container.tagName))
    container = parentOf(container) ?? main;
  let around = container;
  for (let i = 0; i < NUM_LEVELS_AROUND; i++) around = parentOf(around) ?? around;
  const isInside = (block: Block): boolean => {
    if (block.headingLevel === 1) return true;
    const isSure =
      isProse(block) &&
      block.text.length >= MIN_PROSE_LENGTH &&
      block.linkCharacters <= block.text.length * MAX_LINK_SHARE_AROUND;
    for (let element: HtmlElement | undefined = block.element; element !== undefined; element = parentOf(element)) {
      if (element === container || (isSure && element === around)) return true;
      if (element === main) return false;
    }
    return false;
  };
  return container === main ? [...blocks] : blocks.filter(isInside);
}

/** Leaves out headings under which nothing stands before the next heading of their rank: titles of what was left out already. */
function withoutIdleHeadings(blocks: readonly Block[]): Block[] {
  // Walking backwards: the highest rank met since the last text, 7 right before text, 0 where no text follows at all.
  let reach = 0;
  const kept: Block[] = [];
  for (let i = blocks.length - 1; i >= 0; i--) {
    const block = blocks[i]!;
    if (block.headingLevel === 0) reach = 7;
    if (block.headingLevel === 0 || block.headingLevel < reach) kept.push(block);
    if (block.headingLevel > 0) reach = Math.min(reach, block.headingLevel);
  }
  return kept.reverse();
}

/**
 * @param html a page, however broken: parsing follows the browsers' rules
 * @returns an empty text when the page has none
 * @throws PageTooComplexError for a page of too many elements, or too deeply nested ones
 */
export function htmlToText(html: string, options: HtmlToTextOptions = {}): ExtractedText {
  const tree = parseHtml(html);
  const titleElement = findElements(tree, ({ tagName }) => tagName === 'title')[0];
  const titleNode = titleElement?.childNodes[0];
  const root = findElements(tree, ({ tagName }) => tagName === 'html')[0];
  const main = mainElement(tree);
  const all = main === undefined ? [] : textBlocks(main, false);
  const withoutFurniture = main === undefined ? [] : textBlocks(main, options.useNames ?? true);
  const kept = totalLength(withoutFurniture) >= totalLength(all) * MIN_KEPT_SHARE ? withoutFurniture : all;
  return {
    title: titleNode !== undefined && 'value' in titleNode ? collapseSpaces(titleNode.value).trim() : '',
    text: kept.map(({ text }) => text).join('\n'),
    languageTag: root === undefined ? '' : (attribute(root, 'lang') ?? ''),
  };
}
