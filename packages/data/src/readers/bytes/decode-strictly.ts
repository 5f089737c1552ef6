/**
 * UTF-8 that is known to be right, or the place where it is not.
 */
import { isUtf8 } from 'node:buffer';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Offset of the first sequence that is no UTF-8. */
function firstInvalidByte(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (isPrefixOfUtf8(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  // The sequence that breaks off here began up to three bytes before.
  while (low > 0 && !isUtf8(bytes.subarray(0, low))) low--;
  return low;
}

function isPrefixOfUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** @returns the text without a byte order mark, or the offset of the first byte that is no UTF-8 */
export function decodeStrictly(bytes: Uint8Array): { readonly text: string } | { readonly invalidAt: number } {
  try {
    return { text: decoder.decode(bytes) };
  } catch {
    return { invalidAt: firstInvalidByte(bytes) };
  }
}
