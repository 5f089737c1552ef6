/**
 * Paragraphs of the pivot language and of every other language that say the same, where both survived the cascade.
 */
import type { AlignedParagraph } from '@marco-ts/aligner';
import {
  alignParagraphs,
  type CuratedDocuments,
  filterPairs,
  type ParallelPair,
  parallelFilters,
  type SplitName,
  type UdhrDeclaration,
} from '@marco-ts/data';
import { languageName } from '../config/recipe-languages.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import type { Sources } from './read-sources.ts';

export interface AlignedSources {
  readonly paragraphs: Readonly<Record<SplitName, readonly AlignedParagraph[]>>;
  /** pivot first, filtered; of all splits */
  readonly pairs: readonly ParallelPair[];
  readonly articleSplits: ReadonlyMap<number, SplitName>;
  /** a declaration with only the articles that the cascade kept */
  keptPartOf(declaration: UdhrDeclaration): UdhrDeclaration;
  readonly funnel: { readonly read: number; readonly kept: number; readonly dropped: Readonly<Record<string, number>> };
}

export function alignSources(recipe: Recipe, sources: Sources, curated: CuratedDocuments): AlignedSources {
  const { pivotLanguage, maxLengthRatio, maxNumCharacters } = recipe.data.parallel;
  const kept = new Set([...curated.train, ...curated.validation, ...curated.test].map(({ id }) => id));
  const keptPartOf = (declaration: UdhrDeclaration): UdhrDeclaration => ({
    ...declaration,
    articles: declaration.articles.filter(({ number }) => kept.has(sources.documentId(declaration, number))),
  });
  const declarations = sources.declarations.map(keptPartOf);
  const articleSplits = new Map<number, SplitName>();
  for (const { number } of declarations.flatMap(({ articles }) => articles)) {
    const split = curated.splitOf(sources.groupOfArticle(number));
    if (split !== undefined) articleSplits.set(number, split);
  }
  const pivot = declarations.find(({ language }) => language === pivotLanguage);
  const candidates = declarations.flatMap((declaration) =>
    pivot === undefined || declaration === pivot ? [] : alignParagraphs(pivot, declaration).pairs,
  );
  const { kept: pairs, droppedByReason } = filterPairs(
    candidates,
    parallelFilters({ maxLengthRatio, maxCharacters: maxNumCharacters }),
  );
  return {
    paragraphs: paragraphsBySplit(pairs, articleSplits),
    pairs,
    articleSplits,
    keptPartOf,
    funnel: { read: candidates.length, kept: pairs.length, dropped: droppedByReason },
  };
}

function paragraphsBySplit(
  pairs: readonly ParallelPair[],
  articleSplits: ReadonlyMap<number, SplitName>,
): Record<SplitName, AlignedParagraph[]> {
  const paragraphs: Record<SplitName, AlignedParagraph[]> = { train: [], validation: [], test: [] };
  const seen = new Set<string>();
  for (const { article, paragraph, source, target, sourceLanguage, targetLanguage } of pairs) {
    const paragraphId = `${article}/${paragraph}`;
    const sides: [string, string][] = [
      [sourceLanguage, source],
      [targetLanguage, target],
    ];
    for (const [language, text] of sides) {
      const key = `${language} ${paragraphId}`;
      if (seen.has(key)) continue;
      seen.add(key);
      paragraphs[articleSplits.get(article)!].push({
        articleId: String(article),
        paragraphId,
        language,
        languageName: languageName(language),
        text,
      });
    }
  }
  return paragraphs;
}
