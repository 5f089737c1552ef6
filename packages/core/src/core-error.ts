/**
 * Errors of this package: `[@marco-ts/core] <function>: <rule>, got <what>. <next step>`.
 *
 * @param functionName the public function that was called; `@marco-ts/model qwen2Hidden` names another package's function
 * @param message rule, what came and the next step
 */
export function coreError(functionName: string, message: string): Error {
  return new Error(`${errorPrefix(functionName)}: ${message}`);
}

/** `[@marco-ts/core] rmsNorm` for `rmsNorm`, `[@marco-ts/model] qwen2Hidden` for `@marco-ts/model qwen2Hidden`. */
export function errorPrefix(functionName: string): string {
  const [packageName, name] = functionName.startsWith('@') ? functionName.split(' ') : ['@marco-ts/core', functionName];
  return `[${packageName}] ${name}`;
}
