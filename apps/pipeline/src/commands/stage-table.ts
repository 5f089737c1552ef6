/** The table of stages at the end of a run: time, memory, what was counted. */
import { formatTable } from '../console/format-table.ts';
import { formatBytes, formatCount, formatDuration } from '../format/format-quantity.ts';
import type { RunOutcome } from '../runner/run-stages.ts';
import type { RunRecipe } from '../runner/stage.ts';

export function stageTable<R extends RunRecipe>(outcome: RunOutcome<R>): string {
  const rows = outcome.stages.map(({ planned, manifest }) => {
    const peak = manifest.notes?.peakRssBytes;
    return [
      planned.directoryName,
      outcome.ran.includes(planned.stage.name) ? 'ran' : 'up to date',
      formatDuration(manifest.seconds),
      typeof peak === 'number' ? formatBytes(peak) : '–',
      Object.entries(manifest.counts)
        .map(([name, value]) => `${name} ${formatCount(value)}`)
        .join(', '),
    ];
  });
  const total = outcome.stages.reduce((seconds, { manifest }) => seconds + manifest.seconds, 0);
  return formatTable(
    [
      { title: 'stage' },
      { title: '', align: 'left' },
      { title: 'time' },
      { title: 'peak memory' },
      { title: 'counts', align: 'left' },
    ],
    [...rows, ['all', '', formatDuration(total), '', '']],
  );
}
