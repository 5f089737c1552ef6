/**
 * Writes results where lm-evaluation-harness would, so that its viewers find them.
 *
 * `<directory>/<model>/results_<time>.json` and `samples_<task>_<time>.jsonl`, the time in ISO form with `-` for `:`.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvalResults } from './eval-results.ts';
import { type LmEvalOptions, lmEvalResults, lmEvalSamples, sanitizeModelName } from './lm-eval-results.ts';

/** What is written beside the scores. */
export interface WriteLmEvalOptions extends Omit<LmEvalOptions, 'date'> {
  /** when the evaluation was made */
  readonly time: Date;
  /** also write one line per sample; default true */
  readonly withSamples?: boolean | undefined;
}

/** @returns the paths written; a file appears whole or not at all */
export async function writeLmEvalResults(
  directory: string,
  results: EvalResults,
  options: WriteLmEvalOptions,
): Promise<string[]> {
  const { time, withSamples = true, ...rest } = options;
  const folder = join(directory, sanitizeModelName(results.modelName));
  const stamp = time.toISOString().replace('Z', '').replaceAll(':', '-');
  await mkdir(folder, { recursive: true });
  const files = [
    {
      name: `results_${stamp}.json`,
      text: `${JSON.stringify(lmEvalResults(results, { ...rest, date: time.getTime() / 1000 }), null, 2)}\n`,
    },
  ];
  if (withSamples) {
    for (const [task, result] of Object.entries(results.tasks)) {
      const lines = lmEvalSamples(result).map((sample) => `${JSON.stringify(sample)}\n`);
      files.push({ name: `samples_${sanitizeModelName(task)}_${stamp}.jsonl`, text: lines.join('') });
    }
  }
  const paths: string[] = [];
  for (const { name, text } of files) {
    const path = join(folder, name);
    await writeFile(`${path}.tmp`, text);
    await rename(`${path}.tmp`, path);
    paths.push(path);
  }
  return paths;
}
