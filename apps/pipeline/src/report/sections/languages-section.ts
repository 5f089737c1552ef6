/** Bits per byte before and after the whole run, per language: one chart per tier, all on one axis. */
import { dumbbellChart } from '../charts/dumbbell-chart.ts';
import { legend } from '../charts/line-chart.ts';
import { languageName, sourceClass, sourceName } from '../display-names.ts';
import { type Html, html } from '../html/html.ts';
import type { RunResults } from '../run-results.ts';
import { beforeAndAfter } from '../score-lookup.ts';

const MAX_SHORT_ROWS = 10;
const MAX_COLUMN_ROWS = 24;

export function languagesSection(results: RunResults): Html {
  const panels = Object.entries(results.recipe.data.tiers)
    .map(([tier, codes]) => ({
      tier,
      rows: (codes ?? [])
        .flatMap((code) => {
          const scores = beforeAndAfter(results.evaluations, 'bits-per-byte', 'bitsPerByte', 'language', code);
          return scores === undefined
            ? []
            : [{ name: languageName(code), before: scores.before.value, after: scores.after.value }];
        })
        .sort((a, b) => a.after - b.after),
    }))
    .filter(({ rows }) => rows.length > 0);
  if (panels.length === 0) return html``;
  const domain = panels.flatMap(({ rows }) => rows.flatMap((row) => [row.before, row.after]));
  const split = panels.flatMap((panel) =>
    columnsOf(panel.rows).map((rows, part) => ({ ...panel, rows, part, numRows: panel.rows.length })),
  );
  // Short tiers share a column beside long ones, which have one or more of their own.
  const long = split.filter((panel) => panel.numRows > MAX_SHORT_ROWS);
  const short = split.filter((panel) => panel.numRows <= MAX_SHORT_ROWS);
  const groups = [...(long.length > 0 ? [short] : short.map((panel) => [panel])), ...long.map((panel) => [panel])];
  return html`<section id="languages">
<h2>Every language, before and after</h2>
<p class="note">Bits per byte on held-out articles, lower is better. Scripts that need several bytes per letter start and end lower per byte, so compare a language with itself.</p>
${legend([
  { name: 'before training', className: 'ink', mark: 'hollow' },
  { name: 'after the whole run', className: 'ink' },
])}
<div class="panels three">${groups
    .filter((group) => group.length > 0)
    .map(
      (group) =>
        html`<div>${group.map(
          ({ tier, rows, part, numRows }) =>
            html`<figure><figcaption>${sourceName(tier)} <small>${part > 0 ? 'continued' : numRows === 1 ? '' : `${numRows} languages`}</small></figcaption>${dumbbellChart(
              {
                rows,
                domain,
                className: sourceClass(tier),
                decimals: 2,
                description: `Bits per byte before and after training, ${sourceName(tier)} languages`,
              },
            )}</figure>`,
        )}</div>`,
    )}</div></section>`;
}

/** Cuts a long list into columns of about equal length. */
function columnsOf<Row>(rows: readonly Row[]): Row[][] {
  const numColumns = Math.ceil(rows.length / MAX_COLUMN_ROWS);
  const length = Math.ceil(rows.length / numColumns);
  return Array.from({ length: numColumns }, (_, column) => rows.slice(column * length, (column + 1) * length));
}
