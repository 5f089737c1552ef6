/** `marco eval validate`: are the rows of each task there, and can its prompts be made; nothing is asked. */
import { loadTask } from '@marco-ts/eval';
import { formatTable } from '../../console/format-table.ts';
import { EXIT_CODES } from '../../errors.ts';
import type { CommandContext } from '../command-context.ts';
import { datasetPlace } from './dataset-place.ts';
import { findDefinitions, type TaskOptions } from './find-definitions.ts';

export interface ValidateOptions extends TaskOptions {
  readonly data?: string;
  readonly numFewshot?: number;
  readonly json?: boolean;
}

export async function validateTasks(options: ValidateOptions, { output, setExitCode }: CommandContext): Promise<void> {
  const definitions = await findDefinitions(options);
  const files = datasetPlace(options.data);
  const shots = options.numFewshot === undefined ? {} : { numFewShot: options.numFewshot };
  const checked: { name: string; numItems: number; numUnusable: number; problem: string | null }[] = [];
  for (const definition of definitions) {
    try {
      const { numItems, unusable = [] } = await loadTask(definition, { files, ...shots });
      const total = Object.values(numItems).reduce((sum, count) => sum + count, 0);
      checked.push({ name: definition.name, numItems: total, numUnusable: unusable.length, problem: null });
    } catch (error) {
      checked.push({ name: definition.name, numItems: 0, numUnusable: 0, problem: (error as Error).message });
    }
  }
  const problems = checked.filter(({ problem }) => problem !== null);
  if (problems.length > 0) setExitCode(EXIT_CODES.badInput);
  if (options.json) {
    output.stdout.write(`${JSON.stringify({ ok: problems.length === 0, tasks: checked }, null, 2)}\n`);
    return;
  }
  const rows = checked
    .filter(({ problem }) => problem === null)
    .map(({ name, numItems, numUnusable }) => [name, String(numItems), String(numUnusable)]);
  if (rows.length > 0) {
    output.stdout.write(`${formatTable([{ title: 'task' }, { title: 'items' }, { title: 'unusable' }], rows)}\n`);
  }
  for (const { name, problem } of problems) output.stdout.write(`  ${name}: ${problem}\n`);
}
