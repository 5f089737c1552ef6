/**
 * Fewer points that look the same: of each bucket of neighbours the least and the greatest value are kept, in their order, so that no spike is lost.
 *
 * Differs from averaging, which hides exactly what one looks for in a loss curve. Values that are not finite are kept as gaps.
 */

/** @param maxPoints at least 4 */
export function downsample(
  steps: ArrayLike<number>,
  values: ArrayLike<number>,
  maxPoints: number,
): { steps: number[]; values: (number | null)[] } {
  const kept = { steps: [] as number[], values: [] as (number | null)[] };
  const keep = (index: number): void => {
    kept.steps.push(steps[index]!);
    kept.values.push(Number.isFinite(values[index]!) ? values[index]! : null);
  };
  if (steps.length <= maxPoints) {
    for (let index = 0; index < steps.length; index++) keep(index);
    return kept;
  }
  // First and last point, and two of each bucket between them.
  const numBuckets = Math.max(1, Math.floor((maxPoints - 2) / 2));
  const inner = steps.length - 2;
  keep(0);
  for (let bucket = 0; bucket < numBuckets; bucket++) {
    const start = 1 + Math.floor((bucket * inner) / numBuckets);
    const end = 1 + Math.floor(((bucket + 1) * inner) / numBuckets);
    let least = start;
    let greatest = start;
    let gap = -1;
    for (let index = start; index < end; index++) {
      const value = values[index]!;
      if (!Number.isFinite(value)) gap = index;
      else {
        if (!(values[least]! <= value)) least = index;
        if (!(values[greatest]! >= value)) greatest = index;
      }
    }
    const chosen = [...new Set(gap < 0 ? [least, greatest] : [gap, greatest])].sort((a, b) => a - b);
    for (const index of chosen) keep(index);
  }
  keep(steps.length - 1);
  return kept;
}
