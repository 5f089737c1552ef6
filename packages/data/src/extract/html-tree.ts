/**
 * A small view of an HTML tree: names, attributes, children and text, over parse5's nodes.
 *
 * Source: parse5 (the WHATWG parsing algorithm), see docs/decisions/0003-html-parser.md.
 */
import { type DefaultTreeAdapterMap, defaultTreeAdapter, parse, type TreeAdapter } from 'parse5';

export type HtmlNode = DefaultTreeAdapterMap['childNode'];
export type HtmlElement = DefaultTreeAdapterMap['element'];
export type HtmlDocument = DefaultTreeAdapterMap['document'];

/** Thrown for pages that are made to exhaust a parser: nothing that people read needs so many elements or such depth. */
export class PageTooComplexError extends Error {}

const MAX_ELEMENTS = 1_000_000;
/** Depths of all elements together: what the standard's searches through the open elements cost at worst. 20,000 nested ones are fine. */
const MAX_TOTAL_DEPTH = 500_000_000;

/** Builds the tree and stops where it becomes too large: unclosed formatting elements make it grow faster than the page. */
function boundedTreeAdapter(): TreeAdapter<DefaultTreeAdapterMap> {
  const depths = new WeakMap<object, number>();
  let numElements = 0;
  let totalDepth = 0;
  const count = (parent: DefaultTreeAdapterMap['parentNode'], node: DefaultTreeAdapterMap['node']): void => {
    if (!('tagName' in node)) return;
    const depth = (depths.get(parent) ?? 0) + 1;
    depths.set(node, depth);
    totalDepth += depth;
    if (++numElements <= MAX_ELEMENTS && totalDepth <= MAX_TOTAL_DEPTH) return;
    const rule = numElements > MAX_ELEMENTS ? `at most ${MAX_ELEMENTS} elements` : 'elements that are less deep';
    throw new PageTooComplexError(
      `[@marco-ts/data] parseHtml: a page must have ${rule}, got more at element ${numElements}, depth ${depth}. Leave this page out: it is no document.`,
    );
  };
  return {
    ...defaultTreeAdapter,
    appendChild(parent, node) {
      count(parent, node);
      defaultTreeAdapter.appendChild(parent, node);
    },
    insertBefore(parent, node, reference) {
      count(parent, node);
      defaultTreeAdapter.insertBefore(parent, node, reference);
    },
  };
}

/** @throws PageTooComplexError */
export function parseHtml(html: string): HtmlDocument {
  return parse(html, { treeAdapter: boundedTreeAdapter() });
}

export function isElement(node: HtmlNode): node is HtmlElement {
  return 'tagName' in node;
}

export function attribute(element: HtmlElement, name: string): string | undefined {
  return element.attrs.find((entry) => entry.name === name)?.value;
}

/** All elements below `root` that `accept` takes, in document order, without recursion (deep pages must not overflow the stack). */
export function findElements(
  root: HtmlDocument | HtmlElement,
  accept: (element: HtmlElement) => boolean,
): HtmlElement[] {
  const found: HtmlElement[] = [];
  const pending: HtmlNode[] = [...root.childNodes].reverse();
  while (pending.length > 0) {
    const node = pending.pop()!;
    if (!isElement(node)) continue;
    if (accept(node)) found.push(node);
    for (let i = node.childNodes.length - 1; i >= 0; i--) pending.push(node.childNodes[i]!);
  }
  return found;
}

/** Chinese and Japanese put no space between words: there a line break in the source is nothing, elsewhere it is a space. */
const BREAK_WITHIN_HAN =
  /(?<=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}，。、；：！？」』）])[ \t]*[\r\n]\s*(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}「『（])/gu;

/** Collapses white space as a browser does. */
export function collapseSpaces(text: string): string {
  return text.replace(BREAK_WITHIN_HAN, '').replace(/[ \t\r\n\f]+/g, ' ');
}

/** The text of an element with its white space collapsed, as a browser would print it on one line. */
export function inlineText(root: HtmlElement): string {
  let text = '';
  const pending: HtmlNode[] = [...root.childNodes].reverse();
  while (pending.length > 0) {
    const node = pending.pop()!;
    if (node.nodeName === '#text' && 'value' in node) text += node.value;
    else if (isElement(node)) {
      if (node.tagName === 'br') text += '\n';
      for (let i = node.childNodes.length - 1; i >= 0; i--) pending.push(node.childNodes[i]!);
    }
  }
  return collapseSpaces(text).trim();
}
