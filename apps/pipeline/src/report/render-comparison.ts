/**
 * Two evaluations as one self-contained HTML page: every language before and after, significance, forgetting, and samples to read.
 */
import type { CorrectedRow, EvalResults, EvaluationComparison } from '@marco-ts/eval';
import { formatDecimal } from '../format/format-quantity.ts';
import { dumbbellChart } from './charts/dumbbell-chart.ts';
import { legend } from './charts/line-chart.ts';
import { excerpt } from './comparison-markdown.ts';
import { languageName } from './display-names.ts';
import { type Html, html } from './html/html.ts';
import { renderPage } from './html/render-page.ts';
import { contaminationText } from './sections/benchmarks-section.ts';

export function renderComparison(
  comparison: EvaluationComparison,
  { before, after }: { readonly before: EvalResults; readonly after: EvalResults },
): string {
  const { rows, alpha, forgetting, disagreements } = comparison;
  const families = [...Map.groupBy(rows, ({ task, metric }) => `${task} ${metric}`)];
  return renderPage(
    `${comparison.before} and ${comparison.after}`,
    html`<header><h1>${comparison.before} → ${comparison.after}</h1>
<p>Samples are paired by item; p-values are Holm's, within each metric and kind of group. Significant is below ${alpha}.${comparison.contamination && ` In training text: items that share a run of ${comparison.contamination.n} words with ${comparison.contamination.source}, of those long enough.`}</p></header>
<section id="scores"><h2>Scores</h2>${families.map(([name, own]) => familyFigure(name, own, comparison))}</section>
<section id="forgetting"><h2>Forgetting</h2>${
      forgetting.length === 0
        ? html`<p>Nothing became worse by more than chance.</p>`
        : html`<div class="scroll"><table><thead>${head(comparison)}</thead><tbody>${forgetting.map((row) => tableRow(row, comparison))}</tbody></table></div>`
    }</section>
<section id="samples"><h2>Where the two disagree</h2>
<div class="scroll"><table><thead><tr><th scope="col">Task</th><th scope="col">Metric</th><th scope="col">Both right</th><th scope="col">Lost</th><th scope="col">Gained</th><th scope="col">Neither</th></tr></thead>
<tbody>${disagreements.map(({ task, metric, bothRight, onlyBefore, onlyAfter, bothWrong }) => html`<tr><th scope="row">${task}</th><td>${metric}</td><td>${bothRight}</td><td>${onlyBefore}</td><td>${onlyAfter}</td><td>${bothWrong}</td></tr>`)}</tbody></table></div>
${disagreements.flatMap(({ metric, examples }) =>
  examples.map(
    ({ id, kind, language, before: own, after: other }) =>
      html`<details><summary>${kind}: ${id} ${language === null ? '' : languageName(language)} (${metric})</summary>
<p>${comparison.before}</p><pre>${excerpt(own)}</pre><p>${comparison.after}</p><pre>${excerpt(other)}</pre></details>`,
  ),
)}</section>
<section id="left-out"><h2>Left out</h2>
<p class="note">Items without an answer are in no score.</p>
<div class="scroll"><table><thead><tr><th scope="col">Model</th><th scope="col">Task</th><th scope="col">Items left out</th><th scope="col">Requests shortened</th><th scope="col">The first reason</th></tr></thead>
<tbody>${[before, after].flatMap((results) => leftOut(results))}</tbody></table></div></section>`,
  );
}

function head({ before, after, contamination }: EvaluationComparison): Html {
  return html`<tr><th scope="col">Task</th><th scope="col">Of</th><th scope="col">Metric</th><th scope="col">${before}</th><th scope="col">${after}</th><th scope="col">Change</th><th scope="col">p (Holm)</th><th scope="col">Items</th><th scope="col">Chance</th>${contamination && html`<th scope="col">In training text</th>`}</tr>`;
}

function familyFigure(name: string, rows: readonly CorrectedRow[], comparison: EvaluationComparison): Html {
  const languages = rows.filter(({ grouping }) => grouping === 'language' || grouping === 'direction');
  const decimals = rows.some(({ before, after }) => Math.max(before, after) > 1.5) ? 1 : 3;
  return html`<h3>${name}</h3><div class="panels">${
    languages.length > 1 &&
    html`<figure><figcaption>Before and after</figcaption>${legend([
      { name: comparison.before, className: 'ink', mark: 'hollow' },
      { name: comparison.after, className: 'ink' },
    ])}${dumbbellChart({
      rows: languages.map(({ group, before, after }) => ({ name: nameOf(group), before, after })),
      domain: languages.flatMap(({ before, after }) => [before, after]),
      className: 'ink',
      decimals,
      description: `${name} of every language before and after`,
    })}</figure>`
  }<div class="scroll"><table><thead>${head(comparison)}</thead><tbody>${rows.map((row) => tableRow(row, comparison))}</tbody></table></div></div>`;
}

function tableRow(row: CorrectedRow, { contamination }: EvaluationComparison): Html {
  const { task, group, metric, before, after, delta, adjustedPValue, numSamples, chance, significant, improved } = row;
  const verdict = significant ? (improved ? ' better' : ' worse') : '';
  return html`<tr><th scope="row">${task}</th><td>${nameOf(group)}</td><td>${metric}</td><td>${formatDecimal(before, 4)}</td><td>${formatDecimal(after, 4)}</td><td>${delta > 0 ? '+' : ''}${formatDecimal(delta, 4)}${verdict}</td><td>${adjustedPValue === null ? '' : formatDecimal(adjustedPValue, 4)}</td><td>${numSamples}</td><td>${chance === null ? '' : formatDecimal(chance, 2)}</td>${contamination && html`<td>${row.group === 'pooled' && contaminationText(contamination, task)}</td>`}</tr>`;
}

function leftOut({ modelName, tasks }: EvalResults): Html[] {
  return Object.entries(tasks).flatMap(([task, { skipped, numTruncated }]) =>
    skipped.length + numTruncated === 0
      ? []
      : [
          html`<tr><th scope="row">${modelName}</th><td>${task}</td><td>${skipped.length}</td><td>${numTruncated}</td><td>${skipped[0]?.reason ?? ''}</td></tr>`,
        ],
  );
}

const nameOf = (group: string): string => (/^[a-z]{3}_[A-Z][a-z]{3}$/.test(group) ? languageName(group) : group);
