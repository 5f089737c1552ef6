/** The headline of a run as text: bits per byte by tier after each stage, then the other tasks. */
import { formatTable } from '../console/format-table.ts';
import { formatDecimal } from '../format/format-quantity.ts';
import { headlineRows, withSections } from './headline-rows.ts';
import type { RunResults } from './run-results.ts';

/** @returns an empty text when nothing was evaluated yet */
export function summaryTable(results: RunResults): string {
  if (results.evaluations.length === 0) return '';
  const columns = [
    { title: 'held-out text' },
    ...results.evaluations.map((evaluation) => ({ title: evaluation.afterStage })),
    { title: 'chance' },
  ];
  return formatTable(
    columns,
    withSections(headlineRows(results), (row) => [
      row.name,
      ...row.values.map((value) => formatDecimal(value, row.decimals)),
      row.chance === undefined ? '' : formatDecimal(row.chance, row.decimals),
    ]),
  );
}
