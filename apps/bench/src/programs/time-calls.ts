/**
 * Calls the same work again and again for a while.
 *
 * Units: seconds.
 */
import { medianAndSpread } from '../measure/spread.ts';

/** @returns the median time of one call within the given time; at least one call */
export function timeCalls(work: () => void, durationSeconds: number): number {
  const seconds: number[] = [];
  const end = performance.now() + durationSeconds * 1000;
  do {
    const start = performance.now();
    work();
    seconds.push((performance.now() - start) / 1000);
  } while (performance.now() < end);
  return medianAndSpread(seconds).median;
}
