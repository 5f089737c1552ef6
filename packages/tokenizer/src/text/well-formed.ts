/**
 * The text with every lone surrogate as U+FFFD, which is what it becomes in UTF-8; the same length in UTF-16 units.
 *
 * Source: String.prototype.toWellFormed of ECMAScript 2024, which TypeScript's ES2023 library does not declare yet.
 */
export function wellFormed(text: string): string {
  return (text as string & { toWellFormed(): string }).toWellFormed();
}
