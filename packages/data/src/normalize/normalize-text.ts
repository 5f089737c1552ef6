/**
 * Unicode and white-space repair that changes no word: NFC, control characters, stray zero-width characters, white space.
 *
 * Source: Unicode Standard Annex 15 (NFC); Unicode Standard, section 23.2 (joiners). ZWJ and ZWNJ are kept: Indic scripts, Persian and
 * Sinhala spell with them. Quotes, dashes and letters are left alone.
 */

export interface NormalizedText {
  readonly text: string;
  /** U+FFFD characters: each is a byte sequence that an earlier step could not decode. */
  readonly numReplacementCharacters: number;
}

/** Control characters but tab, line feed and carriage return; soft hyphen; lone surrogates; non-characters. */
const REMOVED =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
  /[\u0000-\u0008\u000e-\u001f\u007f\u0080-\u0084\u0086-\u009f\u00ad\ufdd0-\ufdef\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** Zero-width space is a word boundary in Khmer, Lao, Thai, Myanmar and Tibetan text and noise elsewhere; BOM and word joiner are noise. */
const ZERO_WIDTH_NOISE = /[\ufeff\u2060-\u2064]/g;
const ZERO_WIDTH_SPACE = /\u200b/g;
const SPELLS_WITH_ZERO_WIDTH_SPACE = /[\p{Script=Khmr}\p{Script=Laoo}\p{Script=Thai}\p{Script=Mymr}\p{Script=Tibt}]/u;
/** Joiners between two non-letters, or at the edge of a word, join nothing. */
const IDLE_JOINER =
  /(?<![\p{L}\p{M}\p{Emoji}])[\u200c\u200d]+|[\u200c\u200d]+(?![\p{L}\p{M}\p{Emoji}])(?![\u200c\u200d])/gu;
const KEEPS_FINAL_JOINER = /[\u0900-\u0dff]/;
const LINE_ENDS = /\r\n|\r|\u0085|\u2028|\u2029|\v|\f/g;
const SPACES = /[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+/g;

function dropIdleJoiners(text: string): string {
  if (!/[\u200c\u200d]/.test(text)) return text;
  return text.replace(IDLE_JOINER, (joiner, offset: number) =>
    offset > 0 && KEEPS_FINAL_JOINER.test(text[offset - 1]!) ? joiner : '',
  );
}

/**
 * @param text any text
 * @returns the repaired text, without white space at either end, with at most one blank line between paragraphs
 */
export function normalizeText(text: string): NormalizedText {
  let result = text.replace(REMOVED, '').replace(ZERO_WIDTH_NOISE, '').replace(LINE_ENDS, '\n');
  if (result.includes('\u200b') && !SPELLS_WITH_ZERO_WIDTH_SPACE.test(result))
    result = result.replace(ZERO_WIDTH_SPACE, '');
  result = dropIdleJoiners(result)
    .normalize('NFC')
    .replace(SPACES, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  let numReplacementCharacters = 0;
  for (let i = result.indexOf('\ufffd'); i >= 0; i = result.indexOf('\ufffd', i + 1)) numReplacementCharacters++;
  return { text: result, numReplacementCharacters };
}
