/**
 * Identifies each document with a model that has not seen it: trained on the other folds' documents.
 *
 * Source: cross-fitting (Chernozhukov et al. 2018, arXiv:1608.00060, for the name). n-gram counts add up, so each fold's model is the sum of all
 * without the fold's own.
 */
import type { Document } from '../document.ts';
import { createRandomStream, shuffleInPlace } from '../random/create-random-stream.ts';
import { type Identification, type LanguageIdentifier, languageIdentifierFromCounts } from './language-identifier.ts';
import { createNGramCounter, type NGramCounts, subtractCounts } from './ngram-counts.ts';
import { expectLanguageCode } from './train-language-identifier.ts';

/** How documents belong together, and how often they are divided. */
export interface CrossFitOptions {
  /** Documents of one group stay in one fold: the same article in all languages, so that no quoted name leaks. */
  readonly groupOf: (document: Document) => string;
  readonly folds?: number;
  readonly seed?: number | string;
  /** Documents that are identified but not trained on, such as those of unknown language. */
  readonly isTrained?: (document: Document) => boolean;
}

const DEFAULT_FOLDS = 5;

/** Seeded and balanced: group → fold. */
function assignFolds(documents: readonly Document[], options: CrossFitOptions, folds: number): Map<string, number> {
  const groups = [...new Set(documents.map(options.groupOf))].sort();
  if (groups.length < folds) {
    throw new Error(
      `[@marco-ts/data] identifyCrossFit: there must be at least as many groups as folds, got ${groups.length} groups for ${folds} folds. Use fewer folds.`,
    );
  }
  shuffleInPlace(groups, createRandomStream(`${options.seed ?? 0}/folds`));
  return new Map(groups.map((group, index) => [group, index % folds]));
}

/**
 * @returns identifications in the order of `documents`
 * @throws Error for fewer than two folds, more folds than groups, or a malformed language code
 */
export function identifyCrossFit(documents: readonly Document[], options: CrossFitOptions): Identification[] {
  const folds = options.folds ?? DEFAULT_FOLDS;
  if (!Number.isInteger(folds) || folds < 2) {
    throw new Error(`[@marco-ts/data] identifyCrossFit: folds must be an integer of at least 2, got ${folds}. Use 5.`);
  }
  const foldOf = assignFolds(documents, options, folds);
  const trained = options.isTrained ?? (() => true);
  const byLanguage = new Map<string, Document[][]>();
  for (const document of documents) {
    if (!trained(document)) continue;
    let parts = byLanguage.get(document.language);
    if (parts === undefined) {
      expectLanguageCode('identifyCrossFit', document.language, document.id);
      parts = Array.from({ length: folds }, () => []);
      byLanguage.set(document.language, parts);
    }
    parts[foldOf.get(options.groupOf(document))!]!.push(document);
  }
  const counter = createNGramCounter();
  const languages = [...byLanguage.keys()].sort().map((language) => {
    const parts = byLanguage.get(language)!.map((members) => {
      for (const { text } of members) counter.addText(text);
      return counter.take();
    });
    for (const part of parts) counter.addCounts(part);
    return { language, parts, sum: counter.take() };
  });
  const modelWithout = (fold: number): LanguageIdentifier => {
    const counts = new Map<string, NGramCounts>();
    for (const { language, parts, sum } of languages) {
      const others = subtractCounts(sum, parts[fold]!);
      if (others.total > 0) counts.set(language, others);
    }
    return languageIdentifierFromCounts(counts);
  };
  const results = new Array<Identification>(documents.length);
  for (let fold = 0; fold < folds; fold++) {
    const identifier = modelWithout(fold);
    for (const [index, document] of documents.entries()) {
      if (foldOf.get(options.groupOf(document)) === fold) results[index] = identifier.identify(document.text);
    }
  }
  return results;
}
