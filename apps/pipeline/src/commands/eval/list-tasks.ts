/** `marco eval ls`: the tasks and groups that a text is found in. */
import { marcoSuite, type TaskDefinition, taskDefinitions, taskGroups } from '@marco-ts/eval';
import { formatTable } from '../../console/format-table.ts';
import type { CommandOutput } from '../pipeline.ts';
import { MARCO_SUITE } from './find-definitions.ts';

export interface ListOptions {
  readonly groups?: boolean;
  readonly json?: boolean;
}

const MAX_ROWS = 40;

export function listTasks(filters: readonly string[], options: ListOptions, { stdout, stderr }: CommandOutput): void {
  const texts = filters.map((text) => text.toLowerCase());
  const isWanted = (...fields: readonly string[]): boolean =>
    texts.every((text) => fields.some((field) => field.toLowerCase().includes(text)));
  const groups = [[MARCO_SUITE, marcoSuite().map(({ name }) => name)] as const, ...taskGroups()]
    .filter(([name]) => isWanted(name))
    .map(([name, members]) => ({ name, numTasks: members.length }));
  const tasks = options.groups
    ? []
    : [...taskDefinitions().values()]
        .filter(({ name, language, groups: own }) => isWanted(name, language, ...own))
        .map(describe);
  if (options.json) {
    stdout.write(`${JSON.stringify({ groups, tasks }, null, 2)}\n`);
    return;
  }
  if (groups.length > 0) {
    stdout.write(
      `${formatTable(
        [{ title: 'group' }, { title: 'tasks' }],
        groups.map((row) => [row.name, String(row.numTasks)]),
      )}\n`,
    );
  }
  if (tasks.length > 0) {
    const rows = tasks
      .slice(0, MAX_ROWS)
      .map((task) => [
        task.name,
        task.language,
        task.type,
        String(task.numFewShot),
        String(task.paperShots ?? ''),
        task.dataset,
      ]);
    const left = { align: 'left' } as const;
    const columns = [
      { title: 'task' },
      { title: 'language', ...left },
      { title: 'asks', ...left },
      { title: 'shots' },
      { title: 'in the paper' },
      { title: 'set', ...left },
    ];
    stdout.write(`${groups.length > 0 ? '\n' : ''}${formatTable(columns, rows)}\n`);
    if (tasks.length > MAX_ROWS)
      stderr.write(`  and ${tasks.length - MAX_ROWS} more; name a part of what you look for, or use --json\n`);
  }
  if (groups.length + tasks.length === 0)
    stderr.write(`nothing is named like ${filters.join(' and ')}; marco eval ls --groups shows the groups\n`);
}

function describe({
  name,
  language,
  groups,
  version,
  paper,
  prompt,
  dataset,
  numFewShot = 0,
  paperShots,
}: TaskDefinition) {
  return {
    name,
    language,
    groups,
    version,
    paper,
    type: prompt.type,
    numFewShot,
    paperShots: paperShots ?? null,
    dataset: dataset.name === undefined ? dataset.path : `${dataset.path} (${dataset.name})`,
  };
}
