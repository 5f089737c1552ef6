/**
 * Errors of this package: `[@marco-ts/model] <function>: <rule>, got <what> at <where>. <next step>`.
 */
export function modelError(functionName: string, message: string): Error {
  return new Error(`[@marco-ts/model] ${functionName}: ${message}`);
}
