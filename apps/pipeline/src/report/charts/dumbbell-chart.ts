/** One row per item with its value before (hollow) and after (filled), joined by a bar: how far each moved, all on one axis. */
import { formatDecimal } from '../../format/format-quantity.ts';
import { type Html, html } from '../html/html.ts';
import { linearScale } from './linear-scale.ts';

export interface DumbbellRow {
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

const WIDTH = 340;
const ROW_HEIGHT = 20;
const MARGIN = { top: 22, right: 42, bottom: 8, left: 122 };

/** @param options.domain values that fix the axis, the same for charts that stand side by side */
export function dumbbellChart(options: {
  rows: readonly DumbbellRow[];
  domain: readonly number[];
  className: string;
  decimals: number;
  description: string;
}): Html {
  const height = MARGIN.top + options.rows.length * ROW_HEIGHT + MARGIN.bottom;
  const x = linearScale({
    values: options.domain,
    range: [MARGIN.left, WIDTH - MARGIN.right],
    numTicks: 4,
    includeZero: true,
  });
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${options.description}">
<g class="grid">${x.ticks.map((tick) => html`<line x1="${x(tick).toFixed(1)}" x2="${x(tick).toFixed(1)}" y1="${MARGIN.top - 4}" y2="${height - MARGIN.bottom}"/>`)}</g>
<g class="ticks">${x.ticks.map((tick) => html`<text x="${x(tick).toFixed(1)}" y="${MARGIN.top - 9}" text-anchor="middle">${tick}</text>`)}</g>
${options.rows.map((row, index) => {
  const middle = MARGIN.top + (index + 0.5) * ROW_HEIGHT;
  const label = `${row.name}: ${formatDecimal(row.before, options.decimals)} → ${formatDecimal(row.after, options.decimals)}`;
  return html`<g class="${options.className}"><title>${label}</title>
<text class="row-label" x="${MARGIN.left - 12}" y="${middle + 4}" text-anchor="end">${shorten(row.name, 18)}</text>
<line class="span" x1="${x(row.before).toFixed(1)}" x2="${x(row.after).toFixed(1)}" y1="${middle}" y2="${middle}"/>
<circle class="before" cx="${x(row.before).toFixed(1)}" cy="${middle}" r="3.5"/>
<circle class="after" cx="${x(row.after).toFixed(1)}" cy="${middle}" r="4.5"/>
<text class="value" x="${WIDTH - 6}" y="${middle + 4}" text-anchor="end">${formatDecimal(row.after, options.decimals)}</text></g>`;
})}
</svg>`;
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
