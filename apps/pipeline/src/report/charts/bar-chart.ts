/** Horizontal bars with their values written behind them; a second, outlined bar can show what was planned. */
import { type Html, html } from '../html/html.ts';
import { linearScale } from './linear-scale.ts';

export interface BarRow {
  readonly name: string;
  readonly value: number;
  /** drawn as an outline around the bar */
  readonly planned?: number;
  /** written behind the bar */
  readonly label: string;
  readonly className: string;
}

const WIDTH = 480;
const MARGIN = { top: 4, right: 112, bottom: 4, left: 146 };

export function barChart(options: {
  rows: readonly BarRow[];
  rowHeight?: number;
  domain?: readonly number[];
  description: string;
}): Html {
  const rowHeight = options.rowHeight ?? 24;
  const height = MARGIN.top + options.rows.length * rowHeight + MARGIN.bottom;
  const values = options.domain ?? options.rows.flatMap((row) => [row.value, row.planned ?? 0]);
  const x = linearScale({
    values,
    range: [MARGIN.left, WIDTH - MARGIN.right],
    numTicks: 4,
    includeZero: true,
    tight: true,
  });
  const thickness = rowHeight - 9;
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${options.description}">
${options.rows.map((row, index) => {
  const top = MARGIN.top + index * rowHeight + 4.5;
  const end = Math.max(x(row.value), x(row.planned ?? 0));
  return html`<g class="${row.className}"><title>${row.name}: ${row.label}</title>
<text class="row-label" x="${MARGIN.left - 10}" y="${top + thickness / 2 + 4}" text-anchor="end">${row.name}</text>
<rect class="bar" x="${MARGIN.left}" y="${top}" width="${Math.max(1, x(row.value) - MARGIN.left).toFixed(1)}" height="${thickness}" rx="2"/>
${row.planned === undefined ? '' : html`<rect class="outline" x="${MARGIN.left}" y="${top - 2}" width="${Math.max(1, x(row.planned) - MARGIN.left).toFixed(1)}" height="${thickness + 4}" rx="3"/>`}
<text class="value" x="${(end + 8).toFixed(1)}" y="${top + thickness / 2 + 4}">${row.label}</text></g>`;
})}
<line class="axis" x1="${MARGIN.left}" x2="${MARGIN.left}" y1="${MARGIN.top}" y2="${height - MARGIN.bottom}"/>
</svg>`;
}
