/**
 * Analytic standard errors: of a mean, of a share, of a ratio of sums.
 *
 * Source: `lm_eval.api.metrics.mean_stderr` (sample deviation over root n); the ratio by the delta method (Cochran 1977, 6.3).
 * Units: those of the values. null where one observation says nothing about spread.
 */

/** Sample standard deviation / sqrt(n). */
export function meanStandardError(values: ArrayLike<number>): number | null {
  const ones = new Float64Array(values.length).fill(1);
  return ratioStandardError(values, ones);
}

/** sqrt(p (1 - p) / n): of a share p of n yes-or-no outcomes, or of chance. */
export function binomialStandardError(share: number, numTrials: number): number | null {
  return numTrials > 0 ? Math.sqrt((share * (1 - share)) / numTrials) : null;
}

/** Of sum(numerators) / sum(denominators), pairs drawn together; with denominators of 1 this is the mean's. */
export function ratioStandardError(numerators: ArrayLike<number>, denominators: ArrayLike<number>): number | null {
  const n = numerators.length;
  let top = 0;
  let bottom = 0;
  for (let index = 0; index < n; index++) {
    top += numerators[index]!;
    bottom += denominators[index]!;
  }
  if (n < 2 || bottom === 0) return null;
  const ratio = top / bottom;
  let squares = 0;
  for (let index = 0; index < n; index++) squares += (numerators[index]! - ratio * denominators[index]!) ** 2;
  return Math.sqrt((n / (n - 1)) * squares) / Math.abs(bottom);
}
