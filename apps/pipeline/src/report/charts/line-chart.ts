/**
 * Lines over a numeric axis: each series as a faint raw line and a smoothed one on top.
 *
 * Units: the drawing is 480 wide in its own units unless told, so that text stays readable from a phone's width to half a desktop's.
 */
import { formatCount } from '../../format/format-quantity.ts';
import { type Html, html } from '../html/html.ts';
import { linearScale } from './linear-scale.ts';

export interface LineSeries {
  readonly name: string;
  /** CSS class that colours it */
  readonly className: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChartOptions {
  readonly series: readonly LineSeries[];
  readonly xLabel: string;
  /** stands above the axis; empty where the caption says it */
  readonly yLabel: string;
  /** in the drawing's own units; narrower where several stand side by side */
  readonly width?: number;
  readonly height?: number;
  /** starts the vertical axis at zero */
  readonly fromZero?: boolean;
  /** draws the raw points faintly behind a smoothed line; needs enough points to be of use */
  readonly smooth?: boolean;
  /** a horizontal line with a name, like a level of chance */
  readonly reference?: { readonly value: number; readonly name: string };
  /** said to screen readers */
  readonly description: string;
}

const DEFAULT_WIDTH = 480;
const MARGIN = { right: 14, bottom: 38, left: 46 };
const MAX_POINTS = 400;

export function lineChart(options: LineChartOptions): Html {
  const width = options.width ?? DEFAULT_WIDTH;
  const height = options.height ?? 240;
  const top = options.yLabel === '' ? 10 : 30;
  const series = options.series.filter((entry) => entry.points.length > 0);
  const xs = series.flatMap((entry) => entry.points.map(([x]) => x));
  const drawn = series.map((entry) => ({
    ...entry,
    raw: thin(entry.points),
    line: options.smooth ? thin(smoothed(entry.points)) : thin(entry.points),
  }));
  const ys = drawn.flatMap((entry) => [...entry.line.map(([, y]) => y), ...(options.smooth ? clipped(entry.raw) : [])]);
  if (options.reference !== undefined) ys.push(options.reference.value);
  const x = linearScale({
    values: xs,
    range: [MARGIN.left, width - MARGIN.right],
    numTicks: width < 400 ? 3 : 5,
    tight: true,
    includeZero: true,
  });
  const y = linearScale({
    values: ys,
    range: [height - MARGIN.bottom, top],
    numTicks: 4,
    includeZero: options.fromZero ?? false,
  });
  const baseline = height - MARGIN.bottom;
  const path = (points: readonly (readonly [number, number])[]): string =>
    points
      .map(([px, py], index) => {
        const inside = Math.min(Math.max(py, y.domain[0]), y.domain[1]);
        return `${index === 0 ? 'M' : 'L'}${x(px).toFixed(1)} ${y(inside).toFixed(1)}`;
      })
      .join('');
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${options.description}">
<g class="grid">${y.ticks.map((tick) => html`<line x1="${MARGIN.left}" x2="${width - MARGIN.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/>`)}</g>
<g class="ticks">${y.ticks.map((tick) => html`<text x="${MARGIN.left - 7}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${formatCount(tick)}</text>`)}${x.ticks.map((tick) => html`<text x="${x(tick).toFixed(1)}" y="${baseline + 17}" text-anchor="middle">${formatCount(tick)}</text>`)}</g>
<line class="axis" x1="${MARGIN.left}" x2="${width - MARGIN.right}" y1="${baseline}" y2="${baseline}"/>
<text class="axis-label" x="${width - MARGIN.right}" y="${height - 4}" text-anchor="end">${options.xLabel}</text>
<text class="axis-label" x="${MARGIN.left - 7}" y="12" text-anchor="start">${options.yLabel}</text>
${
  options.reference === undefined
    ? ''
    : html`<line class="reference" x1="${MARGIN.left}" x2="${width - MARGIN.right}" y1="${y(options.reference.value).toFixed(1)}" y2="${y(options.reference.value).toFixed(1)}"/><text class="reference-label" x="${width - MARGIN.right}" y="${(y(options.reference.value) - 5).toFixed(1)}" text-anchor="end">${options.reference.name}</text>`
}
${options.smooth ? drawn.map((entry) => html`<path class="line raw ${entry.className}" d="${path(entry.raw)}"/>`) : ''}
${drawn.map((entry) =>
  entry.line.length === 1
    ? html`<g class="${entry.className}"><title>${entry.name}</title><circle class="after" cx="${x(entry.line[0]![0]).toFixed(1)}" cy="${y(entry.line[0]![1]).toFixed(1)}" r="3.5"/></g>`
    : html`<path class="line ${entry.className}" d="${path(entry.line)}"><title>${entry.name}</title></path>`,
)}
</svg>`;
}

/** The colour key of a chart, as text beside coloured marks. */
export function legend(
  entries: readonly { readonly name: string; readonly className: string; readonly mark?: 'line' | 'hollow' }[],
): Html {
  return html`<ul class="legend">${entries.map((entry) => html`<li><span class="mark ${entry.className} ${entry.mark ?? ''}"></span>${entry.name}</li>`)}</ul>`;
}

/** Mean over a window of about a twentieth of the points, centred, so that it does not lag; shorter at the ends. */
function smoothed(points: readonly (readonly [number, number])[]): [number, number][] {
  const half = Math.max(1, Math.round(points.length / 40));
  const sums = [0];
  for (const [, py] of points) sums.push(sums.at(-1)! + py);
  return points.map(([px], index) => {
    const from = Math.max(0, index - half);
    const to = Math.min(points.length, index + half + 1);
    return [px, (sums[to]! - sums[from]!) / (to - from)];
  });
}

/** Raw values without the most extreme hundredth, so that one spike does not flatten the chart. */
function clipped(points: readonly (readonly [number, number])[]): number[] {
  const sorted = points.map(([, py]) => py).sort((a, b) => a - b);
  return sorted.slice(Math.floor(sorted.length * 0.01), Math.ceil(sorted.length * 0.99));
}

function thin<T>(points: readonly T[]): readonly T[] {
  if (points.length <= MAX_POINTS) return points;
  return Array.from(
    { length: MAX_POINTS },
    (_, index) => points[Math.round((index * (points.length - 1)) / (MAX_POINTS - 1))]!,
  );
}
