/**
 * The shape of every error that this package throws for bad input.
 *
 * `[@marco-ts/eval] <function>: <rule>, got <what> at <where>. <next step>`
 */

/**
 * @param where the public function that refuses
 * @param message rule, what came and where, next step
 */
export function inputError(where: string, message: string): Error {
  return new Error(`[@marco-ts/eval] ${where}: ${message}`);
}
