/** This run beside another: loss curves over each other, scores with significance, and what their recipes do not share. */
import type {
  ComparisonView,
  Curve,
  EvaluationView,
  RecipeDifference,
  RunView,
  ScoreView,
  TrainingView,
} from '../../api-types.ts';
import { ask } from '../api.ts';
import { comparisonTable, SIGNIFICANCE_NOTE } from '../comparison-table.ts';
import { element, fill } from '../dom.ts';
import { formatNumber, words } from '../format.ts';
import { type LineChart, lineChart } from '../line-chart.ts';
import { choice, empty, section, table } from '../pieces.ts';
import type { OpenView } from '../view.ts';
import { stageName } from './evaluation.ts';

export const openCompare: OpenView = async ({ run, runs, panel, signal }) => {
  const others = runs.filter(({ id }) => id !== run.id);
  let other = others[0]?.id;
  let charts: LineChart[] = [];
  const body = element('div', {});
  const closeCharts = (): void => {
    for (const chart of charts) chart.close();
    charts = [];
  };
  signal.addEventListener('abort', closeCharts);

  const show = async (): Promise<void> => {
    if (other === undefined) return;
    const second = await ask<RunView>(['runs', other], {}, signal);
    if (second === undefined) return;
    closeCharts();
    const curves = await lossCurves([run, second], signal);
    const chartBox = element('div', { class: 'charts' });
    const scores = element('div', {}, empty('Testing …'));
    const differences = (await ask<RecipeDifference[]>(['runs', run.id, 'differences'], { with: other }, signal)) ?? [];
    fill(
      body,
      section(
        'Loss',
        'Stages that both have, over their own steps.',
        curves.size === 0 ? empty('No stage was trained in both.') : chartBox,
      ),
      section('Scores', `After the last stage that both measured. ${SIGNIFICANCE_NOTE}`, scores),
      section(
        'Recipes',
        undefined,
        differences.length === 0
          ? empty('The recipes are the same.')
          : table(
              'What the recipes do not share',
              [
                { title: 'Setting', cell: ({ path }) => element('code', {}, path) },
                { title: run.id, isText: true, cell: ({ values }) => element('code', {}, values[0]) },
                { title: other, isText: true, cell: ({ values }) => element('code', {}, values[1]) },
              ],
              differences,
            ),
      ),
    );
    for (const [stage, own] of curves) {
      const chart = lineChart({ title: stage, unit: 'loss', colors: ['--c1', '--c4'], height: 220 });
      charts.push(chart);
      chartBox.append(chart.root);
      chart.update(own);
    }
    await showScores(scores, run, second, signal);
  };

  fill(
    panel,
    others.length === 0
      ? empty('There is no other run in this directory.')
      : element(
          'div',
          { class: 'controls' },
          choice(
            'With',
            others.map(({ id, name }) => [id, id === name ? id : `${id} (${name})`] as const),
            other,
            (value) => {
              other = value;
              void show();
            },
          ),
        ),
    body,
  );
  await show();
  return {};
};

async function lossCurves(runs: readonly RunView[], signal: AbortSignal): Promise<Map<string, Curve[]>> {
  const [first, second] = runs;
  const shared = first!.stages.filter(
    ({ name, hasTrainingLog }) =>
      hasTrainingLog && second!.stages.some((one) => one.name === name && one.hasTrainingLog),
  );
  const curves = new Map<string, Curve[]>();
  for (const { name } of shared) {
    const own: Curve[] = [];
    for (const { id } of runs) {
      const view = await ask<TrainingView>(['runs', id, 'training', name], { curves: 'loss', points: 1000 }, signal);
      for (const curve of view?.curves ?? []) own.push({ ...curve, name: id });
    }
    if (own.length > 0) curves.set(name, own);
  }
  return curves;
}

async function showScores(box: HTMLElement, first: RunView, second: RunView, signal: AbortSignal): Promise<void> {
  const measured = async (id: string) => (await ask<EvaluationView[]>(['runs', id, 'evaluations'], {}, signal)) ?? [];
  const [own, others] = [await measured(first.id), await measured(second.id)];
  const after = own.findLast((one) => others.some((other) => other.after === one.after))?.after;
  if (after === undefined) {
    fill(box, empty('Nothing was measured in both.'));
    return;
  }
  const note = element('p', { class: 'note' }, `After ${stageName(after)}.`);
  const query = { with: second.id, before: after, after };
  try {
    const rows = (await ask<ComparisonView[]>(['runs', first.id, 'comparison'], query, signal)) ?? [];
    const shown = rows.filter(({ grouping, group }) => grouping === 'overall' && group === 'pooled');
    fill(box, note, comparisonTable('Scores of both runs', shown, [first.id, second.id]));
  } catch {
    // Other seeds split other documents off: what was measured on other items cannot be tested pair by pair.
    if (signal.aborted) return;
    const [left, right] = [own, others].map((all) => overallOf(all, after));
    note.append(' The runs did not measure the same items, so no test can tell these differences from chance.');
    fill(
      box,
      note,
      table(
        'Scores of both runs',
        [
          { title: 'Task', cell: ({ task }: ScoreView) => words(task) },
          { title: 'Metric', isText: true, cell: ({ metric }) => words(metric) },
          { title: first.id, cell: ({ value }) => formatNumber(value) },
          {
            title: second.id,
            cell: ({ task, metric }) =>
              formatNumber(right!.find((one) => one.task === task && one.metric === metric)?.value),
          },
        ],
        left!,
      ),
    );
  }
}

const overallOf = (evaluations: readonly EvaluationView[], after: string): ScoreView[] =>
  evaluations.find((one) => one.after === after)?.scores.filter(({ grouping }) => grouping === 'overall') ?? [];
