/**
 * Two-choice items from articles: a paragraph, the one that really follows, and one from another article of the same language.
 *
 * The wrong choice also follows a paragraph, in another article, so that neither openings nor numbering give it away, and is one of the
 * three nearest in length, so that length says little; which choice comes first is drawn. The same articles and seed give the same items.
 *
 * Source: the idea is StoryCloze's (Mostafazadeh et al. 2016) without its human-written endings.
 */
import { createRandom } from '@marco-ts/core';
import { countBytes } from '../count-bytes.ts';
import { inputError } from '../input-error.ts';
import type { ClozeItem } from './cloze-task.ts';

/** A text in paragraphs. */
export interface Article {
  readonly id: string;
  readonly language: string;
  readonly paragraphs: readonly string[];
}

/** The articles that items are made of, and how many. */
export interface BuildClozeOptions {
  readonly articles: readonly Article[];
  readonly seed: number | string;
  /** the first of the shuffled candidates; default all */
  readonly maxItemsPerLanguage?: number | undefined;
}

interface Paragraph {
  readonly article: string;
  readonly text: string;
  readonly numBytes: number;
}

/**
 * Languages in which no item can be made are left out; `clozeTask` then refuses an empty list.
 * @throws Error on a missing language or two articles of one id and language
 */
export function buildClozeItems({ articles, seed, maxItemsPerLanguage }: BuildClozeOptions): ClozeItem[] {
  const byLanguage = new Map<string, Article[]>();
  for (const article of articles) {
    if (!article.language)
      throw inputError('buildClozeItems', `every article needs a language, got none at '${article.id}'.`);
    const own = byLanguage.get(article.language) ?? [];
    if (own.some(({ id }) => id === article.id)) {
      throw inputError(
        'buildClozeItems',
        `articles of a language need different ids, got '${article.id}' twice in ${article.language}.`,
      );
    }
    byLanguage.set(article.language, [...own, article]);
  }
  return [...byLanguage].flatMap(([language, own]) => languageItems(language, own, seed, maxItemsPerLanguage));
}

function languageItems(
  language: string,
  articles: readonly Article[],
  seed: number | string,
  max: number | undefined,
): ClozeItem[] {
  const random = createRandom(seed).fork(`cloze ${language}`);
  const paragraphs: Paragraph[] = articles.flatMap(({ id, paragraphs }) =>
    paragraphs.filter((text) => text.trim() !== '').map((text) => ({ article: id, text, numBytes: countBytes(text) })),
  );
  const candidates = paragraphs.flatMap((context, index) => {
    const next = paragraphs[index + 1];
    return next && next.article === context.article ? [{ context, next, index }] : [];
  });
  const byLength = candidates.map(({ next }) => next).toSorted((left, right) => left.numBytes - right.numBytes);
  const items: ClozeItem[] = [];
  for (const { context, next, index } of random.shuffle(candidates)) {
    if (max !== undefined && items.length >= max) break;
    const others = nearestInLength(byLength, next, 3);
    if (others.length === 0) continue;
    const wrong = others[random.integer(others.length)]!;
    const gold = random.integer(2);
    items.push({
      id: `${language}/${context.article}/${index}`,
      language,
      context: context.text,
      choices: gold === 0 ? [next.text, wrong.text] : [wrong.text, next.text],
      gold,
    });
  }
  return items;
}

/** The paragraphs of other articles that are nearest in length, nearest first; walks outward from the place of `target`. */
function nearestInLength(byLength: readonly Paragraph[], target: Paragraph, count: number): Paragraph[] {
  const found: Paragraph[] = [];
  let high = byLength.findIndex(({ numBytes }) => numBytes >= target.numBytes);
  let low = high - 1;
  while (found.length < count && (low >= 0 || high < byLength.length)) {
    const below = low >= 0 ? target.numBytes - byLength[low]!.numBytes : Number.POSITIVE_INFINITY;
    const above = high < byLength.length ? byLength[high]!.numBytes - target.numBytes : Number.POSITIVE_INFINITY;
    const candidate = below < above ? byLength[low--]! : byLength[high++]!;
    if (candidate.article !== target.article && candidate.text !== target.text) found.push(candidate);
  }
  return found;
}
