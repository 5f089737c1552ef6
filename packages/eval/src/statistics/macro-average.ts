/**
 * Averages in which each language counts once, whatever the size of its test set.
 *
 * Units: those of the values. The error is that of a mean of independent values: sqrt(sum se^2) / k.
 */
import { inputError } from '../input-error.ts';

/** The score of one language with its standard error. */
export interface MacroValue {
  readonly value: number;
  readonly stderr: number | null;
}

/** The average and its error. */
export interface MacroAverage extends MacroValue {
  /** how many values were averaged */
  readonly count: number;
}

/** @throws Error when there is nothing to average */
export function macroAverage(values: readonly MacroValue[]): MacroAverage {
  if (values.length === 0) throw inputError('macroAverage', 'needs at least one value, got 0.');
  const value = values.reduce((sum, item) => sum + item.value, 0) / values.length;
  const known = values.every((item) => item.stderr !== null);
  const stderr = known ? Math.sqrt(values.reduce((sum, item) => sum + item.stderr! ** 2, 0)) / values.length : null;
  return { value, stderr, count: values.length };
}

/**
 * The macro average of each tier.
 * @param byLanguage one value per language
 * @param tiers language to tier
 * @throws Error for a language without tier
 */
export function macroAverageByTier(
  byLanguage: Readonly<Record<string, MacroValue>>,
  tiers: Readonly<Record<string, string>>,
): Record<string, MacroAverage> {
  const members = new Map<string, MacroValue[]>();
  for (const [language, value] of Object.entries(byLanguage)) {
    const tier = Object.hasOwn(tiers, language) ? tiers[language]! : undefined;
    if (tier === undefined) {
      throw inputError(
        'macroAverageByTier',
        `every language needs a tier, got none for '${language}'. Add it to tiers.`,
      );
    }
    members.set(tier, [...(members.get(tier) ?? []), value]);
  }
  return Object.fromEntries([...members].map(([tier, values]) => [tier, macroAverage(values)]));
}
