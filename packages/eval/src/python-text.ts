/**
 * Python's notion of white space and of fixed-point numbers, which the reference scores were made with.
 *
 * Source: CPython `str.split`, `str.rstrip`, `str.isspace` and `format(x, '.2f')`.
 * Differs from JavaScript: `\s` also holds U+FEFF and lacks U+001C-U+001F and U+0085; `toFixed` rounds exact ties up, Python to even.
 */

/** What Python calls white space, as the inside of a character class. */
export const PYTHON_SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const NOT_SPACE = new RegExp(`[^${PYTHON_SPACE}]+`, 'g');
const SPACE_RUN = new RegExp(`[${PYTHON_SPACE}]+`, 'g');
const TRAILING_SPACE = new RegExp(`[${PYTHON_SPACE}]+$`);
const SURROUNDING_SPACE = new RegExp(`^[${PYTHON_SPACE}]+|[${PYTHON_SPACE}]+$`, 'g');

/** `text.split()`: the runs of characters between white space; [] for a blank text. */
export function pythonSplit(text: string): string[] {
  return text.match(NOT_SPACE) ?? [];
}

/** `''.join(text.split())`. */
export function removeWhitespace(text: string): string {
  return text.replace(SPACE_RUN, '');
}

/** `text.rstrip()`. */
export function pythonRightStrip(text: string): string {
  return text.replace(TRAILING_SPACE, '');
}

/** `text.strip()`. */
export function pythonStrip(text: string): string {
  return text.replace(SURROUNDING_SPACE, '');
}

/** `f'{value:.{digits}f}'`: correctly rounded, exact ties to the even digit. */
export function pythonFixed(value: number, digits: number): string {
  const rounded = value.toFixed(digits);
  if (!Number.isFinite(value) || Math.abs(value) >= 1e21) return rounded;
  // A tie ends in a 5 after the digits, so 2^(digits + 1) times the value is whole; the test is exact and far quicker than all the digits.
  if (!Number.isInteger(value * 2 ** (digits + 1))) return rounded;
  const exact = Math.abs(value).toFixed(100);
  const tail = exact.slice(exact.indexOf('.') + 1 + digits);
  if (!/^50*$/.test(tail)) return rounded;
  const kept = exact.slice(0, exact.length - tail.length).replace(/\.$/, '');
  if (Number(kept.at(-1)) % 2 === 1) return rounded;
  return value < 0 ? `-${kept}` : kept;
}

/** `text.capitalize()` but for Croatian digraphs: the first character as a title has it, the others in lower case. */
export function pythonCapitalize(text: string): string {
  const [first = '', ...rest] = text;
  const [head = '', ...tail] = first.toUpperCase();
  return head + tail.join('').toLowerCase() + rest.join('').toLowerCase();
}
