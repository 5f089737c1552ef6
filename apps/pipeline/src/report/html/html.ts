/**
 * HTML and SVG as a tagged template that escapes every value, so that no text from a document can become markup.
 */

/** Markup that is already safe; made only by `html`. */
export class Html {
  readonly #markup: string;
  constructor(markup: string, key: symbol) {
    if (key !== MAKE) throw new TypeError('[@marco-ts/pipeline] Html: markup is made by the html tag only.');
    this.#markup = markup;
  }
  toString(): string {
    return this.#markup;
  }
}

const MAKE = Symbol('html');

export type HtmlValue = Html | string | number | undefined | null | false | readonly HtmlValue[];

/** Texts and numbers are escaped, lists are joined, `undefined`, `null` and `false` give nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let markup = strings[0]!;
  for (const [index, value] of values.entries()) markup += render(value) + strings[index + 1]!;
  return new Html(markup, MAKE);
}

function render(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (Array.isArray(value)) return value.map(render).join('');
  return escapeText(String(value));
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes markup and replaces characters that HTML does not allow. */
function escapeText(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (character) => ESCAPES[character]!)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g, '\ufffd')
      .replace(/\p{Surrogate}/gu, '\ufffd')
  );
}
