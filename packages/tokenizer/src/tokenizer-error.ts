/** The one shape of error message in this package: package, function, rule, what came, next step. */
export function tokenizerError(functionName: string, rule: string, got: string, nextStep: string): Error {
  return new Error(`[@marco-ts/tokenizer] ${functionName}: ${rule}, got ${got}. ${nextStep}`);
}

/** Short printable form of a wrong argument. */
export function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  return `${typeof value}${value === undefined || typeof value === 'function' ? '' : ` ${String(value)}`}`;
}

/** Throws unless `value` is a string. */
export function expectString(functionName: string, name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') {
    throw tokenizerError(
      functionName,
      `${name} must be a string`,
      describeValue(value),
      'Convert it with String(...).',
    );
  }
}
