import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareCase } from '../measure/compare-case.ts';
import type { BenchResults } from './bench-results.ts';
import { formatTable } from './format-table.ts';
import { writeResults } from './results-writer.ts';

const machine = {
  cpu: 'Some CPU',
  cores: 2,
  memoryGib: 8,
  platform: 'linux x64 6',
  node: 'v24.0.0',
  loadAtStart: 0.25,
  loadAtEnd: 1.5,
};
const results: BenchResults = {
  suite: 'sums',
  machine,
  notes: ['shapes: T 7'],
  absent: [{ name: 'tfjs-node', reason: 'it is not installed' }],
  cases: [
    compareCase({ case: 'small', unit: 'ms', better: 'lower', ours: [2], peers: [['torch', [1]]] }),
    compareCase({
      case: 'large',
      unit: 'GB/s',
      better: 'higher',
      ours: [12345.6, 1.23456, 2],
      peers: [['copy', [0.5, 0.25, 1]]],
    }),
  ],
};

test('the table shows medians with their range, ratios, the machine and what is absent', () => {
  expect(formatTable(results).split('\n')).toEqual([
    'sums: median (min-max); 2 cores of Some CPU, node v24.0.0, load 0.3 at the start and 1.5 at the end',
    'shapes: T 7',
    'tfjs-node: absent, it is not installed',
    '',
    'case   unit            ours  torch  times better          copy  times better',
    '-----  ----  --------------  -----  ------------  ------------  ------------',
    'small  ms                 2      1           0.5',
    'large  GB/s  2 (1.23-12346)                       0.5 (0.25-1)             4',
  ]);
});

test('the results are written whole under the name of the suite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-report-'));
  try {
    const path = await writeResults(join(folder, 'new', 'results'), results);
    expect(path).toBe(join(folder, 'new', 'results', 'sums.json'));
    const written = JSON.parse(await readFile(path, 'utf8'));
    expect(written).toEqual(results);
    expect(written.cases[0].peers[0]).toMatchObject({ name: 'torch', value: 1, ratio: 0.5 });
    expect(await readdir(join(folder, 'new', 'results'))).toEqual(['sums.json']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
