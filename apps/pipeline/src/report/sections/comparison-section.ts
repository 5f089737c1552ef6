/** Which changes over the whole run are more than chance, what became worse, and on how many items the two models disagree. */
import type { EvalContamination } from '@marco-ts/eval';
import { formatDecimal } from '../../format/format-quantity.ts';
import { languageName, sourceName } from '../display-names.ts';
import { type Html, html } from '../html/html.ts';
import type { ComparisonResult, RunResults } from '../run-results.ts';
import { contaminationText } from './benchmarks-section.ts';

type Row = ComparisonResult['rows'][number];
const GROUPINGS = new Set(['language', 'direction', 'tier']);

export function comparisonSection({ comparison }: RunResults): Html {
  if (comparison === undefined) return html``;
  const { rows, alpha, disagreements, contamination, taskContamination } = comparison;
  const families = [
    ...Map.groupBy(
      rows.filter(({ grouping }) => GROUPINGS.has(grouping)),
      ({ task, metric, grouping }) => `${task} ${metric}, by ${grouping}`,
    ),
  ].filter(([, own]) => own.some(({ pValue }) => pValue !== null));
  const forgotten = families.flatMap(([, own]) => own).filter(({ significant, improved }) => significant && !improved);
  return html`<section id="significance">
<h2>More than chance</h2>
<p class="note">The model before training against the last one, item by item; paired bootstrap, p-values after Holm's correction, significant below ${alpha}.${contaminationNote(contamination)}</p>
<div class="scroll"><table><thead><tr><th scope="col">Score</th><th scope="col">Better</th><th scope="col">Worse</th><th scope="col">Neither</th><th scope="col">Items</th><th scope="col">In training text</th></tr></thead>
<tbody>${families.map(([name, own]) => familyRow(name, own, taskContamination))}</tbody></table></div>
<p>${forgotten.length === 0 ? 'Nothing became worse by more than chance.' : html`Worse by more than chance: ${forgotten.map(describe).join(', ')}.`}</p>
${
  disagreements.length > 0 &&
  html`<div class="scroll"><table><thead><tr><th scope="col">Items answered right</th><th scope="col">by both</th><th scope="col">only before</th><th scope="col">only after</th><th scope="col">by neither</th></tr></thead>
<tbody>${disagreements.map(({ task, metric, bothRight, onlyBefore, onlyAfter, bothWrong }) => html`<tr><th scope="row">${task} <small>${metric}</small></th><td>${bothRight}</td><td>${onlyBefore}</td><td>${onlyAfter}</td><td>${bothWrong}</td></tr>`)}</tbody></table></div>`
}
<details><summary>Every score</summary><div class="scroll"><table><thead><tr><th scope="col">Score</th><th scope="col">Of</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">p (Holm)</th><th scope="col">Items</th></tr></thead>
<tbody>${families.flatMap(([, own]) =>
    own.map(
      (row) =>
        html`<tr><th scope="row">${row.task} <small>${row.metric}</small></th><td>${nameOf(row)}</td><td>${formatDecimal(row.before, 3)}</td><td>${formatDecimal(row.after, 3)}</td><td>${row.pValue === null ? '' : formatDecimal(row.pValue, 3)}${row.significant && (row.improved ? ' better' : ' worse')}</td><td>${row.numItems}</td></tr>`,
    ),
  )}</tbody></table></div></details></section>`;
}

function familyRow(name: string, rows: readonly Row[], contamination: EvalContamination | undefined): Html {
  const better = rows.filter(({ significant, improved }) => significant && improved).length;
  const worse = rows.filter(({ significant, improved }) => significant && !improved).length;
  const numItems = rows.reduce((sum, row) => sum + row.numItems, 0);
  return html`<tr><th scope="row">${name}</th><td>${better}</td><td>${worse}</td><td>${rows.length - better - worse}</td><td>${numItems}</td><td>${contaminationText(contamination, rows[0]!.task)}</td></tr>`;
}

function contaminationNote(contamination: ComparisonResult['contamination']): string {
  if (contamination === undefined) return '';
  const { n, numCompared, numContaminated } = contamination;
  return ` Contamination: ${numContaminated} of ${numCompared} held-out documents share a run of ${n} words with training text.`;
}

const describe = (row: Row): string => `${row.task} ${row.metric} of ${nameOf(row)}`;

function nameOf({ grouping, group }: Row): string {
  if (grouping === 'language') return languageName(group);
  if (grouping === 'tier') return sourceName(group);
  return group.split('-').map(languageName).join(' → ');
}
