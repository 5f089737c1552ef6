/**
 * Where a text of any script may be cut: at the beginnings of words, as Unicode and ICU's dictionaries see them.
 */

const segmenters = new Map<string, Intl.Segmenter>();

/**
 * @param language ISO 639-3 and script, such as `tha_Thai`
 * @returns UTF-16 offsets at which a word begins, the first word's left out
 */
export function wordStarts(text: string, language: string): number[] {
  const locale = language.split('_')[0] ?? 'und';
  let segmenter = segmenters.get(locale);
  if (segmenter === undefined) {
    segmenter = new Intl.Segmenter(locale, { granularity: 'word' });
    segmenters.set(locale, segmenter);
  }
  const starts: number[] = [];
  for (const segment of segmenter.segment(text)) if (segment.isWordLike) starts.push(segment.index);
  return starts.slice(1);
}
