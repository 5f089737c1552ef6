/** Numbers and codes as people read them. */

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const languages = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
const scripts = new Intl.DisplayNames('en', { type: 'script', fallback: 'code' });

export const formatCount = (value: number): string =>
  Math.abs(value) < 10_000 && Number.isInteger(value) ? whole.format(value) : compact.format(value);

export const formatWhole = (value: number): string => whole.format(value);

/** Four significant digits; powers of ten for the very small. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size >= 1e5) return compact.format(value);
  if (size < 1e-3)
    return value
      .toExponential(2)
      .replace('e-', '·10⁻')
      .replace(/⁻(\d+)/, (_, digits) => `⁻${raised(digits)}`);
  return String(Number(value.toPrecision(4)));
}

const raised = (digits: string): string => [...digits].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');

export const formatShare = (share: number): string =>
  `${share > 0 && share < 0.001 ? '<0.1' : (share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

export function formatDuration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return '–';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded} s`;
  if (rounded < 3600) return `${Math.floor(rounded / 60)} min ${String(rounded % 60).padStart(2, '0')} s`;
  if (rounded < 86_400 * 2)
    return `${Math.floor(rounded / 3600)} h ${String(Math.floor((rounded % 3600) / 60)).padStart(2, '0')} min`;
  return `${(rounded / 86_400).toFixed(1)} days`;
}

export const formatBytes = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;

export const formatTime = (iso: string | undefined): string =>
  iso === undefined ? '–' : new Date(iso).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** `swh_Latn` as `Swahili`, a script named where it is not the usual one, a direction as `English → Swahili`; other names as words. */
export function nameOf(code: string): string {
  const sides = code.split(/[->]/);
  if (sides.length === 2 && sides.every((side) => /^[a-z]{2,3}_[A-Z]/.test(side))) return sides.map(nameOf).join(' → ');
  const [language, script] = code.split('_');
  if (!/^[a-z]{2,3}(_[A-Z][a-z]{3})?$/.test(code)) return words(code);
  try {
    const name = languages.of(language!);
    if (name === undefined) return code;
    const usual = new Intl.Locale(language!).maximize().script;
    const isUsual = script === undefined || usual === script || (usual === 'Kore' && script === 'Hang');
    return isUsual ? name : `${name} (${scripts.of(script)})`;
  } catch {
    return code;
  }
}

/** `near_duplicate` as `near duplicate` */
export const words = (name: string): string => name.replaceAll('_', ' ');
