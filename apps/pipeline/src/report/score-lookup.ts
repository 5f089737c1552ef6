/** Finds scores in the evaluations of a run. */
import type { EvaluationResult, RunResults, TaskResult, TaskScore } from './run-results.ts';

export function findTask(
  evaluation: EvaluationResult | undefined,
  task: TaskResult['task'],
  metric: TaskResult['metric'],
): TaskResult | undefined {
  return evaluation?.tasks.find((result) => result.task === task && result.metric === metric);
}

/** Scores of one kind of group, in the order they were written. */
export function scoresOf(result: TaskResult | undefined, groupKind: TaskScore['groupKind']): readonly TaskScore[] {
  return result?.scores.filter((score) => score.groupKind === groupKind) ?? [];
}

export function scoreOf(
  result: TaskResult | undefined,
  groupKind: TaskScore['groupKind'],
  group: string,
): TaskScore | undefined {
  return result?.scores.find((score) => score.groupKind === groupKind && score.group === group);
}

/** A score of the first and of the last evaluation that have it; undefined when fewer than two have it. */
export function beforeAndAfter(
  evaluations: readonly EvaluationResult[],
  task: TaskResult['task'],
  metric: TaskResult['metric'],
  groupKind: TaskScore['groupKind'],
  group: string,
): { before: TaskScore; after: TaskScore } | undefined {
  const scores = evaluations.flatMap(
    (evaluation) => scoreOf(findTask(evaluation, task, metric), groupKind, group) ?? [],
  );
  return scores.length < 2 ? undefined : { before: scores[0]!, after: scores.at(-1)! };
}

/** Tiers in the order of the recipe, those it does not name last. */
export function inTierOrder(tiers: readonly string[], results: RunResults): string[] {
  const order = Object.keys(results.recipe.data.tiers);
  const place = (tier: string): number => (order.includes(tier) ? order.indexOf(tier) : order.length);
  return [...tiers].sort((a, b) => place(a) - place(b));
}
