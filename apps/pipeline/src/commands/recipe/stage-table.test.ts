import { expect, test } from 'vitest';
import type { RunOutcome } from '../../runner/run-stages.ts';
import type { RunRecipe } from '../../runner/stage.ts';
import { stageTable } from './stage-table.ts';

const stage = (name: string, counts: Record<string, number>): unknown => ({
  planned: { directoryName: name, stage: { name } },
  directory: name,
  manifest: { counts, seconds: 61, notes: { peakRssBytes: 2 ** 29 } },
});
const outcome = {
  directory: 'runs/x',
  ran: ['01-data'],
  stages: [
    stage('01-data', { documentsRead: 16_295, documentsKept: 358, train: 285 }),
    stage('02-model', { layers: 4 }),
  ],
} as unknown as RunOutcome<RunRecipe>;

test.each([40, 60, 70, 80, 100])('%d columns: no line is longer, and what is left out shows', (columns) => {
  const lines = stageTable(outcome, columns).split('\n');
  const widest = Math.max(...lines.map((line) => line.length));
  // Names, times and memory are never cut.
  expect(widest).toBeLessThanOrEqual(Math.max(columns, stageTable(outcome, 0).split('\n')[1]!.length));
  expect(lines.some((line) => line.includes('train 285'))).toBe(columns >= 100);
  if (columns === 80) expect(lines[2]).toMatch(/documentsRead 16.3k, …$/);
});

test('without a width everything is told', () => {
  expect(stageTable(outcome)).toMatch(/ran +1 min 01 s +512 MiB +documentsRead 16.3k, documentsKept 358, train 285$/m);
  expect(stageTable(outcome)).toMatch(/all +2 min 02 s$/m);
});
