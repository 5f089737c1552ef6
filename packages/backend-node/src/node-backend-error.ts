/**
 * Errors of this package: `[@marco-ts/backend-node] <function>: <rule>, got <what>. <next step>`, with the next step also as the
 * property `fix`, so that a report can show it on its own.
 */
export function nodeBackendError(functionName: string, rule: string, fix: string): Error & { readonly fix: string } {
  return Object.assign(new Error(`[@marco-ts/backend-node] ${functionName}: ${rule} ${fix}`), { fix });
}
