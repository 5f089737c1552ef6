/**
 * What instruction and preference builders read: paragraphs that know which paragraph of another language says the same.
 */

export interface AlignedParagraph {
  /** Same for all languages; no two articles share text. */
  readonly articleId: string;
  /** Same for all languages: paragraphs with one id are translations of each other. */
  readonly paragraphId: string;
  /** Such as `swh_Latn`. */
  readonly language: string;
  /** English name, as instructions print it: `Swahili`. */
  readonly languageName: string;
  readonly text: string;
}

export interface TranslationPair {
  readonly source: AlignedParagraph;
  readonly target: AlignedParagraph;
  /** The language of the pair that is not the pivot. */
  readonly language: string;
}

/** Which way pairs are translated: from the pivot language, to it, or both. */
export type TranslationDirections = 'both' | 'from_pivot' | 'to_pivot';

/** Paragraphs by id, in order of first appearance. @throws Error for one language twice under an id, or an empty text */
export function groupParagraphs(
  functionName: string,
  paragraphs: readonly AlignedParagraph[],
): Map<string, AlignedParagraph[]> {
  const groups = new Map<string, AlignedParagraph[]>();
  for (const [index, paragraph] of paragraphs.entries()) {
    if (typeof paragraph.text !== 'string' || paragraph.text.trim() === '') {
      throw new Error(
        `[@marco-ts/aligner] ${functionName}: a paragraph must have text, got none at paragraphs[${index}] (${paragraph.language} ${paragraph.paragraphId}). Drop it.`,
      );
    }
    const group = groups.get(paragraph.paragraphId) ?? [];
    if (group.some((other) => other.language === paragraph.language)) {
      throw new Error(
        `[@marco-ts/aligner] ${functionName}: a paragraph must occur once per language, got ${paragraph.language} again for ${paragraph.paragraphId} at paragraphs[${index}]. Remove the duplicate.`,
      );
    }
    group.push(paragraph);
    groups.set(paragraph.paragraphId, group);
  }
  return groups;
}

/** Every paragraph with its translation from or into the pivot language. */
export function translationPairs(
  functionName: string,
  paragraphs: readonly AlignedParagraph[],
  pivotLanguage: string,
  directions: TranslationDirections,
): TranslationPair[] {
  const pairs: TranslationPair[] = [];
  for (const group of groupParagraphs(functionName, paragraphs).values()) {
    const pivot = group.find((paragraph) => paragraph.language === pivotLanguage);
    if (pivot === undefined) continue;
    for (const other of group) {
      if (other === pivot) continue;
      if (directions !== 'to_pivot') pairs.push({ source: pivot, target: other, language: other.language });
      if (directions !== 'from_pivot') pairs.push({ source: other, target: pivot, language: other.language });
    }
  }
  if (pairs.length === 0) {
    throw new Error(
      `[@marco-ts/aligner] ${functionName}: some paragraph must be in ${pivotLanguage} and another language, got no such pair among ${paragraphs.length} paragraphs. Check pivotLanguage and paragraphId.`,
    );
  }
  return pairs;
}
