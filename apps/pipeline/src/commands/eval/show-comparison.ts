/** `marco eval compare`: a base model beside an adapted one, as text, JSON, or a page. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CorrectedRow, compareEvaluations, type EvalResults, type EvaluationComparison } from '@marco-ts/eval';
import { formatTable } from '../../console/format-table.ts';
import { BadInputError } from '../../errors.ts';
import { formatDecimal } from '../../format/format-quantity.ts';
import { comparisonMarkdown } from '../../report/comparison-markdown.ts';
import { languageName } from '../../report/display-names.ts';
import { renderComparison } from '../../report/render-comparison.ts';
import { contaminationText } from '../../report/sections/benchmarks-section.ts';
import type { CommandOutput } from '../pipeline.ts';
import { asBadInput } from './find-definitions.ts';
import { EVALUATION_FILE } from './run-evaluation.ts';

export interface CompareOptions {
  readonly alpha: number;
  readonly examples: number;
  readonly html?: string;
  readonly markdown?: string;
  readonly json?: boolean;
}

export async function showComparison(
  before: string,
  after: string,
  { alpha, examples, html, markdown, json }: CompareOptions,
  { stdout }: CommandOutput,
): Promise<void> {
  const [first, second] = [await readEvaluation(before), await readEvaluation(after)];
  const comparison = await asBadInput(async () => compareEvaluations(first, second, { alpha, numExamples: examples }));
  if (html !== undefined) await writeFile(html, renderComparison(comparison, { before: first, after: second }));
  if (markdown !== undefined) await writeFile(markdown, comparisonMarkdown(comparison));
  if (json) stdout.write(`${JSON.stringify(comparison, null, 2)}\n`);
  else stdout.write(comparisonText(comparison));
}

/** @param path of an evaluation, of its directory, or of the directory of a pipeline's evaluation stage */
export async function readEvaluation(path: string): Promise<EvalResults> {
  try {
    const file = (await stat(path)).isDirectory() ? join(path, EVALUATION_FILE) : path;
    const results = JSON.parse(await readFile(file, 'utf8')) as EvalResults;
    if (results.format === 'marco-ts/eval-results') return results;
    throw new Error(`format '${results.format}'`);
  } catch (error) {
    throw new BadInputError(
      `[@marco-ts/pipeline] eval compare: an evaluation must be readable, got ${(error as Error).message} at ${path}. Make one with: marco eval run`,
    );
  }
}

function comparisonText({
  before,
  after,
  alpha,
  rows,
  forgetting,
  disagreements,
  onlyBefore,
  onlyAfter,
  contamination,
}: EvaluationComparison): string {
  const left = { align: 'left' } as const;
  const shown = rows.filter(({ grouping }) => ['overall', 'language', 'tier', 'direction'].includes(grouping));
  const table = formatTable(
    [
      { title: 'task' },
      { title: 'of', ...left },
      { title: 'metric', ...left },
      { title: before },
      { title: after },
      { title: 'change' },
      { title: 'p (Holm)' },
      { title: 'items' },
      ...(contamination ? [{ title: 'in training text' }] : []),
      { title: '', ...left },
    ],
    shown.map((row) => [
      row.task,
      row.grouping === 'language' ? languageName(row.group) : row.group,
      row.metric,
      formatDecimal(row.before, 4),
      formatDecimal(row.after, 4),
      `${row.delta > 0 ? '+' : ''}${formatDecimal(row.delta, 4)}`,
      row.adjustedPValue === null ? '' : formatDecimal(row.adjustedPValue, 4),
      String(row.numSamples),
      ...(contamination ? [row.group === 'pooled' ? contaminationText(contamination, row.task) : ''] : []),
      verdict(row),
    ]),
  );
  const agreement = disagreements.map(({ task, metric, bothRight, onlyBefore: lost, onlyAfter: gained, bothWrong }) => [
    task,
    metric,
    String(bothRight),
    String(lost),
    String(gained),
    String(bothWrong),
  ]);
  const lines = [
    table,
    '',
    forgetting.length === 0
      ? `Nothing became worse by more than chance (Holm, ${alpha}).`
      : `Worse by more than chance (Holm, ${alpha}): ${forgetting.map(({ task, group, metric }) => `${task} ${group} ${metric}`).join(', ')}.`,
    ...(agreement.length > 0
      ? [
          '',
          formatTable(
            [
              { title: 'right answers' },
              { title: 'metric', ...left },
              { title: 'both' },
              { title: 'lost' },
              { title: 'gained' },
              { title: 'neither' },
            ],
            agreement,
          ),
        ]
      : []),
    ...disagreements.flatMap(({ metric, examples }) => examples.map(({ id, kind }) => `  ${kind}: ${id} (${metric})`)),
    ...(onlyBefore.length > 0 ? [`Only of ${before}: ${onlyBefore.join(', ')}`] : []),
    ...(onlyAfter.length > 0 ? [`Only of ${after}: ${onlyAfter.join(', ')}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function verdict({ significant, improved }: CorrectedRow): string {
  return significant ? (improved ? 'better' : 'worse') : '';
}
