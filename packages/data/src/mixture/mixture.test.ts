import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MARCO_LANGUAGES } from '../languages/marco-languages.ts';
import { MARCO_STAGES, type MixtureTier, paperLanguageShare } from './marco-stages.ts';
import { mixtureTable, planMixture } from './plan-mixture.ts';
import type { SourceStats } from './source-stats.ts';

const source = (name: string, tier: MixtureTier, numTokens: number): SourceStats => ({
  name,
  tier,
  numTokens,
  numDocuments: 1,
});
const paperSources: SourceStats[] = [
  ...MARCO_LANGUAGES.map(({ code, tier }) => source(code, tier, 1e12)),
  source('parallel', 'parallel', 103e9),
  source('knowledge', 'knowledge', 65e9),
  source('synthetic', 'synthetic', 6e9),
];

test('the stages are the paper’s: shares sum to 1, 160:140 tokens, learning rates 1 : 0.6', () => {
  for (const { shares } of MARCO_STAGES) expect(Object.values(shares).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  expect(MARCO_STAGES.map(({ numTokens }) => numTokens)).toEqual([160e9, 140e9]);
  expect(MARCO_STAGES[1].maxLearningRate / MARCO_STAGES[0].maxLearningRate).toBeCloseTo(
    MARCO_STAGES[1].learningRateRatio,
    12,
  );
  expect(paperLanguageShare(MARCO_STAGES[0], 'low')).toBeCloseTo(0.00474, 5);
  expect(paperLanguageShare(MARCO_STAGES[1], 'high')).toBeCloseTo(0.0325, 12);
});

test('both stages together use what the paper’s table 1 says, to its printed digit', () => {
  const used = new Map<string, number>();
  for (const stage of MARCO_STAGES) {
    for (const { name, budget } of planMixture({
      sources: paperSources,
      shares: stage.shares,
      numTokens: stage.numTokens,
    }).sources) {
      used.set(name, (used.get(name) ?? 0) + budget / 1e9);
    }
  }
  const expected = {
    eng_Latn: 90.4,
    cmn_Hans: 48.2,
    arb_Arab: 10.6,
    tur_Latn: 10.6,
    kaz_Cyrl: 1.9,
    npi_Deva: 1.9,
    parallel: 20.8,
    knowledge: 16.4,
    synthetic: 4.4,
  };
  for (const [name, billions] of Object.entries(expected))
    expect(Math.abs(used.get(name)! - billions), name).toBeLessThan(0.0501);
});

test('law: budgets sum to the total exactly, whatever the sources', () => {
  const tiers: MixtureTier[] = ['english', 'chinese', 'high', 'low', 'parallel', 'knowledge', 'synthetic'];
  fc.assert(
    fc.property(
      fc.array(fc.record({ tier: fc.constantFrom(...tiers), numTokens: fc.integer({ min: 1, max: 1e9 }) }), {
        minLength: 1,
        maxLength: 40,
      }),
      fc.integer({ min: 1, max: 1e9 }),
      fc.constantFrom(
        { kind: 'equal' } as const,
        { kind: 'temperature', alpha: 0.3 } as const,
        { kind: 'unimax', maxEpochs: 2 } as const,
      ),
      (sources, numTokens, within) => {
        const named = sources.map(({ tier, numTokens: available }, i) => source(`s${i}`, tier, available));
        const plan = planMixture({
          sources: named,
          shares: MARCO_STAGES[0].shares,
          numTokens,
          maxEpochs: Number.POSITIVE_INFINITY,
          within,
        });
        expect(plan.sources.reduce((sum, { budget }) => sum + budget, 0)).toBe(numTokens);
      },
    ),
  );
});

describe('within a tier', () => {
  const sources = [source('small', 'low', 100), source('middle', 'low', 400), source('large', 'low', 10_000)];
  const budgets = (within?: Parameters<typeof planMixture>[0]['within']) =>
    planMixture({
      sources,
      shares: MARCO_STAGES[0].shares,
      numTokens: 900,
      maxEpochs: 10,
      ...(within === undefined ? {} : { within }),
    }).sources.map(({ budget }) => budget);
  test('equal shares, as the paper has them', () => expect(budgets()).toEqual([300, 300, 300]));
  test('temperature 1 goes by size, 0 is equal', () => {
    expect(budgets({ kind: 'temperature', alpha: 1 })).toEqual([9, 34, 857]);
    expect(budgets({ kind: 'temperature', alpha: 0 })).toEqual([300, 300, 300]);
  });
  test('UniMax caps the small ones', () => expect(budgets({ kind: 'unimax', maxEpochs: 1 })).toEqual([100, 400, 400]));
});

test('a plan past maxEpochs is refused with every source that is too small', () => {
  const sources = [source('eng_Latn', 'english', 1e6), source('kaz_Cyrl', 'low', 10), source('ell_Grek', 'low', 20)];
  const options = { sources, shares: MARCO_STAGES[0].shares, numTokens: 1000 };
  expect(() => planMixture(options)).toThrow(
    /kaz_Cyrl \(110 of 10 tokens: 11\.00 epochs\), ell_Grek \(110 of 20 tokens: 5\.50 epochs\)/,
  );
  expect(planMixture({ ...options, maxEpochs: 11 }).sources[1]!.epochs).toBe(11);
});

test('wrong totals, names and counts are refused', () => {
  const shares = MARCO_STAGES[0].shares;
  const one = source('a', 'low', 10);
  expect(() => planMixture({ sources: [one], shares, numTokens: 1.5 })).toThrow(/positive integer, got 1.5/);
  expect(() => planMixture({ sources: [one, one], shares, numTokens: 1 })).toThrow(/must be unique, got a twice/);
  expect(() => planMixture({ sources: [{ ...one, numTokens: -1 }], shares, numTokens: 1 })).toThrow(/got -1 at a/);
  expect(() => planMixture({ sources: [], shares, numTokens: 1 })).toThrow(
    /must have a source, got sources of no tier/,
  );
  expect(() =>
    planMixture({ sources: [one], shares, numTokens: 1, within: { kind: 'temperature', alpha: 2 } }),
  ).toThrow(/alpha must be in/);
});

test('the table shows a row per source and the sum', () => {
  const table = mixtureTable(planMixture({ sources: paperSources, shares: MARCO_STAGES[0].shares, numTokens: 1000 }));
  expect(table.split('\n')).toHaveLength(34);
  expect(table).toMatch(/eng_Latn +english +32\.000% +320 /);
  expect(table).toMatch(/all +100\.000% +1000 /);
});
