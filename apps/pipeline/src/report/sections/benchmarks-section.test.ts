import { expect, test } from 'vitest';
import { makeRunResults } from '../../../test/fixtures/make-run-results.ts';
import { renderMarkdown } from '../render-markdown.ts';
import type { ComparisonResult } from '../run-results.ts';
import { benchmarksSection } from './benchmarks-section.ts';

const row = (grouping: string, group: string, before: number, after: number, pValue: number | null = 1) => ({
  task: 'heldout_word_order',
  metric: 'acc',
  grouping,
  group,
  before,
  after,
  pValue,
  significant: pValue !== null && pValue < 0.05,
  improved: after > before,
  numItems: 8,
  chance: 0.5,
});
const comparison: ComparisonResult = {
  alpha: 0.05,
  benchmarks: ['heldout_word_order'],
  rows: [
    row('overall', 'pooled', 0.5, 0.75, 0.001),
    row('overall', 'macro', 0.5, 0.875, null),
    row('tier', 'low', 0.625, 0.5, 0.02),
    row('tier', 'low (macro)', 0.625, 0.4, null),
    row('language', 'swh_Latn', 0.5, 0.75),
    row('language', 'fra_Latn', 0.5, 1, 0.03),
    { ...row('overall', 'pooled', 1, 2), task: 'bits_per_byte' },
  ],
  disagreements: [
    {
      task: 'heldout_word_order',
      metric: 'acc',
      bothRight: 4,
      onlyBefore: 1,
      onlyAfter: 3,
      bothWrong: 0,
      examples: [
        { kind: 'gained', id: 'a/<1>', language: 'swh_Latn', right: 'moja <b>', before: 'mbili', after: 'moja <b>' },
      ],
    },
  ],
  taskContamination: {
    n: 12,
    source: 'the run',
    tasks: { heldout_word_order: { numTexts: 16, numCompared: 14, numTextsHit: 1 } },
  },
};

test('each benchmark: overall, tiers and every language, before and after, with significance, chance, contamination and samples', () => {
  const page = String(benchmarksSection({ ...makeRunResults(), comparison }));
  expect(page).toContain(
    'Word order of held-out text <small>acc</small></th><td>0.500</td><td>0.750</td><td>0.001 better</td><td>0.50</td><td>8</td><td>1 of 14</td>',
  );
  expect(page).toContain('Low-resource</th><td>0.625</td><td>0.500</td><td>0.020 worse</td>');
  expect(page).toContain('each language once</th><td>0.500</td><td>0.875</td><td></td>');
  expect(page).not.toContain('(macro)');
  expect(page.indexOf('French</th>')).toBeLessThan(page.indexOf('Swahili</th>'));
  expect(page).toContain('3 items gained and 1 lost');
  expect(page).toContain('moja &lt;b&gt;');
  expect(page).not.toMatch(/<b>|<1>|bits_per_byte/);
  expect(String(benchmarksSection(makeRunResults()))).toBe('');
});

test('the Markdown has the same rows', () => {
  const text = renderMarkdown({ ...makeRunResults(), comparison });
  expect(text).toContain('| Word order of held-out text, acc | French | 0.500 | 1.000 | 0.030 better | 0.50 | 8 |  |');
});
