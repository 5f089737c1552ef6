/**
 * Lines, lengths and repeats counted as Python counts them, because the published thresholds were measured that way.
 *
 * Units: lengths are Unicode code points, not UTF-16 units.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: Python splits lines at these too
const LINE_ENDS = /\r\n|[\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029]/;

/** As Python's `str.splitlines()`: a final line end opens no further line. */
export function splitLines(text: string): string[] {
  if (text === '') return [];
  const lines = text.split(LINE_ENDS);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: Python takes these for white space
const WHITE_SPACE_AT_ENDS = /^[\s\u001c-\u001f\u0085]+|(?<![\s\u001c-\u001f\u0085])[\s\u001c-\u001f\u0085]+$/gu;

/** As Python's `str.strip()`. */
export const stripWhiteSpace = (text: string): string => text.replace(WHITE_SPACE_AT_ENDS, '');

/** Length in code points. */
export function codePointLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next < 0xe000) {
        length--;
        i++;
      }
    }
  }
  return length;
}

/** Elements that were seen before, and the code points in them. */
export function countRepeats(elements: readonly string[]): { readonly elements: number; readonly characters: number } {
  const seen = new Set<string>();
  let repeated = 0;
  let characters = 0;
  for (const element of elements) {
    if (seen.has(element)) {
      repeated++;
      characters += codePointLength(element);
    } else seen.add(element);
  }
  return { elements: repeated, characters };
}

/** Occurrences of `part` that do not overlap. */
export function countOccurrences(text: string, part: string): number {
  let count = 0;
  for (let i = text.indexOf(part); i >= 0; i = text.indexOf(part, i + part.length)) count++;
  return count;
}
