/**
 * Errors of this package: `[@marco-ts/backend-node] <function>: <rule>, got <what>. <next step>`, with the next step also as the
 * property `fix`, so that a report can show it on its own.
 */
export interface NodeBackendError extends Error {
  readonly fix: string;
  /** What the caller named cannot be used, as against something that went wrong on the way. */
  readonly isBadInput: boolean;
}

export function nodeBackendError(
  functionName: string,
  rule: string,
  fix: string,
  { isBadInput = false }: { isBadInput?: boolean } = {},
): NodeBackendError {
  return Object.assign(new Error(`[@marco-ts/backend-node] ${functionName}: ${rule} ${fix}`), { fix, isBadInput });
}
