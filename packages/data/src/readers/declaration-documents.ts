/**
 * A declaration as documents: one per article, the preamble as article 0.
 */
import type { Document } from '../document.ts';
import type { UdhrDeclaration } from './udhr-declaration.ts';

/**
 * @param declaration one page
 * @returns documents with the metadata `page`, `article`, `numParagraphs` and `source: 'udhr'`; the title comes first in the text
 */
export function declarationDocuments(declaration: UdhrDeclaration): Document[] {
  return declaration.articles.map(({ number, title, paragraphs }) => ({
    id: `udhr/${declaration.page}/article-${number}`,
    text: [title, ...paragraphs].filter((part) => part !== '').join('\n'),
    language: declaration.language,
    metadata: { source: 'udhr', page: declaration.page, article: number, numParagraphs: paragraphs.length },
  }));
}
