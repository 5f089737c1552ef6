/**
 * p-values of several comparisons at once, made larger so that one in twenty families, not one in twenty rows, shows a difference by chance.
 *
 * Source: Holm 1979, "A simple sequentially rejective multiple test procedure"; holds for any dependence between the rows.
 */
import { inputError } from '../input-error.ts';

/**
 * @returns the adjusted p-values in the order given; null stays null and does not count as a comparison
 * @throws Error when a p-value is not from 0 to 1
 */
export function adjustPValues(pValues: readonly (number | null)[]): (number | null)[] {
  const order = pValues
    .map((pValue, index) => ({ pValue, index }))
    .filter((entry): entry is { pValue: number; index: number } => entry.pValue !== null)
    .sort((left, right) => left.pValue - right.pValue);
  const adjusted: (number | null)[] = pValues.map(() => null);
  let largest = 0;
  for (const [rank, { pValue, index }] of order.entries()) {
    if (!(pValue >= 0 && pValue <= 1)) {
      throw inputError('adjustPValues', `a p-value must be from 0 to 1, got ${pValue} at index ${index}.`);
    }
    largest = Math.max(largest, Math.min(1, (order.length - rank) * pValue));
    adjusted[index] = largest;
  }
  return adjusted;
}
