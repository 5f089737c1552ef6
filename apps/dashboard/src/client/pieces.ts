/** Pieces that several views are made of. */
import { type Child, element } from './dom.ts';

export function section(title: string, note: string | undefined, ...children: readonly Child[]): HTMLElement {
  return element(
    'section',
    {},
    element('h2', {}, title),
    note !== undefined && element('p', { class: 'note' }, note),
    ...children,
  );
}

export const empty = (text: string): HTMLElement => element('p', { class: 'empty' }, text);

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Child;
  readonly isText?: boolean;
}

/** A table that scrolls by itself where the window is narrow; its first column is the row's head. */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): HTMLElement {
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    element(
      'table',
      {},
      element('caption', { class: 'hidden' }, caption),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...columns.map(({ title, isText }) => element('th', { scope: 'col', class: isText && 'left' }, title)),
        ),
      ),
      element(
        'tbody',
        {},
        ...rows.map((row) =>
          element(
            'tr',
            {},
            ...columns.map(({ cell, isText }, index) =>
              index === 0
                ? element('th', { scope: 'row' }, cell(row))
                : element('td', { class: isText && 'left' }, cell(row)),
            ),
          ),
        ),
      ),
    ),
  );
}

/** A labelled drop-down. @param options value and text; the first is chosen unless `value` says another */
export function choice(
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  value: string | undefined,
  onChange: (value: string) => void,
): HTMLElement {
  const select = element(
    'select',
    { onchange: () => onChange(select.value) },
    ...options.map(([own, text]) => element('option', { value: own, selected: own === value }, text)),
  );
  return element('label', { class: 'choice' }, element('span', {}, label), select);
}

/** A bar of `share` of its box, drawn without inline style attributes. */
export function bar(share: number, className = ''): HTMLElement {
  const own = element('span', { class: `bar ${className}` });
  own.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return element('span', { class: 'bar-box', 'aria-hidden': 'true' }, own);
}

export const legend = (...entries: readonly (readonly [className: string, text: string])[]): HTMLElement =>
  element(
    'ul',
    { class: 'legend' },
    ...entries.map(([className, text]) => element('li', {}, element('i', { class: `mark ${className}` }), text)),
  );

/** A list that grows by pages, with a button for the next. */
export function pagedList<Row>(
  load: (offset: number) => Promise<{ readonly rows: readonly Row[]; readonly next?: number }>,
  show: (row: Row) => HTMLElement,
  { className, nothing }: { className: string; nothing: string },
): HTMLElement {
  const list = element('div', { class: className });
  const more = element('button', { type: 'button', class: 'more', onclick: () => void next() }, 'Show more');
  const box = element('div', { 'aria-live': 'polite' }, list);
  let offset = 0;
  const next = async (): Promise<void> => {
    more.disabled = true;
    const page = await load(offset);
    const first = page.rows.map(show);
    list.append(...first);
    if (list.childElementCount === 0 && page.next === undefined) list.append(empty(nothing));
    if (page.next === undefined) more.remove();
    else {
      offset = page.next;
      box.append(more);
      more.disabled = false;
    }
  };
  next().catch((error: Error) => list.append(empty(error.message)));
  return box;
}
