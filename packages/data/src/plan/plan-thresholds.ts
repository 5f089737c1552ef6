/**
 * Thresholds of a language as a plan has them: the published ones with what the plan changes, for all languages and then for this one.
 */
import { type LanguageThresholds, thresholdsFor } from '../filters/thresholds/language-thresholds.ts';
import type { DataPlan } from './data-plan.ts';

type Section = Record<string, unknown>;
const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Set);

function merge(base: Section, changes: Section, where: string): Section {
  const merged = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    if (!(key in base)) {
      throw new Error(
        `[@marco-ts/data] planThresholds: thresholds must be known ones, got ${JSON.stringify(key)} at ${where}. There are: ${Object.keys(base).join(', ')}.`,
      );
    }
    const known = base[key];
    if (isSection(known) && isSection(value)) merged[key] = merge(known, value, `${where}.${key}`);
    else merged[key] = known instanceof Set ? new Set(value as Iterable<unknown>) : value;
  }
  return merged;
}

/**
 * @returns thresholds by language, remembered
 * @throws Error at once when the plan names a threshold that does not exist
 */
export function planThresholds(plan: DataPlan): (language: string) => LanguageThresholds {
  const remembered = new Map<string, LanguageThresholds>();
  const thresholds = (language: string): LanguageThresholds => {
    let known = remembered.get(language);
    if (known === undefined) {
      const changes = [plan.thresholds.default ?? {}, plan.thresholds[language] ?? {}];
      const base = thresholdsFor(language) as unknown as Section;
      const merged = changes.reduce<Section>((result, change) => merge(result, change, `thresholds.${language}`), base);
      known = merged as unknown as LanguageThresholds;
      remembered.set(language, known);
    }
    return known;
  };
  for (const language of Object.keys(plan.thresholds)) thresholds(language);
  return thresholds;
}
