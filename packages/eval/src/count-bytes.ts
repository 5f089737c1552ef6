const encoder = new TextEncoder();

/** The number of bytes of a text in UTF-8; a lone surrogate counts as the three bytes of U+FFFD. */
export function countBytes(text: string): number {
  return encoder.encode(text).length;
}
