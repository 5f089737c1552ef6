/**
 * A task of the registry with its rows, read from where its data set is.
 */
import type { DatasetFiles } from '../../datasets/dataset-files.ts';
import { loadSplit } from '../../datasets/load-split.ts';
import { openArchives } from '../../datasets/open-archives.ts';
import type { EvalTask } from '../eval-task.ts';
import { type DocumentTaskOptions, documentTask } from './document-task.ts';
import { evaluationSplit, fewShotSplit, type Row, type TaskDefinition } from './task-definition.ts';

/** Where the rows are, and how they are asked. */
export interface LoadTaskOptions extends DocumentTaskOptions {
  readonly files: DatasetFiles;
}

/** @throws Error when the set, its language or a split is missing, or no row is usable */
export async function loadTask(definition: TaskDefinition, options: LoadTaskOptions): Promise<EvalTask> {
  const { files, numFewShot = definition.numFewShot ?? 0 } = options;
  const opened = openArchives(files);
  const scored = evaluationSplit(definition.splits);
  const examples = numFewShot > 0 && !definition.fewShot?.examples ? fewShotSplit(definition) : undefined;
  const rows: Record<string, readonly Row[]> = {};
  for (const split of new Set([scored, examples])) {
    if (split === undefined) continue;
    rows[split] = await loadSplit({ files: opened, dataset: definition.dataset, split, isScored: split === scored });
  }
  return documentTask(definition, rows, { ...options, numFewShot });
}
