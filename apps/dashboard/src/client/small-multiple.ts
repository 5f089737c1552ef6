/** One small chart of many on a common scale: a line, and a dashed line where the base was. */
import { element, svgElement } from './dom.ts';
import { formatNumber } from './format.ts';

export interface SmallMultiple {
  readonly title: string;
  readonly code?: string;
  /** in order of x */
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly reference?: number;
  /** words for the last point, such as the change against the base */
  readonly verdict?: { readonly text: string; readonly isBetter: boolean };
  readonly marks: boolean;
}

export interface CommonScale {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

const [WIDTH, HEIGHT] = [180, 64];
const INSET = 5;

export function commonScale(multiples: readonly SmallMultiple[]): CommonScale {
  const all = multiples.flatMap(({ points }) => points);
  const ys = [
    ...all.map(([, y]) => y),
    ...multiples.flatMap(({ reference }) => (reference === undefined ? [] : [reference])),
  ];
  return { x: range(all.map(([x]) => x)), y: range(ys) };
}

export function smallMultiple(
  { title, code, points, reference, verdict, marks }: SmallMultiple,
  scale: CommonScale,
): HTMLElement {
  const x = (value: number): string =>
    (INSET + ((value - scale.x[0]) / (scale.x[1] - scale.x[0] || 1)) * (WIDTH - 2 * INSET)).toFixed(1);
  const y = (value: number): string =>
    (HEIGHT - INSET - ((value - scale.y[0]) / (scale.y[1] - scale.y[0] || 1)) * (HEIGHT - 2 * INSET)).toFixed(1);
  const path = (line: readonly (readonly [number, number])[]): string =>
    line.map(([a, b], index) => `${index === 0 ? 'M' : 'L'}${x(a)} ${y(b)}`).join('');
  const last = points.at(-1)?.[1];
  const summary = points.map(([, value]) => formatNumber(value)).join(', ');
  return element(
    'figure',
    { class: 'multiple' },
    element(
      'figcaption',
      {},
      element('strong', { title: code }, title),
      element('span', { class: 'value' }, formatNumber(last)),
    ),
    svgElement(
      'svg',
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: 'img',
        'aria-label': `${title}: ${points.length > 12 ? formatNumber(last) : summary}`,
      },
      reference !== undefined &&
        svgElement('line', { class: 'reference', x1: 0, x2: WIDTH, y1: y(reference), y2: y(reference) }),
      points.length > 1 && svgElement('path', { class: 'line', d: path(points) }),
      ...(marks ? points.map(([a, b]) => svgElement('circle', { class: 'point', cx: x(a), cy: y(b), r: 2.4 })) : []),
    ),
    verdict !== undefined &&
      element('span', { class: `verdict ${verdict.isBetter ? 'better' : 'worse'}` }, verdict.text),
  );
}

function range(values: readonly number[]): readonly [number, number] {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0
    ? [0, 1]
    : [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))];
}
