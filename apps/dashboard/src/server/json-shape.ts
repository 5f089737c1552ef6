/** Reads JSON that another version may have written: what is not as expected counts as absent. */

export type JsonRecord = Readonly<Record<string, unknown>>;

export function asRecord(value: unknown): JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : {};
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Finite numbers only. */
export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Entries that are finite numbers. */
export function asNumbers(value: unknown): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [name, number] of Object.entries(asRecord(value))) {
    if (typeof number === 'number' && Number.isFinite(number)) numbers[name] = number;
  }
  return numbers;
}

/** `{ [key]: value }` where there is a value, for properties that may be absent. */
export function given<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]: Value });
}
