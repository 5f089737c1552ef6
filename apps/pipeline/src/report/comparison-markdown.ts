/** Two evaluations as Markdown: every score before and after with significance and contamination, forgetting, and samples to read. */
import type { CorrectedRow, EvaluationComparison } from '@marco-ts/eval';
import { formatDecimal } from '../format/format-quantity.ts';
import { languageName } from './display-names.ts';
import { escapeMarkdown, fenced, markdownTable } from './markdown.ts';
import { contaminationText } from './sections/benchmarks-section.ts';

const MAX_TEXT = 400;

export function comparisonMarkdown(comparison: EvaluationComparison): string {
  const { before, after, alpha, rows, forgetting, disagreements, contamination } = comparison;
  const head = [
    'task',
    'of',
    'metric',
    before,
    after,
    'change',
    'p (Holm)',
    'items',
    'chance',
    ...(contamination ? ['in training text'] : []),
  ];
  const cells = (row: CorrectedRow): string[] => [
    row.task,
    languageName(row.group),
    row.metric,
    formatDecimal(row.before, 4),
    formatDecimal(row.after, 4),
    `${row.delta > 0 ? '+' : ''}${formatDecimal(row.delta, 4)}${row.significant ? (row.improved ? ' better' : ' worse') : ''}`,
    row.adjustedPValue === null ? '' : formatDecimal(row.adjustedPValue, 4),
    String(row.numSamples),
    row.chance === null ? '' : formatDecimal(row.chance, 2),
    ...(contamination ? [row.group === 'pooled' ? contaminationText(contamination, row.task) : ''] : []),
  ];
  const parts = [
    `# ${escapeMarkdown(before)} and ${escapeMarkdown(after)}`,
    `Samples are paired by item; p-values are Holm's, within each metric and kind of group. Significant is below ${alpha}.`,
    ...(contamination
      ? [
          `In training text: items that share a run of ${contamination.n} words with ${escapeMarkdown(contamination.source)}, of those long enough.`,
        ]
      : []),
    '## Scores',
    markdownTable(head, rows.map(cells)),
    '## Forgetting',
    forgetting.length === 0 ? 'Nothing became worse by more than chance.' : markdownTable(head, forgetting.map(cells)),
    '## Where the two disagree',
    markdownTable(
      ['task', 'metric', 'both right', 'lost', 'gained', 'neither'],
      disagreements.map(({ task, metric, bothRight, onlyBefore, onlyAfter, bothWrong }) => [
        task,
        metric,
        ...[bothRight, onlyBefore, onlyAfter, bothWrong].map(String),
      ]),
    ),
    ...disagreements.flatMap(({ metric, examples }) =>
      examples.map(
        ({ id, kind, before: own, after: other }) =>
          `**${kind}**: ${escapeMarkdown(id)} (${escapeMarkdown(metric)})\n\n${fenced(`${before}\n${excerpt(own)}\n\n${after}\n${excerpt(other)}`)}`,
      ),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** A sample's record, a field a line. */
export function excerpt(record: object): string {
  return Object.entries(record)
    .map(([key, value]) => `${key}: ${(typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MAX_TEXT)}`)
    .join('\n');
}
