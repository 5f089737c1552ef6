/** A linear scale from values to pixels, with round tick values. */

export interface LinearScale {
  (value: number): number;
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
}

/**
 * @param options.includeZero starts the domain at zero
 * @param options.tight keeps the domain as given instead of widening it to round ticks
 */
export function linearScale(options: {
  values: readonly number[];
  range: readonly [number, number];
  numTicks: number;
  includeZero?: boolean;
  tight?: boolean;
}): LinearScale {
  const finite = options.values.filter(Number.isFinite);
  let low = finite.reduce((least, value) => Math.min(least, value), options.includeZero ? 0 : Number.POSITIVE_INFINITY);
  let high = finite.reduce((most, value) => Math.max(most, value), options.includeZero ? 0 : Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(low) || !Number.isFinite(high)) [low, high] = [0, 1];
  if (low === high)
    [low, high] = [low - Math.max(0.5, Math.abs(low) * 0.05), high + Math.max(0.5, Math.abs(high) * 0.05)];
  const step = roundStep((high - low) / options.numTicks);
  const domain: [number, number] = options.tight
    ? [low, high]
    : [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
  const ticks: number[] = [];
  for (let index = Math.ceil(domain[0] / step - 1e-9); index * step <= domain[1] + step * 1e-9; index++) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  const [from, to] = options.range;
  const scale = (value: number): number => from + ((value - domain[0]) / (domain[1] - domain[0])) * (to - from);
  return Object.assign(scale, { domain, ticks });
}

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= step * (1 - 1e-9)) ?? 10);
}
