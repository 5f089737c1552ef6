/**
 * What of the tasks' texts stands in the training text of a model: counted by whoever has that text, kept beside the scores.
 */
import type { EvalTask, Json } from '../tasks/eval-task.ts';

/** As `contaminationByTask` of @marco-ts/data counts. */
export interface TaskContamination {
  readonly numTexts: number;
  /** texts of n words or more */
  readonly numCompared: number;
  /** texts that share a run of n words with training text */
  readonly numTextsHit: number;
}

/** How much of each task's texts stands in the training text. */
export interface EvalContamination {
  /** words in a run */
  readonly n: number;
  /** where the training text was read */
  readonly source: string;
  readonly tasks: Readonly<Record<string, TaskContamination>>;
}

/** The texts of each item's row as one, to look for in training text; none of a task without documents. */
export function taskTexts({ documents = [] }: EvalTask): { readonly text: string; readonly language: string }[] {
  return documents.map(({ row, groups }) => ({
    text: textsOf(row).join('\n'),
    language: groups.language ?? 'und_Zzzz',
  }));
}

/** @returns undefined where none of the tasks was looked for */
export function sumContamination(
  contamination: EvalContamination | undefined,
  tasks: readonly string[],
): TaskContamination | undefined {
  const own = tasks.flatMap((task) => contamination?.tasks[task] ?? []);
  if (own.length === 0) return undefined;
  const sum = (count: (task: TaskContamination) => number) => own.reduce((total, task) => total + count(task), 0);
  return {
    numTexts: sum(({ numTexts }) => numTexts),
    numCompared: sum(({ numCompared }) => numCompared),
    numTextsHit: sum(({ numTextsHit }) => numTextsHit),
  };
}

function textsOf(value: Json): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
