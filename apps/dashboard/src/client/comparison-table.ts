/** Scores of two models with their change, and a mark where it is more than chance. */
import type { ComparisonView } from '../api-types.ts';
import { element } from './dom.ts';
import { formatNumber, nameOf, words } from './format.ts';
import { table } from './pieces.ts';

export const SIGNIFICANCE_NOTE =
  '★ marks a change that a paired bootstrap over the same items tells from chance: p < 0.05 after Holm’s adjustment for the number of groups in the table.';

export function comparisonTable(
  caption: string,
  rows: readonly ComparisonView[],
  titles: readonly [string, string],
): HTMLElement {
  return table(
    caption,
    [
      { title: 'Group', cell: ({ group }) => groupName(group) },
      { title: 'Metric', isText: true, cell: ({ metric }) => words(metric) },
      { title: titles[0], cell: ({ before }) => formatNumber(before) },
      { title: titles[1], cell: ({ after }) => formatNumber(after) },
      {
        title: 'Change',
        cell: ({ delta, improved, significant }) =>
          element(
            'span',
            { class: delta === 0 ? '' : improved ? 'better' : 'worse' },
            `${delta > 0 ? '+' : delta < 0 ? '−' : ''}${formatNumber(Math.abs(delta))}`,
            significant && ' ★',
          ),
      },
      {
        title: 'p, adjusted',
        cell: ({ adjustedPValue }) => (adjustedPValue === null ? '–' : formatPValue(adjustedPValue)),
      },
      { title: 'Items', cell: ({ numSamples }) => numSamples },
    ],
    rows,
  );
}

function groupName(group: string): string {
  if (group === 'pooled') return 'All items';
  if (group === 'macro') return 'Mean of groups';
  return group.endsWith(' (macro)')
    ? `${nameOf(group.slice(0, -' (macro)'.length))}, mean of languages`
    : nameOf(group);
}

const formatPValue = (pValue: number): string => (pValue < 0.001 ? '<0.001' : pValue.toFixed(3));
