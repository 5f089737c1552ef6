/**
 * One text and one hash for equal JSON values, whatever the order in which their keys were set.
 *
 * Source: the rules of RFC 8785 (JSON Canonicalization Scheme): keys sorted by UTF-16 code units, no spaces, numbers as ECMAScript prints them.
 */
import { createHash } from 'node:crypto';

/**
 * @returns the canonical text; undefined fields of objects are left out, as in `JSON.stringify`
 * @throws for a value that JSON cannot carry (NaN, infinity, bigint, function, undefined in a list, a class instance, a cycle), naming its place
 */
export function canonicalJson(value: unknown): string {
  return render(value, '$', []);
}

/** SHA-256 of the canonical text, as 64 hexadecimal digits. */
export function hashJson(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

function render(value: unknown, place: string, ancestors: readonly object[]): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refuse(String(value), place);
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') throw refuse(typeof value, place);
  if (ancestors.includes(value)) throw refuse('a cycle', place);
  const path = [...ancestors, value];
  if (Array.isArray(value)) return `[${value.map((item, i) => render(item, `${place}[${i}]`, path)).join(',')}]`;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refuse(value.constructor?.name ?? 'a class', place);
  const fields = Object.keys(value)
    .filter((key) => (value as Record<string, unknown>)[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${render((value as Record<string, unknown>)[key], `${place}.${key}`, path)}`);
  return `{${fields.join(',')}}`;
}

function refuse(what: string, place: string): Error {
  return new Error(
    `[@marco-ts/checkpoint] hashJson: values must be plain JSON, got ${what} at ${place}. Convert it to a number, string, list or plain object.`,
  );
}
