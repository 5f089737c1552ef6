/**
 * A made-up corpus in four "languages": each paragraph is a list of concept numbers spelt with the language's own syllables, so that
 * translations are aligned by construction. Four articles of three paragraphs.
 */
import { createRandom } from '@marco-ts/core';
import { type Tokenizer, trainTokenizer } from '@marco-ts/tokenizer';
import type { AlignedParagraph } from '../src/index.ts';

const LANGUAGES = [
  ['eng_Latn', 'English', ['sun', 'tree', 'wolf', 'river', 'stone', 'bird', 'house', 'bread']],
  ['deu_Latn', 'German', ['Sonne', 'Baum', 'Wolf', 'Fluss', 'Stein', 'Vogel', 'Haus', 'Brot']],
  ['swh_Latn', 'Swahili', ['jua', 'mti', 'mbwa', 'mto', 'jiwe', 'ndege', 'nyumba', 'mkate']],
  ['rus_Cyrl', 'Russian', ['солнце', 'дерево', 'волк', 'река', 'камень', 'птица', 'дом', 'хлеб']],
] as const;

export const toyParagraphs: readonly AlignedParagraph[] = [0, 1, 2, 3].flatMap((article) =>
  [0, 1, 2].flatMap((paragraph) => {
    const random = createRandom(`article ${article} paragraph ${paragraph}`);
    const concepts = Array.from({ length: 6 + random.integer(5) }, () => random.integer(8));
    return LANGUAGES.map(
      ([language, languageName, words]): AlignedParagraph => ({
        articleId: `article-${article}`,
        paragraphId: `article-${article}/${paragraph}`,
        language,
        languageName,
        text: `${concepts.map((concept) => words[concept]!).join(' ')}.`,
      }),
    );
  }),
);

export function toyTokenizer(): Tokenizer {
  const instructions =
    'Translate from to Give the translation of this text Say in Which language is Name the Continue Go on user assistant';
  return trainTokenizer([...toyParagraphs.map(({ text }) => text), instructions, instructions], { vocabSize: 420 });
}
