/** What the run cost, what about it is a toy, and the recipe it came from. */
import { formatBytes, formatCount, formatDuration, formatFlops } from '../../format/format-quantity.ts';
import { barChart } from '../charts/bar-chart.ts';
import { type Html, html } from '../html/html.ts';
import type { RunResults, StageResult } from '../run-results.ts';

export function costSection(results: RunResults): Html {
  const { cost, stages } = results;
  return html`<section id="cost">
<h2>Cost</h2>
<p class="note">${formatDuration(cost.seconds)} in all, at most ${formatBytes(cost.peakRssBytes)} of memory, ${formatCount(cost.trainedTokens)} tokens trained on, ${formatFlops(cost.trainingFlops)} of training by the model's formula. Backend ${results.backend.name}: ${results.backend.why}.</p>
<div class="panels">
${stageFigure(results, 'Time per stage', (stage) => stage.seconds, formatDuration)}
${stageFigure(results, 'Peak memory per stage', (stage) => stage.peakRssBytes, formatBytes)}
</div>
<details><summary>What each stage counted</summary><table><tbody>${stages.map(
    (stage) =>
      html`<tr><th scope="row">${stage.title} <small>${stage.name}</small></th><td class="text">${Object.entries(
        stage.counts,
      )
        .map(([name, value]) => `${name} ${formatCount(value)}`)
        .join(', ')}</td></tr>`,
  )}</tbody></table></details></section>`;
}

function stageFigure(
  results: RunResults,
  title: string,
  of: (stage: StageResult) => number,
  format: (value: number) => string,
): Html {
  return html`<figure><figcaption>${title}</figcaption>${barChart({
    rows: results.stages.map((stage) => ({
      name: stage.name.length > 22 ? `${stage.name.slice(0, 21)}…` : stage.name,
      value: of(stage),
      label: format(of(stage)),
      className: 'ink-bar',
    })),
    rowHeight: 22,
    description: title,
  })}</figure>`;
}

export function caveatsSection(results: RunResults): Html {
  return html`<section id="caveats"><h2>What to keep in mind</h2>
<ul class="caveats">${results.caveats.map((caveat) => html`<li>${caveat}</li>`)}</ul></section>`;
}

export function recipeSection(results: RunResults): Html {
  return html`<section id="recipe"><h2>Recipe and files</h2>
<table><tbody>${results.artifacts.map((artifact) => html`<tr><th scope="row"><code>${artifact.path}</code></th><td class="text">${artifact.what}</td></tr>`)}</tbody></table>
<details><summary>The recipe, every value resolved</summary><pre>${JSON.stringify(results.recipe, null, 2)}</pre></details></section>`;
}
