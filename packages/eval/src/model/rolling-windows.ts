/**
 * Cuts a long text into windows so that each token is predicted once, with as much before it as the model can see.
 *
 * Source: `get_rolling_token_windows` and `make_disjoint_window` in lm-evaluation-harness 0.4, with a context of at least one token.
 * ```
 * tokens  a b c d e f g h i j      maxLength 4
 * 1       P a b c     predicts a b c d
 * 2       d e f g     predicts e f g h
 * 3       f g h i     predicts i j   (two tokens are new, the two before them are context)
 * ```
 * With P the prefix token. Input k is followed by target k; only the last targets of a window count.
 */

export interface Window {
  /** at most maxLength tokens */
  readonly input: Int32Array;
  /** the tokens predicted by the last `targets.length` inputs */
  readonly targets: Int32Array;
}

/** @returns no window for no token */
export function rollingWindows(tokens: Int32Array, prefixTokenId: number, maxLength: number): Window[] {
  if (tokens.length === 0) return [];
  const first = Math.min(maxLength, tokens.length);
  const start = new Int32Array(first);
  start[0] = prefixTokenId;
  start.set(tokens.subarray(0, first - 1), 1);
  const windows: Window[] = [{ input: start, targets: tokens.subarray(0, first) }];
  for (let predicted = first; predicted < tokens.length; ) {
    const end = predicted + Math.min(tokens.length - predicted, maxLength);
    const input = tokens.subarray(Math.max(0, end - maxLength - 1), end - 1);
    windows.push({ input, targets: tokens.subarray(predicted, end) });
    predicted = end;
  }
  return windows;
}
