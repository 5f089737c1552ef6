/** The form of this package's errors: package, function, rule, what came, next step. */
export function benchError(functionName: string, message: string): Error {
  return new Error(`[@marco-ts/bench] ${functionName}: ${message}`);
}
