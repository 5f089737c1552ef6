/**
 * Question-and-answer documents about the declaration, in its own words: headings ask, paragraphs answer.
 *
 * A substitute for the question-answer part of the paper's knowledge data, made without a language model. Only articles that the caller may
 * train on are used.
 */
import type { Document } from '../document.ts';
import type { UdhrDeclaration } from '../readers/udhr-declaration.ts';

/**
 * @param isTrainArticle says whether an article number may be used; held-out ones must not
 * @returns one document per article that has a heading, with the metadata `source: 'knowledge'`, `kind: 'declaration'` and `article`
 */
export function declarationQuestions(
  declarations: readonly UdhrDeclaration[],
  isTrainArticle: (article: number) => boolean,
): Document[] {
  const documents: Document[] = [];
  for (const { page, title, language, articles } of declarations) {
    for (const article of articles) {
      if (!isTrainArticle(article.number) || article.title === '') continue;
      const subject = title === '' ? article.title : `${title}, ${article.title}`;
      documents.push({
        id: `knowledge/declaration/${page}/article-${article.number}`,
        text: `Question: ${subject}?\nAnswer: ${article.paragraphs.join(' ')}`,
        language,
        metadata: { source: 'knowledge', kind: 'declaration', article: article.number },
      });
    }
  }
  return documents;
}
