/**
 * Results with the tasks of a group as one, such as 'belebele' with its languages in place of 122 tasks: what tables and comparisons show.
 */
import { aggregateGroups } from '../tasks/aggregate-groups.ts';
import type { TaskResult } from '../tasks/eval-task.ts';
import { sumContamination } from './contamination.ts';
import type { EvalResults } from './eval-results.ts';

/** Every group with two members or more in the results as a task of its own, then the tasks that are in none. */
export function groupResults(results: EvalResults): EvalResults {
  const { numResamples, seed } = results.config;
  const entries = Object.entries(results.tasks);
  const memberships = entries.flatMap(([name, { memberOf = [] }]) => memberOf.map((group) => ({ group, name })));
  const groups = new Map(
    [...Map.groupBy(memberships, ({ group }) => group)]
      .filter(([, members]) => members.length > 1)
      .map(([group, members]) => [group, members.map(({ name }) => name)]),
  );
  const aggregates = Object.entries(aggregateGroups({ results: results.tasks, groups, numResamples, seed }));
  const grouped = new Set(aggregates.flatMap(([, { tasks }]) => tasks));
  const { contamination } = results;
  return {
    ...results,
    ...(contamination && {
      contamination: {
        ...contamination,
        tasks: {
          ...contamination.tasks,
          ...Object.fromEntries(
            aggregates.flatMap(([group, { tasks }]) => {
              const sum = sumContamination(contamination, tasks);
              return sum === undefined ? [] : [[group, sum]];
            }),
          ),
        },
      },
    }),
    tasks: Object.fromEntries([
      ...aggregates.map(([group, { tasks, metrics, macroBy, overall, groups }]): [string, TaskResult] => {
        const members = tasks.map((name) => results.tasks[name]!);
        const sum = (count: (member: TaskResult) => number): number =>
          members.reduce((total, member) => total + count(member), 0);
        return [
          group,
          {
            ...members[0]!,
            // Any member's change makes the group's scores another's.
            version: sum(({ version }) => version),
            config: { tasks: [...tasks] },
            metrics,
            macroBy,
            overall,
            groups,
            numItems: {
              original: sum(({ numItems }) => numItems.original),
              originalByGroup: {},
              effective: sum(({ numItems }) => numItems.effective),
            },
            skipped: members.flatMap(({ skipped }) => skipped),
            numTruncated: sum(({ numTruncated }) => numTruncated),
            numRefused: sum(({ numRefused }) => numRefused),
            numFailed: sum(({ numFailed }) => numFailed),
            notices: members.flatMap(({ notices }) => notices),
            samples: members.flatMap(({ samples }) => samples),
            seconds: sum(({ seconds }) => seconds),
            memberOf: [],
          },
        ];
      }),
      ...entries.filter(([name]) => !grouped.has(name)),
    ]),
  };
}
