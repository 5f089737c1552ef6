/**
 * Whether two names of a language mean the same, as files of translations use them: `en`, `EN-US`, `eng_Latn`.
 */

const canonical = (tag: string): string => {
  try {
    return new Intl.Locale(tag.replaceAll('_', '-')).language;
  } catch {
    return tag.toLowerCase();
  }
};

/** @returns true for equal tags, and for equal languages where one of them names no region or script */
export function isSameTag(a: string, b: string): boolean {
  if (a.toLowerCase() === b.toLowerCase()) return true;
  const isBare = !/[-_]/.test(a) || !/[-_]/.test(b);
  return isBare && canonical(a) === canonical(b);
}
