/** Finds scores in the evaluations of a run. */
import type { EvaluationResult, TaskResult, TaskScore } from './run-results.ts';

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
