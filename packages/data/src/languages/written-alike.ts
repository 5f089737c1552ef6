/**
 * Languages whose formal prose in one script is nearly the same, so that a short text tells nothing of which it is.
 *
 * Source: macrolanguages of ISO 639-3 (SIL): Chinese (zho) and Persian (fas), the two whose members share a written standard. Others, such as
 * Malay (msa) with Indonesian and Standard Malay, are kept apart: the paper trains them as two languages.
 */
const MEMBERS: readonly (readonly string[])[] = [
  ['cmn', 'cjy', 'gan', 'hak', 'hsn', 'nan', 'wuu', 'yue'],
  ['pes', 'prs'],
];

/** @returns whether both are members of one of these groups and written in one script */
export function areWrittenAlike(a: string, b: string): boolean {
  if (a.slice(-4) !== b.slice(-4)) return false;
  return MEMBERS.some((group) => group.includes(a.slice(0, 3)) && group.includes(b.slice(0, 3)));
}
