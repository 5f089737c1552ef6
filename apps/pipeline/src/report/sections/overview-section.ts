/** The top of the report: what ran, the few numbers that matter, and the headline table before and after each stage. */
import { formatBytes, formatCount, formatDecimal, formatDuration, formatFlops } from '../../format/format-quantity.ts';
import { headlineRows } from '../headline-rows.ts';
import { type Html, html } from '../html/html.ts';
import type { RunResults } from '../run-results.ts';
import { beforeAndAfter } from '../score-lookup.ts';

export function pageHeader(results: RunResults): Html {
  const { recipe, backend, machine } = results;
  return html`<header class="page">
<p class="kicker">marco-ts run report</p>
<h1>${recipe.name}</h1>
<p class="lede">${lede(results)} <a href="#caveats">What to keep in mind</a>.</p>
<p class="facts">${results.startedAt.slice(0, 16).replace('T', ' ')} UTC · backend ${backend.name}${backend.numThreads === undefined ? '' : `, ${backend.numThreads} threads`} · ${machine.cpu}, ${machine.numCores} cores, ${formatBytes(machine.memoryBytes)} · ${['marco-ts', 'node'].flatMap((name) => (results.versions[name] === undefined ? [] : [`${name} ${results.versions[name]}`])).join(' · ')}</p>
</header>`;
}

/** One sentence: what the recipe trains, from what, by which stages. */
function lede({ recipe, numParameters }: RunResults): string {
  const languages = Object.values(recipe.data.tiers).flat().length;
  const { length } = recipe.pretrain.stages;
  const size = numParameters > 0 ? ` of ${formatCount(numParameters)} parameters` : '';
  const steps = [
    `taught ${languages} languages from ${recipe.model.kind === 'random' ? 'random weights' : recipe.model.directory} in ${length === 1 ? 'one pretraining stage' : `${length} pretraining stages`}`,
    ...(recipe.sft === undefined ? [] : ['tuned on instructions']),
    ...(recipe.preference === undefined ? [] : ['aligned on preferences']),
  ];
  return `A Qwen2 model${size}, ${steps.join(', then ')}.`;
}

export function keyFigures(results: RunResults): Html {
  const { evaluations, cost } = results;
  const bits = beforeAndAfter(evaluations, 'bits-per-byte', 'bitsPerByte', 'all', 'all');
  const preference = beforeAndAfter(evaluations, 'preference', 'acc', 'all', 'all');
  const chrf = beforeAndAfter(evaluations, 'translation', 'chrf', 'all', 'all');
  const figures = [
    bits && {
      label: 'bits per byte, held out',
      value: `${formatDecimal(bits.before.value, 2)} → ${formatDecimal(bits.after.value, 2)}`,
      detail: `${formatDecimal((bits.after.value / bits.before.value - 1) * 100, 0).replace('-', '−')} %, mean of languages`,
    },
    preference && {
      label: 'preference accuracy',
      value: `${formatDecimal(preference.before.value * 100, 0)} → ${formatDecimal(preference.after.value * 100, 0)} %`,
      detail: 'held-out pairs, chance 50 %',
    },
    chrf && {
      label: 'translation, chrF',
      value: `${formatDecimal(chrf.before.value, 1)} → ${formatDecimal(chrf.after.value, 1)}`,
      detail: 'held-out segments, of 100',
    },
    {
      label: 'trained on',
      value: `${formatCount(cost.trainedTokens)} tokens`,
      detail: formatFlops(cost.trainingFlops),
    },
    {
      label: 'whole run',
      value: formatDuration(cost.seconds),
      detail: `peak memory ${formatBytes(cost.peakRssBytes)}`,
    },
  ];
  return html`<dl class="figures">${figures.map((figure) => figure && html`<div><dt>${figure.label}</dt><dd><strong>${figure.value}</strong><span>${figure.detail}</span></dd></div>`)}</dl>`;
}

export function headlineSection(results: RunResults): Html {
  const rows = headlineRows(results);
  if (rows.length === 0)
    return html`<section id="results"><h2>Before and after each stage</h2><p class="empty">Nothing was evaluated yet.</p></section>`;
  const sections = [...new Set(rows.map((row) => row.section))];
  const numColumns = results.evaluations.length + 2;
  return html`<section id="results">
<h2>Before and after each stage</h2>
<p class="note">On articles that no stage trained on: the same ones are held out in every language, so that no translation leaks. The best value of a row is bold.</p>
<div class="scroll"><table class="headline">
<thead><tr><th scope="col"></th>${results.evaluations.map((evaluation, index) => html`<th scope="col"><span class="dot stage-${index}"></span>${evaluation.title}</th>`)}<th scope="col">Change</th></tr></thead>
${sections.map(
  (section) => html`<tbody><tr class="group"><th scope="colgroup" colspan="${numColumns}">${section}</th></tr>
${rows
  .filter((row) => row.section === section)
  .map((row) => {
    const known = row.values.filter((value) => value !== undefined);
    const best = row.higherIsBetter ? Math.max(...known) : Math.min(...known);
    return html`<tr class="${row.isTotal ? 'total' : ''}"><th scope="row">${row.name}${row.chance === undefined ? '' : html` <small>chance ${formatDecimal(row.chance, row.decimals)}</small>`}</th>${row.values.map(
      (value) => html`<td class="${value === best ? 'best' : ''}">${formatDecimal(value, row.decimals)}</td>`,
    )}<td class="change">${known.length < 2 ? '–' : change(known[0], known.at(-1), row.decimals, row.higherIsBetter)}</td></tr>`;
  })}</tbody>`,
)}
</table></div></section>`;
}

function change(
  before: number | undefined,
  after: number | undefined,
  decimals: number,
  higherIsBetter: boolean,
): Html | string {
  if (before === undefined || after === undefined) return '–';
  // As it is printed: means of the same numbers may differ in their last bit.
  const difference = Number((after - before).toFixed(decimals));
  const isBetter = higherIsBetter ? difference > 0 : difference < 0;
  const sign = difference > 0 ? '+' : difference < 0 ? '−' : '±';
  return html`<span class="${difference === 0 ? '' : isBetter ? 'better' : 'worse'}">${sign}${Math.abs(difference).toFixed(decimals)}</span>`;
}
