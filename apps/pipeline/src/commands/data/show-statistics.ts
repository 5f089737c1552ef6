/**
 * What a run read, kept and dropped by language and reason, and what the documents it kept are like, as tables.
 */
import { createFunnel, medianLengthBelow, type RunStatistics, type StageStatus } from '@marco-ts/data';
import { formatTable } from '../../console/format-table.ts';
import { formatBytes } from '../../format/format-quantity.ts';

const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

export function statisticsTables(
  { funnel: report, statistics, stages, faults }: RunStatistics,
  { maxLanguages, maxReasons }: { readonly maxLanguages: number; readonly maxReasons: number },
): string {
  const funnel = createFunnel();
  funnel.add(report);
  const languages = Object.entries(statistics).sort(([, a], [, b]) => b.numBytes - a.numBytes);
  const documents = formatTable(
    [
      { title: 'language' },
      { title: 'documents' },
      { title: 'size' },
      { title: 'characters' },
      { title: 'half below' },
    ],
    languages
      .slice(0, maxLanguages)
      .map(([language, counts]) => [
        language,
        `${counts.numDocuments}`,
        formatBytes(counts.numBytes),
        `${counts.numCharacters}`,
        `${medianLengthBelow(counts)}`,
      ]),
  );
  const rest =
    languages.length > maxLanguages ? `\n  ${languages.length - maxLanguages} more languages: --languages` : '';
  const counted = stages.flatMap(({ stage, counts }) =>
    Object.keys(counts).length === 0 ? [] : [`${stage}: ${list(counts)}`],
  );
  return [
    funnel.toTable({ maxLanguages, maxReasons }),
    `Kept documents:\n${documents}${rest}`,
    ...(Object.keys(report.edits).length === 0 ? [] : [`Changed inside of documents: ${list(report.edits)}`]),
    ...(Object.keys(faults).length === 0 ? [] : [`Could not be read: ${list(faults)}`]),
    ...(counted.length === 0 ? [] : [counted.join('\n')]),
    '',
  ].join('\n\n');
}

export function statusTable(statuses: readonly StageStatus[], withLogs: boolean): string {
  const rows = statuses.map(({ stage, state, numUnits, numCompleteUnits, worldSize, ranks }) => {
    const inState = (wanted: string): string => `${ranks.filter((rank) => rank.state === wanted).length || ''}`;
    return [
      stage,
      state,
      `${numCompleteUnits}${numUnits === undefined ? '' : ` of ${numUnits}`}`,
      `${worldSize ?? ''}`,
      inState('complete'),
      inState('running'),
      inState('failed'),
      inState('missing'),
    ];
  });
  const table = formatTable(
    ['stage', 'state', 'units', 'ranks', 'complete', 'running', 'failed', 'missing'].map((title, index) => ({
      title,
      align: index < 2 ? 'left' : 'right',
    })),
    rows,
  );
  const told = statuses.flatMap(({ stage, ranks }) =>
    ranks
      .filter(({ state }) => withLogs || state === 'failed')
      .map(({ rank, state, error, logTail }) =>
        [
          `${stage} rank ${rank}: ${state}${error === undefined ? '' : `: ${error}`}`,
          ...logTail.map((line) => `    ${line}`),
        ].join('\n'),
      ),
  );
  return `${[table, ...told].join('\n\n')}\n`;
}
