/**
 * Says which values differ between two JSON objects, by path: `stages[0].learningRate 0.001 -> 0.002`.
 */
import type { JsonObject, JsonValue } from '@marco-ts/checkpoint';

const MAX_CHANGES = 4;
const MAX_VALUE_LENGTH = 40;

/** @returns one entry per changed path, the first four and then how many more; empty when equal */
export function describeChanges(before: JsonObject, after: JsonObject): string[] {
  const changes: string[] = [];
  compare('', before, after);
  if (changes.length <= MAX_CHANGES) return changes;
  return [...changes.slice(0, MAX_CHANGES), `and ${changes.length - MAX_CHANGES} more`];

  function compare(path: string, a: JsonValue | undefined, b: JsonValue | undefined): void {
    if (isRecord(a) && isRecord(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        compare(path === '' ? key : `${path}.${key}`, a[key], b[key]);
      }
      return;
    }
    if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
      for (let index = 0; index < a.length; index++) compare(`${path}[${index}]`, a[index], b[index]);
      return;
    }
    if (JSON.stringify(a) !== JSON.stringify(b)) changes.push(`${path} ${show(a)} -> ${show(b)}`);
  }
}

function isRecord(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: JsonValue | undefined): string {
  if (value === undefined) return 'unset';
  const text = JSON.stringify(value);
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH - 1)}…` : text;
}
