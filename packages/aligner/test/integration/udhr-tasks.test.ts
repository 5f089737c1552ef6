/** The builders on the real declaration in languages of five scripts, some written without blanks. */
import { alignParagraphs, readUdhr, type UdhrDeclaration } from '@marco-ts/data';
import { trainTokenizer } from '@marco-ts/tokenizer';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type AlignedParagraph,
  buildContinuationInstructions,
  buildLanguageNamingInstructions,
  buildTranslationInstructions,
  buildTranslationPreferences,
  encodePreferencePairs,
  packConversations,
} from '../../src/index.ts';

const pages = ['eng', 'swh', 'tha', 'jpn', 'arb', 'rus'];
let paragraphs: AlignedParagraph[];

beforeAll(async () => {
  const declarations: UdhrDeclaration[] = [];
  for await (const declaration of readUdhr({ pages })) declarations.push(declaration);
  const english = declarations.find(({ page }) => page === 'eng')!;
  const found = new Map<string, AlignedParagraph>();
  for (const other of declarations) {
    if (other === english) continue;
    for (const { article, paragraph, source, target } of alignParagraphs(english, other).pairs) {
      const ids = { articleId: `article-${article}`, paragraphId: `article-${article}/${paragraph}` };
      found.set(`eng ${ids.paragraphId}`, {
        ...ids,
        language: english.language,
        languageName: 'English',
        text: source,
      });
      found.set(`${other.page} ${ids.paragraphId}`, {
        ...ids,
        language: other.language,
        languageName: other.name,
        text: target,
      });
    }
  }
  paragraphs = [...found.values()];
});

describe('tasks from the Universal Declaration of Human Rights', () => {
  test('every language gets every instruction task, and packing loses none', () => {
    const conversations = [
      ...buildTranslationInstructions({ paragraphs, seed: 1, maxPerLanguage: 10 }),
      ...buildLanguageNamingInstructions({ paragraphs, seed: 1, maxPerLanguage: 10 }),
      ...buildContinuationInstructions({ paragraphs, unit: 'paragraph', seed: 1, maxPerLanguage: 10 }),
    ];
    const counts = Map.groupBy(conversations, ({ language, task }) => `${task} ${language}`);
    expect([...counts.values()].every((group) => group.length === 10)).toBe(true);
    expect(counts.size).toBe(5 + 6 + 6);
    const tokenizer = trainTokenizer(
      paragraphs.map(({ text }) => text),
      { vocabSize: 1500 },
    );
    const { report } = packConversations({
      tokenizer,
      conversations,
      sequenceLength: 2048,
      microBatchSize: 2,
      seed: 1,
    });
    expect(report).toMatchObject({ numConversations: 170, numKept: 170, tooLong: {} });
    expect(report.usefulShare).toBeGreaterThan(0.95);
  });

  test('pairs are balanced and wrong as they say, in languages without blanks too', () => {
    const { pairs, counts, skipped } = buildTranslationPreferences({
      paragraphs,
      seed: 1,
      directions: 'from_pivot',
      maxPerLanguage: 30,
    });
    expect(pairs.length).toBe(150);
    expect(skipped).toEqual({});
    for (const kinds of Object.values(counts))
      expect(kinds).toEqual({ wrong_language: 10, truncated: 10, other_article: 10 });
    const texts = new Map(paragraphs.map((paragraph) => [`${paragraph.language} ${paragraph.text}`, paragraph]));
    for (const { chosen, rejected, language, kind } of pairs) {
      expect(texts.has(`${language} ${chosen}`)).toBe(true);
      expect(texts.has(`${language} ${rejected}`)).toBe(kind === 'other_article');
      if (kind !== 'truncated') continue;
      expect(chosen.startsWith(rejected)).toBe(true);
      expect(/[\s\p{P}]$/u.test(rejected)).toBe(false);
      expect(rejected.length).toBeLessThan(chosen.length * 0.9);
    }
    const tokenizer = trainTokenizer(
      paragraphs.map(({ text }) => text),
      { vocabSize: 1500 },
    );
    const encoded = encodePreferencePairs(tokenizer, pairs, { maxLength: 400 });
    const numTooLong = Object.values(encoded.tooLong).reduce((sum, count) => sum + count, 0);
    expect(encoded.pairs.length + numTooLong).toBe(150);
    expect(encoded.pairs.length).toBeGreaterThan(75);
  });
});
