/** Translation scores by direction, and the two accuracies against chance. */
import { formatDecimal } from '../../format/format-quantity.ts';
import { intervalChart } from '../charts/interval-chart.ts';
import { directionName, sourceName } from '../display-names.ts';
import { type Html, html } from '../html/html.ts';
import type { RunResults, TaskResult, TaskScore } from '../run-results.ts';
import { findTask, inTierOrder, scoreOf, scoresOf } from '../score-lookup.ts';

export function translationSection(results: RunResults): Html {
  const { evaluations } = results;
  const last = evaluations.at(-1);
  const directions = scoresOf(
    findTask(last, 'translation', 'chrf') ?? findTask(last, 'translation', 'bleu'),
    'direction',
  );
  if (directions.length === 0) return html``;
  const names = { chrf: 'chrF', bleu: 'BLEU' };
  const ends = evaluations.length > 1 ? [0, evaluations.length - 1] : [0];
  // Every stage in chrF; BLEU, which says little about short texts of a small model, at both ends.
  const columns = [
    { metric: 'chrf' as const, positions: evaluations.map((_, index) => index) },
    { metric: 'bleu' as const, positions: ends },
  ].filter(({ metric }) => findTask(last, 'translation', metric) !== undefined);
  return html`<section id="translation">
<h2>Translation</h2>
<p class="note">Held-out segments, from 0 to 100.${columns.map(({ metric }) => html` ${names[metric]}: <code>${findTask(last, 'translation', metric)?.signature ?? 'no signature'}</code>.`)}</p>
<div class="scroll"><table>
<thead><tr><th scope="col" rowspan="2">Direction</th>${columns.map(({ metric, positions }) => html`<th scope="colgroup" colspan="${positions.length}" class="measure">${names[metric]}</th>`)}</tr>
<tr>${columns.flatMap(({ positions }) => positions.map((index) => html`<th scope="col"><span class="dot stage-${index}"></span>${evaluations[index]!.title}</th>`))}</tr></thead>
<tbody>${directions.map(
    ({ group, numItems }) =>
      html`<tr><th scope="row">${directionName(group)} <small>${numItems} segments</small></th>${columns.flatMap(
        ({ metric, positions }) =>
          positions.map((index) => {
            const score = scoreOf(findTask(evaluations[index], 'translation', metric), 'direction', group);
            return html`<td>${formatDecimal(score?.value, 1)}</td>`;
          }),
      )}</tr>`,
  )}</tbody></table></div></section>`;
}

export function accuracySection(results: RunResults): Html {
  const figures = [
    accuracyFigure(results, 'cloze', 'Cloze: which of two continuations is the true one', 'tier'),
    accuracyFigure(
      results,
      'preference',
      'Preference: is the true answer more likely, per token, than the damaged one',
      'kind',
    ),
  ];
  if (figures.every((figure) => figure === undefined)) return html``;
  return html`<section id="accuracy">
<h2>Choices against chance</h2>
<p class="note">Accuracy on held-out items. Whiskers: two standard errors to each side; a whisker that crosses the line of chance shows nothing yet.</p>
<div class="panels">${figures.map((figure) => figure)}</div></section>`;
}

function accuracyFigure(
  results: RunResults,
  task: TaskResult['task'],
  title: string,
  groupKind: TaskScore['groupKind'],
): Html | undefined {
  const found = results.evaluations.flatMap((evaluation, index) => {
    const result = findTask(evaluation, task, 'acc');
    const score = scoreOf(result, 'all', 'all');
    return result === undefined || score === undefined ? [] : [{ title: evaluation.title, index, result, score }];
  });
  const last = found.at(-1);
  if (last === undefined) return undefined;
  const scored = scoresOf(last.result, groupKind);
  const groups =
    groupKind === 'tier'
      ? inTierOrder(
          scored.map((score) => score.group),
          results,
        ).map((tier) => scored.find((score) => score.group === tier)!)
      : scored;
  const lowEnds = [...found.map(({ score }) => score), ...groups].map(({ value, stderr = 0 }) => value - 2 * stderr);
  const domain: [number, number] = [Math.max(0, Math.min(0.4, ...lowEnds)), 1];
  const row = (name: string, score: TaskScore, className: string) => ({
    name,
    value: score.value,
    className,
    ...(score.stderr === undefined ? {} : { stderr: score.stderr }),
  });
  const common = { domain, decimals: 2, ...(last.result.chance === undefined ? {} : { chance: last.result.chance }) };
  return html`<div><figure><figcaption>${title} <small>${last.score.numItems} items</small></figcaption>${intervalChart(
    {
      ...common,
      rows: found.map((entry) => row(entry.title, entry.score, `stage-${entry.index}`)),
      description: `${title}: accuracy after each stage`,
    },
  )}</figure>${
    groups.length > 0 &&
    html`<figure><figcaption class="minor">${last.title}, by ${groupKind === 'kind' ? 'what is wrong with the rejected answer' : 'tier'}</figcaption>${intervalChart(
      {
        ...common,
        rows: groups.map((score) =>
          row(
            groupKind === 'kind' ? score.group.replaceAll('_', ' ') : sourceName(score.group),
            score,
            `stage-${last.index}`,
          ),
        ),
        description: `${title}: accuracy by ${groupKind}`,
      },
    )}</figure>`
  }</div>`;
}
