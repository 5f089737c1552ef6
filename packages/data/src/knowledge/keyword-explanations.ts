/**
 * Keyword explanations compiled from real text, in the form of the paper's first family of synthetic-data prompts.
 *
 * Source: Marco-LLM, arXiv:2412.04003, table 14, first prompt: a persona explains keywords to students, with some sentences per keyword, and
 * ends with a summary. The paper has a large language model write the answers. Here there is none: keywords are an article's most telling
 * words, and what "explains" them are the sentences of trainable articles in the same language that use them. It has the prompt's form and
 * real sentences, but it is a concordance, not an explanation, and it teaches less than the paper's data would.
 */
import type { Document } from '../document.ts';
import { splitWords } from '../filters/split-words.ts';
import { codePointLength } from '../filters/text-lines.ts';
import { languageInfo } from '../languages/marco-languages.ts';
import { createRandomStream } from '../random/create-random-stream.ts';
import type { UdhrDeclaration } from '../readers/udhr-declaration.ts';

/** Which articles may be used, and how much is made of each keyword. */
export interface KeywordExplanationOptions {
  /** Held-out articles give neither keywords nor sentences. */
  readonly isTrainArticle: (article: number) => boolean;
  readonly seed: number | string;
  readonly keywordsPerDocument?: number;
  readonly sentencesPerKeyword?: number;
}

const TEACHERS = ['teacher', 'lawyer', 'historian', 'librarian', 'lecturer'];
const STUDENTS = ['primary school', 'secondary school', 'university', 'evening class'];
const SUBJECT = 'human rights';
/** A word that one sentence alone uses explains nothing; no sentence serves two keywords of a document. */
const MIN_SENTENCES = 2;

const segmenters = new Map<string, Intl.Segmenter>();
function splitSentences(text: string, language: string): string[] {
  const locale = language.slice(-4) === 'Jpan' ? 'ja' : language.startsWith('cmn') ? 'zh' : 'en';
  let segmenter = segmenters.get(locale);
  if (segmenter === undefined) {
    segmenter = new Intl.Segmenter(locale, { granularity: 'sentence' });
    segmenters.set(locale, segmenter);
  }
  return [...segmenter.segment(text)].map(({ segment }) => segment.trim()).filter((sentence) => sentence !== '');
}

const DICTIONARY_SCRIPT = /(Hans|Hant|Hani|Jpan|Thai|Laoo|Khmr|Mymr|Hang)$/;

interface IndexedSentence {
  readonly text: string;
  readonly words: ReadonlySet<string>;
}

function wordsOf(text: string, language: string): string[] {
  const minLength = DICTIONARY_SCRIPT.test(language) ? 2 : 4;
  return splitWords(text.toLowerCase(), language).filter(
    (word) => /^\p{L}/u.test(word) && codePointLength(word) >= minLength,
  );
}

/** Most telling first: frequent here, rare elsewhere; equal ones in order of appearance. */
function rankKeywords(
  words: readonly string[],
  articlesWith: ReadonlyMap<string, number>,
  numArticles: number,
): string[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const weight = (word: string): number =>
    counts.get(word)! * Math.log((1 + numArticles) / (1 + (articlesWith.get(word) ?? 0)) + 1);
  return [...counts.keys()].sort((a, b) => weight(b) - weight(a));
}

function explanationsOf(declaration: UdhrDeclaration, options: KeywordExplanationOptions): Document[] {
  const { isTrainArticle, seed, keywordsPerDocument = 3, sentencesPerKeyword = 3 } = options;
  const { language, page } = declaration;
  const articles = declaration.articles.filter(({ number }) => isTrainArticle(number));
  const sentences: IndexedSentence[] = articles.flatMap(({ paragraphs }) =>
    paragraphs
      .flatMap((paragraph) => splitSentences(paragraph, language))
      .map((text) => ({ text, words: new Set(wordsOf(text, language)) })),
  );
  const articleWords = articles.map(({ paragraphs }) => wordsOf(paragraphs.join('\n'), language));
  const articlesWith = new Map<string, number>();
  for (const words of articleWords) {
    for (const word of new Set(words)) articlesWith.set(word, (articlesWith.get(word) ?? 0) + 1);
  }
  const name = languageInfo(language)?.name ?? declaration.name;
  return articles.flatMap((article, index) => {
    const used = new Set<string>();
    const explained: { readonly keyword: string; readonly sentences: readonly string[] }[] = [];
    for (const keyword of rankKeywords(articleWords[index]!, articlesWith, articles.length)) {
      const using = sentences
        .filter(({ text, words }) => words.has(keyword) && !used.has(text))
        .slice(0, sentencesPerKeyword);
      if (using.length < MIN_SENTENCES) continue;
      for (const { text } of using) used.add(text);
      explained.push({ keyword, sentences: using.map(({ text }) => text) });
      if (explained.length === keywordsPerDocument) break;
    }
    if (explained.length < keywordsPerDocument) return [];
    const keywords = explained.map(({ keyword }) => keyword);
    const random = createRandomStream(`${seed}/${page}/${article.number}`);
    const teacher = TEACHERS[random.integer(TEACHERS.length)]!;
    const students = STUDENTS[random.integer(STUDENTS.length)]!;
    const list = explained.map(({ keyword, sentences: using }) => `- ${keyword}: ${using.join(' ')}`).join('\n');
    const summary = article.title === '' ? '' : `\n${article.title}: ${keywords.join(', ')}.`;
    return [
      {
        id: `synthetic/keywords/${page}/article-${article.number}`,
        text: `As a ${teacher} of ${SUBJECT}, explain to ${students} students in ${name}: ${keywords.join(', ')}.\n${list}${summary}`,
        language,
        metadata: { source: 'synthetic', kind: 'keywords', article: article.number },
      },
    ];
  });
}

/** @returns one document per trainable article with enough keywords; the same for a seed */
export function keywordExplanations(
  declarations: readonly UdhrDeclaration[],
  options: KeywordExplanationOptions,
): Document[] {
  return declarations.flatMap((declaration) => explanationsOf(declaration, options));
}
