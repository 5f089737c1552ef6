/** Schedules against Hugging Face transformers: committed points, and a longer reference where `MARCO_TEST_DATA` is set. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  constant,
  cosine,
  linear,
  type Schedule,
  type WarmupStableDecayOptions,
  warmupStableDecay,
} from '@marco-ts/trainer';
import { describe, expect, test } from 'vitest';

type Case = Omit<WarmupStableDecayOptions, 'peak'> & { readonly rates: readonly number[] };

const { schedules } = JSON.parse(readFileSync(join(import.meta.dirname, 'schedules.json'), 'utf8')) as {
  schedules: Record<string, Case>;
};
const makers: Record<string, (options: Omit<Case, 'rates'> & { peak: number }) => Schedule> = {
  constant: (options) => constant({ peak: options.peak, warmupSteps: options.warmupSteps! }),
  linear,
  cosine,
  cosineMin: cosine,
};

describe('learning-rate schedules equal transformers', () => {
  test.each(Object.keys(schedules))('%s', (name) => {
    const { rates, ...options } = schedules[name]!;
    const schedule = (makers[name] ?? warmupStableDecay)({ peak: 1, ...options });
    expect(rates.length).toBe(21);
    rates.forEach((rate, step) => {
      expect(schedule(step), `step ${step}`).toBeCloseTo(rate, 12);
    });
  });

  const testData = process.env.MARCO_TEST_DATA;
  test.skipIf(!testData)('the 100-step references', () => {
    const reference = JSON.parse(readFileSync(join(testData!, 'golden/lr_schedules.json'), 'utf8')) as Record<
      string,
      { peak_lr: number; warmup: number; total: number; lr_per_step: number[] }
    >;
    const cases: [string, typeof linear, number][] = [
      ['cosine', cosine, 0],
      ['linear', linear, 0],
      ['cosine_min_lr_0.1', cosine, 0.1],
    ];
    for (const [name, make, minRatio] of cases) {
      const { peak_lr, warmup, total, lr_per_step } = reference[name]!;
      const schedule = make({ peak: peak_lr, warmupSteps: warmup, numSteps: total, minRatio });
      lr_per_step.forEach((rate, step) => {
        expect(Math.abs(schedule(step) - rate), `${name} step ${step}`).toBeLessThan(1e-15);
      });
    }
  });
});
