/** Every score after every stage, and two stages against each other with significance. */
import type { ComparisonView, EvaluationView, ScoreView } from '../../api-types.ts';
import { ask } from '../api.ts';
import { comparisonTable, SIGNIFICANCE_NOTE } from '../comparison-table.ts';
import { element, fill } from '../dom.ts';
import { formatNumber, nameOf, words } from '../format.ts';
import { choice, empty, section, table } from '../pieces.ts';
import type { OpenView } from '../view.ts';

export const openEvaluation: OpenView = async ({ run, panel, signal }) => {
  let evaluations: readonly EvaluationView[] = [];
  let task: string | undefined;
  let grouping = 'overall';
  let before: string | undefined;
  let after: string | undefined;
  const comparison = element('div', { 'aria-live': 'polite' });

  const tests = new Map<string, Promise<ComparisonView[] | undefined>>();
  const compared = async (first: string, second: string): Promise<ComparisonView[]> => {
    const key = `${first} ${second}`;
    if (!tests.has(key)) {
      tests.set(key, ask<ComparisonView[]>(['runs', run.id, 'comparison'], { before: first, after: second }, signal));
    }
    return (await tests.get(key)) ?? [];
  };
  const compare = async (): Promise<void> => {
    if (before === undefined || after === undefined || before === after) {
      fill(comparison, empty('Choose two different stages.'));
      return;
    }
    fill(comparison, empty('Testing …'));
    try {
      const rows = await compared(before, after);
      const shown = rows.filter((row) => row.task === task && row.grouping === grouping);
      fill(
        comparison,
        shown.length === 0
          ? empty('Nothing that both measured.')
          : comparisonTable('Comparison', shown, [stageName(before), stageName(after)]),
      );
    } catch (error) {
      if (!signal.aborted) fill(comparison, empty((error as Error).message));
    }
  };
  const load = async (): Promise<void> => {
    const next = (await ask<EvaluationView[]>(['runs', run.id, 'evaluations'], {}, signal)) ?? [];
    if (next.length === evaluations.length && next.length > 0) return;
    evaluations = next;
    before = evaluations[0]?.after;
    after = evaluations.at(-1)?.after;
    show();
  };
  const show = (): void => {
    if (evaluations.length === 0) {
      fill(panel, empty('No model of this run has been measured yet.'));
      return;
    }
    const scores = evaluations.flatMap((one) => one.scores);
    const tasks = [...new Set(scores.map((score) => score.task))];
    task ??= tasks[0];
    const groupings = [...new Set(scores.flatMap((score) => (score.task === task ? [score.grouping] : [])))];
    if (!groupings.includes(grouping)) grouping = groupings[0]!;
    const stages = evaluations.map((one) => [one.after, stageName(one.after)] as const);
    const own = (one: EvaluationView): ScoreView[] =>
      one.scores.filter((score) => score.task === task && score.grouping === grouping);
    fill(
      panel,
      section(
        'Scores after each stage',
        'Means over languages where a task has them; ± is one standard error.',
        element(
          'div',
          { class: 'controls' },
          choice(
            'Task',
            tasks.map((one) => [one, words(one)] as const),
            task,
            (value) => {
              task = value;
              show();
            },
          ),
          choice(
            'Groups',
            groupings.map((one) => [one, one === 'overall' ? 'all together' : `by ${words(one)}`] as const),
            grouping,
            (value) => {
              grouping = value;
              show();
            },
          ),
        ),
        scoreTable(evaluations.map((one) => ({ after: one.after, scores: own(one) }))),
      ),
      section(
        'Is the change more than chance?',
        SIGNIFICANCE_NOTE,
        element(
          'div',
          { class: 'controls' },
          choice('Before', stages, before, (value) => {
            before = value;
            void compare();
          }),
          choice('After', stages, after, (value) => {
            after = value;
            void compare();
          }),
        ),
        comparison,
      ),
    );
    void compare();
  };
  await load();
  return { refresh: load };
};

export const stageName = (after: string): string => (after === 'model' ? 'base' : after);

function scoreTable(evaluations: readonly EvaluationView[]): HTMLElement {
  const key = ({ group, metric }: ScoreView): string => `${group} ${metric}`;
  const rows = [
    ...new Map(evaluations.flatMap(({ scores }) => scores.map((score) => [key(score), score] as const))).values(),
  ];
  const best = (row: ScoreView): number => {
    const values = evaluations.flatMap(({ scores }) =>
      scores.filter((score) => key(score) === key(row)).map(({ value }) => value),
    );
    return row.higherIsBetter ? Math.max(...values) : Math.min(...values);
  };
  return table(
    'Scores',
    [
      { title: 'Group', cell: ({ group }: ScoreView) => (group === 'all' ? 'All' : nameOf(group)) },
      {
        title: 'Metric',
        isText: true,
        cell: ({ metric, higherIsBetter, chance, signature }: ScoreView) =>
          element(
            'span',
            { title: signature },
            `${words(metric)} ${higherIsBetter ? '↑' : '↓'}`,
            chance !== undefined && element('small', {}, ` chance ${formatNumber(chance)}`),
          ),
      },
      ...evaluations.map(({ after, scores }) => ({
        title: stageName(after),
        cell: (row: ScoreView) => {
          const score = scores.find((one) => key(one) === key(row));
          if (score === undefined) return '–';
          return element(
            'span',
            { class: score.value === best(row) ? 'best' : '' },
            formatNumber(score.value),
            score.stderr !== undefined &&
              element('small', {}, ` ±${formatNumber(Number(score.stderr.toPrecision(2)))}`),
          );
        },
      })),
      { title: 'Items', cell: ({ numItems }: ScoreView) => numItems },
    ],
    rows,
  );
}
