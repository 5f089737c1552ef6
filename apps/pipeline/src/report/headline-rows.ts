/** The rows of the headline table, the same in the terminal, in Markdown and in HTML. */
import { sourceName } from './display-names.ts';
import type { RunResults, TaskResult, TaskScore } from './run-results.ts';
import { findTask, inTierOrder, scoreOf, scoresOf } from './score-lookup.ts';

export interface HeadlineRow {
  readonly name: string;
  /** heading under which rows of one measure stand */
  readonly section: string;
  /** one per evaluation; undefined where it was not measured */
  readonly values: readonly (number | undefined)[];
  readonly decimals: number;
  readonly higherIsBetter: boolean;
  readonly chance?: number;
  /** the mean over a measure's groups */
  readonly isTotal: boolean;
}

interface Measure {
  readonly task: TaskResult['task'];
  readonly metric: TaskResult['metric'];
  readonly section: string;
  readonly groups: readonly { readonly kind: TaskScore['groupKind']; readonly group: string; readonly name: string }[];
  readonly decimals: number;
  /** a row for every tier that was scored, after the groups */
  readonly withTiers?: boolean;
}

const all = (name: string): Measure['groups'][number] => ({ kind: 'all', group: 'all', name });

const MEASURES: readonly Measure[] = [
  {
    task: 'bits-per-byte',
    metric: 'bitsPerByte',
    section: 'Bits per byte, lower is better',
    groups: [all('All languages')],
    withTiers: true,
    decimals: 2,
  },
  {
    task: 'translation',
    metric: 'chrf',
    section: 'Other tasks, higher is better',
    groups: [all('Translation, chrF')],
    decimals: 1,
  },
  {
    task: 'translation',
    metric: 'bleu',
    section: 'Other tasks, higher is better',
    groups: [all('Translation, BLEU')],
    decimals: 1,
  },
  {
    task: 'cloze',
    metric: 'acc',
    section: 'Other tasks, higher is better',
    groups: [all('Cloze accuracy')],
    decimals: 3,
  },
  {
    task: 'preference',
    metric: 'acc',
    section: 'Other tasks, higher is better',
    groups: [all('Preference accuracy, log-probability per token')],
    decimals: 3,
  },
  {
    task: 'preference',
    metric: 'rewardAcc',
    section: 'Other tasks, higher is better',
    groups: [all('Preference accuracy, implicit reward')],
    decimals: 3,
  },
];

/** Rows for every measure that at least one evaluation has. */
export function headlineRows(results: RunResults): HeadlineRow[] {
  return MEASURES.flatMap((measure) => {
    const tasks = results.evaluations.map((evaluation) => findTask(evaluation, measure.task, measure.metric));
    const known = tasks.find((task) => task !== undefined);
    if (known === undefined) return [];
    const groups = measure.withTiers ? [...measure.groups, ...tierGroups(tasks, results)] : measure.groups;
    return groups.flatMap(({ kind, group, name }) => {
      const values = tasks.map((task) => scoreOf(task, kind, group)?.value);
      if (values.every((value) => value === undefined)) return [];
      return [
        {
          name,
          section: measure.section,
          values,
          decimals: measure.decimals,
          higherIsBetter: known.higherIsBetter,
          isTotal: kind === 'all',
          ...(known.chance === undefined ? {} : { chance: known.chance }),
        },
      ];
    });
  });
}

function tierGroups(tasks: readonly (TaskResult | undefined)[], results: RunResults): Measure['groups'] {
  const tiers = new Set(tasks.flatMap((task) => scoresOf(task, 'tier').map((score) => score.group)));
  return inTierOrder([...tiers], results).map((tier) => ({ kind: 'tier', group: tier, name: sourceName(tier) }));
}

/** Cells of the rows for a table without headings of its own: each section's heading becomes a row above its rows. */
export function withSections(rows: readonly HeadlineRow[], cells: (row: HeadlineRow) => string[]): string[][] {
  return [...Map.groupBy(rows, ({ section }) => section)].flatMap(([section, own]) => [
    [`${section}:`],
    ...own.map((row) => {
      const [name = '', ...rest] = cells(row);
      return [`  ${name}`, ...rest];
    }),
  ]);
}
