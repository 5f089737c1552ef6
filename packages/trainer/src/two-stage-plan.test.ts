import fc from 'fast-check';
import { expect, test } from 'vitest';
import { twoStagePlan } from './two-stage-plan.ts';

const stages = [
  { name: 'one', numTokens: 160, learningRateRatio: 1 },
  { name: 'two', numTokens: 140, learningRateRatio: 0.6 },
];

test('splits steps 160 : 140 and loses none', () => {
  const plan = twoStagePlan({ stages, totalSteps: 300, tokensPerStep: 100, peak: 1e-3 });
  expect(plan.stages.map((stage) => [stage.name, stage.firstStep, stage.numSteps, stage.numTokens])).toEqual([
    ['one', 0, 160, 16_000],
    ['two', 160, 140, 14_000],
  ]);
  expect(plan.stages[1].peakLearningRate).toBeCloseTo(6e-4, 12);
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (totalSteps, warmupRatio) => {
        const { stages: planned, schedule } = twoStagePlan({
          stages,
          totalSteps,
          tokensPerStep: 1,
          peak: 1,
          warmupRatio,
        });
        expect(planned[0].numSteps + planned[1].numSteps).toBe(totalSteps);
        expect(Math.min(planned[0].numSteps, planned[1].numSteps)).toBeGreaterThan(0);
        expect(planned[1].schedule(0)).toBe(schedule(planned[0].numSteps));
      },
    ),
  );
});

test("plans the paper's stages unless told otherwise", () => {
  const plan = twoStagePlan({ totalSteps: 30, tokensPerStep: 8, peak: 1 });
  expect(plan.stages.map((stage) => stage.numSteps)).toEqual([16, 14]);
  expect(plan.stages[1].peakLearningRate).toBeCloseTo(0.6, 12);
});

test('refuses what it cannot plan', () => {
  expect(() => twoStagePlan({ stages: stages.slice(1), totalSteps: 9, tokensPerStep: 1, peak: 1 })).toThrow(
    /stages must be two, got 1/,
  );
  expect(() => twoStagePlan({ stages, totalSteps: 1, tokensPerStep: 1, peak: 1 })).toThrow(/totalSteps/);
  expect(() => twoStagePlan({ stages, totalSteps: 9, tokensPerStep: 0, peak: 1 })).toThrow(/tokensPerStep/);
});
