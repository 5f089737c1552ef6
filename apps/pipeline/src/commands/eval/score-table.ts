/** Scores of an evaluation as text: each task or group with its error and the level of chance, then every language. */
import type { EvalResults } from '@marco-ts/eval';
import { formatTable } from '../../console/format-table.ts';
import { formatDecimal } from '../../format/format-quantity.ts';
import { languageName } from '../../report/display-names.ts';
import { contaminationText } from '../../report/sections/benchmarks-section.ts';

/** @param results with groups as tasks */
export function scoreTable(results: EvalResults): string {
  const { contamination } = results;
  const rows = Object.entries(results.tasks).flatMap(([task, { metrics, overall, groups, skipped, numFailed }]) =>
    Object.entries(metrics).flatMap(([metric, { chance }], position) => {
      const of = (name: string, value: { value: number; stderr: number | null } | undefined, count: number) =>
        value === undefined
          ? []
          : [
              [
                name,
                metric,
                formatDecimal(value.value, 4),
                value.stderr === null ? '' : `± ${formatDecimal(value.stderr, 4)}`,
                chance === null ? '' : formatDecimal(chance, 2),
                String(count),
                ...(contamination ? [contaminationText(contamination, name)] : []),
              ],
            ];
      const languages = Object.entries(groups.language ?? {});
      const notes =
        position === 0 && skipped.length > 0
          ? `, ${skipped.length} left out${numFailed > 0 ? ' (the server failed)' : ''}`
          : '';
      return [
        ...of(`${task}${notes}`, overall.metrics[metric], overall.numSamples),
        ...of('  each language once', overall.macro?.[metric], overall.numSamples),
        ...(languages.length > 1
          ? languages.flatMap(([code, group]) => of(`  ${languageName(code)}`, group.metrics[metric], group.numSamples))
          : []),
      ];
    }),
  );
  const left = { align: 'left' } as const;
  return formatTable(
    [
      { title: 'task' },
      { title: 'metric', ...left },
      { title: 'score' },
      { title: '' },
      { title: 'chance' },
      { title: 'items' },
      ...(contamination ? [{ title: 'in training text' }] : []),
    ],
    rows,
  );
}
