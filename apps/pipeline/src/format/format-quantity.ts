/**
 * Writes numbers for people: at most three significant digits, one unit, nothing else.
 */

const DECIMAL_STEPS = [
  [1e18, 'E'],
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** `950`, `9876`, `12.3k`, `1.2M`: whole numbers below ten thousand in full, anything else with three significant digits */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 10_000) return String(value);
  for (const [step, suffix] of DECIMAL_STEPS) {
    if (size >= step * 0.9995) return `${significant(value / step)}${suffix}`;
  }
  return significant(value);
}

/** `512 B`, `1.2 GiB` */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : significant(value)} ${units[unit]}`;
}

/** `0.4 s`, `42 s`, `3 min 05 s`, `2 h 07 min` */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** `12.5 %` */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return '–';
  if (share > 0 && share < 0.0005) return '<0.1 %';
  return `${(share * 100).toFixed(1).replace(/\.0$/, '')} %`;
}

/** `41 TFLOP` */
export function formatFlops(flops: number): string {
  return `${formatCount(flops).replace(/([a-z])?$/i, ' $1')}FLOP`;
}

/** A number with a fixed number of decimals, or a dash where there is none. */
export function formatDecimal(value: number | undefined, decimals: number): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(decimals);
}

function significant(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1).replace(/\.0$/, '');
  if (size >= 0.9995 || size === 0) return value.toFixed(2).replace(/\.?0+$/, '');
  return String(Number(value.toPrecision(3)));
}
