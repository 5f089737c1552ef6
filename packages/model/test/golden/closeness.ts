/**
 * How far two lists of numbers are apart, measured by the largest value of the expected one.
 */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} values, expected ${expected.length}`);
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    if (!(distance <= difference)) difference = distance;
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return difference / largest;
}
