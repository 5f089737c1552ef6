/** Builds elements. Text becomes text nodes and nothing else: there is no way from a document's words to markup. */

export type Child = Node | string | number | undefined | false;
type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>;

const SVG = 'http://www.w3.org/2000/svg';

/** @param attributes functions become listeners (`onclick`), `true` an empty attribute, `false` and undefined none */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return filled(document.createElement(tag), attributes, children);
}

export function svgElement<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** Puts these in place of whatever is in the parent. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren(
    ...children.flatMap((child) => (child === undefined || child === false ? [] : [asNode(child)])),
  );
}

function filled<Target extends Element>(target: Target, attributes: Attributes, children: readonly Child[]): Target {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') target.addEventListener(name.replace(/^on/, ''), value);
    else target.setAttribute(name, value === true ? '' : String(value));
  }
  fill(target, ...children);
  return target;
}

const asNode = (child: Node | string | number): Node | string => (typeof child === 'number' ? String(child) : child);
