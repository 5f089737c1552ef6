/**
 * A suite's results as a table of text: ours beside each peer, medians with their range, and how many times better we are.
 */
import type { BenchResults } from './bench-results.ts';

export function formatTable({ suite, machine, notes, absent, cases }: BenchResults): string {
  const peers = [...new Set(cases.flatMap((row) => row.peers.map(({ name }) => name)))];
  const header = ['case', 'unit', 'ours', ...peers.flatMap((name) => [name, 'times better'])];
  const rows = cases.map((row) => [
    row.case,
    row.unit,
    quote(row.ours, row.spread),
    ...peers.flatMap((name) => {
      const peer = row.peers.find((candidate) => candidate.name === name);
      return peer ? [quote(peer.value, peer.spread), significant(peer.ratio)] : ['', ''];
    }),
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((cells) => cells[column]!.length)));
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [
    `${suite}: median (min-max); ${machine.cores} cores of ${machine.cpu}, node ${machine.node}, load ${machine.loadAtStart.toFixed(1)} at the start and ${machine.loadAtEnd.toFixed(1)} at the end`,
    ...notes,
    ...absent.map(({ name, reason }) => `${name}: absent, ${reason}`),
    '',
    line(header),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map(line),
  ].join('\n');
}

function quote(median: number, { min, max, samples }: { min: number; max: number; samples: number }): string {
  return samples === 1 ? significant(median) : `${significant(median)} (${significant(min)}-${significant(max)})`;
}

/** Three significant digits, and never fewer than the digits before the point. */
function significant(value: number): string {
  return value >= 1000 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}
