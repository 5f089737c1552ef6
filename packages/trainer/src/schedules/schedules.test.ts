import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { constant } from './constant.ts';
import { cosine } from './cosine.ts';
import { linear } from './linear.ts';
import { twoStageSchedule } from './two-stage-schedule.ts';
import { warmupStableDecay } from './warmup-stable-decay.ts';

describe('schedules', () => {
  test('warm up from 0, reach the peak once, end at the minimum and stay there', () => {
    for (const make of [linear, cosine]) {
      const schedule = make({ peak: 2, warmupSteps: 4, numSteps: 20, minRatio: 0.25 });
      expect([0, 1, 4].map(schedule)).toEqual([0, 0.5, 2]);
      expect(schedule(20)).toBeCloseTo(0.5, 12);
      expect(schedule(1000)).toBeCloseTo(0.5, 12);
    }
    expect(constant({ peak: 3 })(0)).toBe(3);
    expect([0, 1, 2, 9].map(constant({ peak: 3, warmupSteps: 2 }))).toEqual([0, 1.5, 3, 3]);
  });

  test('warmupStableDecay holds the peak between warm-up and decay', () => {
    const schedule = warmupStableDecay({ peak: 1, warmupSteps: 2, numSteps: 10, decaySteps: 4, decayShape: 'linear' });
    expect(Array.from({ length: 11 }, (_, step) => schedule(step))).toEqual([
      0, 0.5, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0,
    ]);
  });

  test('the stages of a two-stage schedule have their maxima at 1 : 0.6, whether it re-warms or continues', () => {
    fc.assert(
      fc.property(
        fc.record({
          peak: fc.double({ min: 1e-6, max: 1, noNaN: true }),
          first: fc.integer({ min: 8, max: 200 }),
          second: fc.integer({ min: 8, max: 200 }),
          warmupSteps: fc.integer({ min: 0, max: 7 }),
          secondStage: fc.constantFrom('rewarm' as const, 'continue' as const),
        }),
        ({ peak, first, second, warmupSteps, secondStage }) => {
          const schedule = twoStageSchedule({ peak, stageSteps: [first, second], warmupSteps, secondStage });
          const rates = Array.from({ length: first + second }, (_, step) => schedule(step));
          expect(Math.max(...rates.slice(0, first)) / peak).toBeCloseTo(1, 9);
          expect(Math.max(...rates.slice(first)) / peak).toBeCloseTo(0.6, 9);
        },
      ),
    );
  });

  test('continue joins the stages without a jump; rewarm starts again where stage one ended', () => {
    const base = { peak: 1, stageSteps: [50, 40] as [number, number], warmupSteps: 5 };
    const joined = twoStageSchedule({ ...base, secondStage: 'continue' });
    expect(joined(50)).toBeCloseTo(0.6, 12);
    expect(Math.abs(joined(49) - joined(50))).toBeLessThan(0.01);
    const warmed = twoStageSchedule({ ...base, secondStage: 'rewarm' });
    expect(warmed(50)).toBeCloseTo(0.1, 12);
    expect(warmed(55)).toBeCloseTo(0.6, 12);
    expect(warmed(90)).toBeCloseTo(0.06, 12);
  });

  test('bad options are refused with the field named', () => {
    expect(() => cosine({ peak: Number.NaN, numSteps: 10 })).toThrow(/cosine: peak must be .* got NaN/);
    expect(() => linear({ peak: 1, numSteps: 10, warmupSteps: 11 })).toThrow(
      /warmupSteps must not exceed numSteps 10, got 11/,
    );
    expect(() => linear({ peak: 1, numSteps: 10, minRatio: 2 })).toThrow(/minRatio/);
    expect(() => warmupStableDecay({ peak: 1, numSteps: 10, warmupSteps: 6, decaySteps: 5 })).toThrow(/got 6 \+ 5/);
    expect(() => twoStageSchedule({ peak: 1, stageSteps: [5, 1.5] })).toThrow(/stageSteps\[1\]/);
    expect(() => constant({ peak: -1 })).toThrow(/peak/);
  });
});
