/** Puts together what the models of all stages wrote for one prompt. */
import type { SampleResult } from './run-results.ts';

/** @returns samples of one prompt in the order of the stages, prompts in the order of their first sample */
export function groupSamples(samples: readonly SampleResult[]): SampleResult[][] {
  const groups = new Map<string, SampleResult[]>();
  for (const sample of samples) {
    const key = JSON.stringify([sample.kind, sample.language, sample.prompt]);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return [...groups.values()];
}
