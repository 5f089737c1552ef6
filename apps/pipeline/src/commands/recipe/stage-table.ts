/** The table of stages at the end of a run: time, memory, what was counted. */
import { formatTable } from '../../console/format-table.ts';
import { formatBytes, formatCount, formatDuration } from '../../format/format-quantity.ts';
import type { RunOutcome } from '../../runner/run-stages.ts';
import type { RunRecipe, StageCounts } from '../../runner/stage.ts';

/** @param columns width of the terminal: counts that do not fit are left out */
export function stageTable<R extends RunRecipe>(
  outcome: RunOutcome<R>,
  columns: number = Number.POSITIVE_INFINITY,
): string {
  const rows = outcome.stages.map(({ planned, manifest }) => {
    const peak = manifest.notes?.peakRssBytes;
    return [
      planned.directoryName,
      outcome.ran.includes(planned.stage.name) ? 'ran' : 'up to date',
      formatDuration(manifest.seconds),
      typeof peak === 'number' ? formatBytes(peak) : '–',
    ];
  });
  const total = outcome.stages.reduce((seconds, { manifest }) => seconds + manifest.seconds, 0);
  const all = ['all', '', formatDuration(total), ''];
  const head = [{ title: 'stage' }, { title: '', align: 'left' }, { title: 'time' }, { title: 'peak memory' }] as const;
  const rule = formatTable(head, [...rows, all]).split('\n')[1]!;
  const width = columns - rule.length - 2;
  return formatTable(
    [...head, { title: 'counts', align: 'left' }],
    [...rows.map((row, index) => [...row, fittingCounts(outcome.stages[index]!.manifest.counts, width)]), all],
  );
}

function fittingCounts(counts: StageCounts, width: number): string {
  const parts = Object.entries(counts).map(([name, value]) => `${name} ${formatCount(value)}`);
  const whole = parts.join(', ');
  if (whole.length <= width) return whole;
  const ending = ', …';
  while (parts.length > 0 && parts.join(', ').length + ending.length > width) parts.pop();
  return parts.length === 0 ? '' : `${parts.join(', ')}${ending}`;
}
