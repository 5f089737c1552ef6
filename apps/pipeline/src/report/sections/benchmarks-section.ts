/** The benchmarks of a run: the model before any training against the last one, overall, by tier and by language, with chance and contamination. */
import type { EvalContamination } from '@marco-ts/eval';
import { formatDecimal } from '../../format/format-quantity.ts';
import { dumbbellChart } from '../charts/dumbbell-chart.ts';
import { legend } from '../charts/line-chart.ts';
import { languageName, sourceName } from '../display-names.ts';
import { type Html, html } from '../html/html.ts';
import type { ComparisonResult, RunResults } from '../run-results.ts';

type Row = ComparisonResult['rows'][number];

const MAX_COLUMN_ROWS = 24;
const TITLES: Readonly<Record<string, string>> = {
  heldout_word_order: 'Word order of held-out text',
  heldout_translation_choice: 'Choice of translation of held-out text',
};

export const benchmarkTitle = (task: string): string => TITLES[task] ?? task;

/** Overall and tiers: what stands in the summary of a benchmark. */
export const isSummary = ({ grouping, group }: Row): boolean =>
  grouping === 'overall' || (grouping === 'tier' && !group.endsWith('(macro)'));

const OVERALL: Readonly<Record<string, string>> = { pooled: 'all items', macro: 'each language once' };

/** What a row is of, for people. */
export const benchmarkGroup = ({ grouping, group }: Row): string =>
  grouping === 'overall' ? (OVERALL[group] ?? group) : sourceName(group);

/** Only beside the score of all items: that is what was looked for. */
export const rowContamination = (row: Row, contamination: EvalContamination | undefined): string =>
  row.group === 'pooled' ? contaminationText(contamination, row.task) : '';

export function benchmarksSection({ comparison }: RunResults): Html {
  if (comparison === undefined || comparison.benchmarks.length === 0) return html``;
  const { benchmarks, rows, alpha, taskContamination, disagreements } = comparison;
  return html`<section id="benchmarks">
<h2>Benchmarks</h2>
<p class="note">The model before training against the last one on the same items; p-values after Holm's correction, significant below ${alpha}.${taskContamination && ` Beside each score: its items that share a run of ${taskContamination.n} words with training text, of those long enough to have one.`}</p>
<div class="scroll"><table><thead><tr><th scope="col">Task</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">p (Holm)</th><th scope="col">Chance</th><th scope="col">Items</th><th scope="col">In training text</th></tr></thead>
<tbody>${benchmarks.flatMap((task) => rows.filter((row) => row.task === task && isSummary(row)).map((row) => summaryRow(row, taskContamination)))}</tbody></table></div>
${benchmarks.map((task) => languagesFigure(task, rows))}
${disagreements
  .filter(({ task, examples }) => benchmarks.includes(task) && examples.length > 0)
  .map(
    ({ task, metric, examples, onlyBefore, onlyAfter }) =>
      html`<details><summary>${benchmarkTitle(task)}: ${onlyAfter} items gained and ${onlyBefore} lost (${metric}), some of them</summary>${examples.map(
        ({ kind, id, language, right, before, after }) =>
          html`<div class="scroll"><table><tbody><tr><th scope="row">${kind}</th><td class="text">${languageName(language)} <small>${id}</small></td></tr>
<tr><th scope="row">right</th><td class="text" dir="auto">${right}</td></tr><tr><th scope="row">before</th><td class="text" dir="auto">${before}</td></tr><tr><th scope="row">after</th><td class="text" dir="auto">${after}</td></tr></tbody></table></div>`,
      )}</details>`,
  )}</section>`;
}

function summaryRow(row: Row, contamination: EvalContamination | undefined): Html {
  const isPooled = row.group === 'pooled';
  return html`<tr${isPooled && html` class="total"`}><th scope="row">${isPooled ? html`${benchmarkTitle(row.task)} <small>${row.metric}</small>` : benchmarkGroup(row)}</th><td>${formatDecimal(row.before, 3)}</td><td>${formatDecimal(row.after, 3)}</td><td>${significance(row)}</td><td>${row.chance === null ? '' : formatDecimal(row.chance, 2)}</td><td>${row.numItems}</td><td>${rowContamination(row, contamination)}</td></tr>`;
}

/** The last metric stands for the task: of accuracies the one that allows for length. */
function languagesFigure(task: string, rows: readonly Row[]): Html {
  const metric = rows.findLast((row) => row.task === task)?.metric;
  const own = rows
    .filter((row) => row.task === task && row.metric === metric && row.grouping === 'language')
    .map((row) => ({ ...row, name: languageName(row.group) }))
    .sort((left, right) => right.after - left.after || left.name.localeCompare(right.name));
  if (own.length < 2) return html``;
  const numColumns = Math.ceil(own.length / MAX_COLUMN_ROWS);
  const length = Math.ceil(own.length / numColumns);
  const columns = Array.from({ length: numColumns }, (_, index) => own.slice(index * length, (index + 1) * length));
  return html`<h3>${benchmarkTitle(task)} <small>${metric}, by language${own[0]!.chance !== null && `, chance ${formatDecimal(own[0]!.chance, 2)}`}</small></h3>
${legend([
  { name: 'before training', className: 'ink', mark: 'hollow' },
  { name: 'after the whole run', className: 'ink' },
])}
<div class="panels">${columns.map(
    (column, index) =>
      html`<figure>${dumbbellChart({
        rows: column,
        domain: own.flatMap(({ before, after }) => [before, after]),
        className: 'ink',
        decimals: 2,
        description: `${benchmarkTitle(task)} by language before and after, part ${index + 1} of ${numColumns}`,
      })}</figure>`,
  )}</div>
<details><summary>Every language</summary><div class="scroll"><table><thead><tr><th scope="col">Language</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">p (Holm)</th><th scope="col">Items</th></tr></thead>
<tbody>${own.map((row) => html`<tr><th scope="row">${row.name}</th><td>${formatDecimal(row.before, 3)}</td><td>${formatDecimal(row.after, 3)}</td><td>${significance(row)}</td><td>${row.numItems}</td></tr>`)}</tbody></table></div></details>`;
}

export const significance = ({ pValue, significant, improved }: Row): string =>
  pValue === null ? '' : `${formatDecimal(pValue, 3)}${significant ? (improved ? ' better' : ' worse') : ''}`;

/** `0 of 120`, or nothing where it was not looked for. */
export function contaminationText(contamination: EvalContamination | undefined, task: string): string {
  const own = contamination?.tasks[task];
  return own === undefined ? '' : `${own.numTextsHit} of ${own.numCompared}`;
}
