/**
 * Pairs of paragraphs that say the same in two languages, taken from two declarations where their articles agree in shape.
 *
 * An article counts only when both sides have the same number of paragraphs: pairing by position is then right nearly always, and a wrong pair
 * is what the filters look for.
 */
import type { UdhrDeclaration } from '../readers/udhr-declaration.ts';

/** Two texts that say the same in two languages. */
export interface ParallelPair {
  /** For example `udhr/eng-deu_1996/article-3/paragraph-0`. */
  readonly id: string;
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
  readonly source: string;
  readonly target: string;
  readonly article: number;
  /** Index within the article, from 0. */
  readonly paragraph: number;
}

/** The pairs, and the articles that gave none. */
export interface ParagraphAlignment {
  readonly pairs: readonly ParallelPair[];
  /** Articles that both have, but with different numbers of paragraphs. */
  readonly misalignedArticles: readonly number[];
  /** Articles that one side lacks. */
  readonly missingArticles: readonly number[];
}

/** @returns the pairs in the order of articles; `a` is the source side, `b` the target side */
export function alignParagraphs(a: UdhrDeclaration, b: UdhrDeclaration): ParagraphAlignment {
  const pairs: ParallelPair[] = [];
  const misalignedArticles: number[] = [];
  const missingArticles: number[] = [];
  const others = new Map(b.articles.map((article) => [article.number, article]));
  const numbers = new Set([...a.articles, ...b.articles].map(({ number }) => number));
  const own = new Map(a.articles.map((article) => [article.number, article]));
  for (const number of [...numbers].sort((x, y) => x - y)) {
    const left = own.get(number);
    const right = others.get(number);
    if (left === undefined || right === undefined) {
      missingArticles.push(number);
      continue;
    }
    if (left.paragraphs.length !== right.paragraphs.length) {
      misalignedArticles.push(number);
      continue;
    }
    for (const [paragraph, source] of left.paragraphs.entries()) {
      pairs.push({
        id: `udhr/${a.page}-${b.page}/article-${number}/paragraph-${paragraph}`,
        sourceLanguage: a.language,
        targetLanguage: b.language,
        source,
        target: right.paragraphs[paragraph]!,
        article: number,
        paragraph,
      });
    }
  }
  return { pairs, misalignedArticles, missingArticles };
}
