import { expect, test } from 'vitest';
import { makeRunResults } from '../../../test/fixtures/make-run-results.ts';
import type { ComparisonResult } from '../run-results.ts';
import { comparisonSection } from './comparison-section.ts';

const row = (group: string, change: Partial<ComparisonResult['rows'][number]>): ComparisonResult['rows'][number] => ({
  task: 'bits_per_byte',
  metric: 'bits_per_byte',
  grouping: 'language',
  group,
  before: 2,
  after: 2,
  pValue: 1,
  significant: false,
  improved: false,
  numItems: 10,
  chance: null,
  ...change,
});

test('gains, losses and chance are counted apart, losses are named, with contamination and disagreements beside them', () => {
  const comparison: ComparisonResult = {
    alpha: 0.05,
    rows: [
      row('swh_Latn', { after: 1, pValue: 0.01, significant: true, improved: true }),
      row('fra_Latn', { after: 3, pValue: 0.02, significant: true }),
      row('<b>', {}),
    ],
    disagreements: [
      { task: 'cloze', metric: 'acc', bothRight: 5, onlyBefore: 2, onlyAfter: 7, bothWrong: 1, examples: [] },
    ],
    benchmarks: [],
    taskContamination: {
      n: 12,
      source: 'here',
      tasks: { bits_per_byte: { numTexts: 9, numCompared: 8, numTextsHit: 2 } },
    },
    contamination: { n: 12, numCompared: 40, numContaminated: 3 },
  };
  const page = String(comparisonSection({ ...makeRunResults(), comparison }));
  expect(page).toContain(
    'bits_per_byte bits_per_byte, by language</th><td>1</td><td>1</td><td>1</td><td>30</td><td>2 of 8</td>',
  );
  expect(page).toContain('Worse by more than chance: bits_per_byte bits_per_byte of French.');
  expect(page).toContain('3 of 40 held-out documents share a run of 12 words');
  expect(page).toContain('<td>5</td><td>2</td><td>7</td><td>1</td>');
  expect(page).not.toContain('<b>');
  expect(String(comparisonSection(makeRunResults()))).toBe('');
});
