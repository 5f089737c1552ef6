/**
 * mC4's rule for pages in any language: at least three long lines.
 *
 * Source: Xue et al. 2021, arXiv:2010.11934, section 3.1; definition of datatrove's C4ParagraphFilter.
 * Units: code points.
 */
import { type DocumentFilter, drop, KEEP } from '../document-filter.ts';
import { codePointLength } from '../text-lines.ts';

/** How many long lines are asked for, and how long they are. */
export interface C4ParagraphOptions {
  readonly minParagraphs?: number;
  /** A line of at least this length is a paragraph. */
  readonly minParagraphLength?: number;
}

/** Drops as `too_few_paragraphs` (datatrove says `< 3 paragraphs`). */
export function c4Paragraph(options: C4ParagraphOptions = {}): DocumentFilter {
  const { minParagraphs = 3, minParagraphLength = 200 } = options;
  return {
    name: 'c4_paragraph',
    check({ text }) {
      let numParagraphs = 0;
      for (const line of text.split('\n')) {
        if (line.length >= minParagraphLength && codePointLength(line) >= minParagraphLength) numParagraphs++;
      }
      return numParagraphs < minParagraphs ? drop('too_few_paragraphs') : KEEP;
    },
  };
}
