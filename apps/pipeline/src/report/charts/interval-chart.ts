/** Values with their standard errors on one axis, and the level of chance as a line: one row per item. */
import { formatDecimal } from '../../format/format-quantity.ts';
import { type Html, html } from '../html/html.ts';
import { linearScale } from './linear-scale.ts';

export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  /** one standard error; drawn twice to each side */
  readonly stderr?: number;
  readonly className: string;
}

const WIDTH = 480;
const ROW_HEIGHT = 26;
const MARGIN = { top: 24, right: 62, bottom: 22, left: 190 };

/** @param options.domain the ends of the axis */
export function intervalChart(options: {
  rows: readonly IntervalRow[];
  domain: readonly [number, number];
  chance?: number;
  decimals: number;
  description: string;
}): Html {
  const height = MARGIN.top + options.rows.length * ROW_HEIGHT + MARGIN.bottom;
  const bottom = height - MARGIN.bottom;
  const x = linearScale({
    values: options.domain,
    range: [MARGIN.left, WIDTH - MARGIN.right],
    numTicks: 5,
    tight: true,
  });
  const inside = (value: number): number => Math.min(Math.max(value, options.domain[0]), options.domain[1]);
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${options.description}">
<g class="grid">${x.ticks.map((tick) => html`<line x1="${x(tick).toFixed(1)}" x2="${x(tick).toFixed(1)}" y1="${MARGIN.top - 4}" y2="${bottom}"/>`)}</g>
<g class="ticks">${x.ticks.map((tick) => html`<text x="${x(tick).toFixed(1)}" y="${MARGIN.top - 9}" text-anchor="middle">${tick}</text>`)}</g>
${
  options.chance === undefined
    ? ''
    : html`<line class="reference" x1="${x(options.chance).toFixed(1)}" x2="${x(options.chance).toFixed(1)}" y1="${MARGIN.top - 4}" y2="${bottom + 4}"/><text class="reference-label" x="${x(options.chance).toFixed(1)}" y="${bottom + 16}" text-anchor="middle">chance</text>`
}
${options.rows.map((row, index) => {
  const middle = MARGIN.top + (index + 0.5) * ROW_HEIGHT;
  const error = row.stderr ?? 0;
  return html`<g class="${row.className}">
<text class="row-label" x="${MARGIN.left - 12}" y="${middle + 4}" text-anchor="end">${row.name}</text>
${error > 0 ? html`<line class="whisker" x1="${x(inside(row.value - 2 * error)).toFixed(1)}" x2="${x(inside(row.value + 2 * error)).toFixed(1)}" y1="${middle}" y2="${middle}"/>` : ''}
<circle class="after" cx="${x(inside(row.value)).toFixed(1)}" cy="${middle}" r="5"/>
<text class="value" x="${WIDTH - 6}" y="${middle + 4}" text-anchor="end">${formatDecimal(row.value, options.decimals)}</text></g>`;
})}
</svg>`;
}
