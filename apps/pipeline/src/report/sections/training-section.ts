/** Loss of every training stage, by mixture source where it is known, and the quantities that tell whether training was sound. */
import { type LineSeries, legend, lineChart } from '../charts/line-chart.ts';
import { sourceClass, sourceName } from '../display-names.ts';
import { type Html, html } from '../html/html.ts';
import type { RunResults, TrainingResult, TrainingStep } from '../run-results.ts';

export function trainingSection(results: RunResults): Html {
  const stages = results.training.filter((stage) => stage.steps.length > 0);
  if (stages.length === 0) return html``;
  return html`<section id="training">
<h2>Training</h2>
<p class="note">Faint: as logged. Bold: moving average. Loss is in nats per token, for preference alignment the preference loss per pair, with the weighted terms that keep the model fluent.</p>
<div class="panels">${stages.map((stage) => lossFigure(stage, results))}</div>
${bySource(stages, results)}
<h3>Learning rate, gradient norm and speed</h3>
<div class="panels three">
${traceFigure(stages, results, 'Learning rate', (step) => step.learningRate, false)}
${traceFigure(stages, results, 'Gradient norm', (step) => step.gradNorm, true)}
${traceFigure(stages, results, 'Tokens per second', (step) => step.tokensPerSecond, true)}
</div>
${legend(stages.map((stage) => ({ name: stage.title, className: stageClass(stage.stage, results), mark: 'line' as const })))}
</section>`;
}

function lossFigure(stage: TrainingResult, results: RunResults): Html {
  const first = stage.steps[0]!;
  const last = stage.steps.at(-1)!;
  const accuracy = last.metrics?.['rewards/accuracies'];
  return html`<figure><figcaption>${stage.title} <small>${first.loss.toFixed(2)} → ${last.loss.toFixed(2)}${accuracy === undefined ? '' : `, training pairs told apart ${(accuracy * 100).toFixed(0)} %`}</small></figcaption>${lineChart(
    {
      series: [
        {
          name: 'loss',
          className: stageClass(stage.stage, results),
          points: stage.steps.map((step) => [step.numTokens, step.loss]),
        },
      ],
      xLabel: 'tokens',
      yLabel: 'loss',
      smooth: true,
      description: `Loss of ${stage.title} over tokens, from ${first.loss.toFixed(2)} to ${last.loss.toFixed(2)}`,
    },
  )}</figure>`;
}

function bySource(stages: readonly TrainingResult[], results: RunResults): Html | undefined {
  const split = stages.filter((stage) => stage.steps.some((step) => Object.keys(step.lossBySource ?? {}).length > 1));
  if (split.length === 0) return undefined;
  // In the order of the mixture, where it is known; sources come into a log in the order of their first batches.
  const order = results.mixture.map((row) => row.source);
  const present = new Set(
    split.flatMap((stage) => stage.steps.flatMap((step) => Object.keys(step.lossBySource ?? {}))),
  );
  const sources = [...new Set([...order.filter((source) => present.has(source)), ...present])];
  // Colours are few and used again in other stages: each chart has its own key.
  const sourcesOf = (stage: TrainingResult): string[] =>
    sources.filter((source) => stage.steps.some((step) => step.lossBySource?.[source] !== undefined));
  return html`<h3>Loss by mixture source</h3>
<div class="panels">${split.map(
    (stage) =>
      html`<figure><figcaption>${stage.title}</figcaption>${legend(sourcesOf(stage).map((source) => ({ name: sourceName(source), className: sourceClass(source), mark: 'line' as const })))}${lineChart(
        {
          series: sourcesOf(stage).map(
            (source): LineSeries => ({
              name: sourceName(source),
              className: sourceClass(source),
              points: stage.steps.flatMap((step) => {
                const loss = step.lossBySource?.[source];
                return loss === undefined ? [] : [[step.numTokens, loss] as const];
              }),
            }),
          ),
          xLabel: 'tokens',
          yLabel: 'loss, nats per token',
          smooth: true,
          description: `Loss by mixture source of ${stage.title}`,
        },
      )}</figure>`,
  )}</div>`;
}

/** One quantity over all stages in a row: the tokens of a stage follow those of the stages before it. */
function traceFigure(
  stages: readonly TrainingResult[],
  results: RunResults,
  title: string,
  of: (step: TrainingStep) => number,
  smooth: boolean,
): Html {
  let before = 0;
  const series = stages.map((stage): LineSeries => {
    const start = before;
    before += stage.steps.at(-1)!.numTokens;
    return {
      name: stage.title,
      className: stageClass(stage.stage, results),
      points: stage.steps.map((step) => [start + step.numTokens, of(step)]),
    };
  });
  return html`<figure><figcaption>${title}</figcaption>${lineChart({ series, xLabel: 'tokens', yLabel: '', width: 320, height: 200, smooth, fromZero: true, description: `${title} over all training stages` })}</figure>`;
}

/** The colour of a stage is that of the evaluation after it, all over the report. */
function stageClass(stage: string, results: RunResults): string {
  const evaluated = results.evaluations.findIndex((evaluation) => evaluation.afterStage === stage);
  const position = results.training.findIndex((entry) => entry.stage === stage);
  return `stage-${evaluated >= 0 ? evaluated : position + 1}`;
}
