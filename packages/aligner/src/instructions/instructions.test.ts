import { describe, expect, test } from 'vitest';
import { toyParagraphs } from '../../test/toy-corpus.ts';
import type { AlignedParagraph } from './aligned-paragraph.ts';
import { buildContinuationInstructions } from './build-continuation-instructions.ts';
import { buildLanguageNamingInstructions } from './build-language-naming-instructions.ts';
import { buildTranslationInstructions, renderTranslationInstruction } from './build-translation-instructions.ts';
import { wordStarts } from './word-starts.ts';

const content = (messages: readonly { content: string }[]): [string, string] => [
  messages[0]!.content,
  messages[1]!.content,
];

describe('buildTranslationInstructions', () => {
  test('each answer is the translation of the text in its instruction, in both directions', () => {
    const conversations = buildTranslationInstructions({ paragraphs: toyParagraphs, seed: 1 });
    expect(conversations.length).toBe(12 * 3 * 2);
    for (const { messages, language, task } of conversations) {
      const [instruction, answer] = content(messages);
      expect(task).toBe('translation');
      const target = toyParagraphs.filter(({ text }) => text === answer);
      const sources = toyParagraphs.filter(({ text }) => instruction.includes(text));
      expect(sources.some((source) => target.some(({ paragraphId }) => paragraphId === source.paragraphId))).toBe(true);
      expect(instruction).toContain(target[0]!.languageName);
      expect(language).not.toBe('eng_Latn');
    }
  });

  test('the seed decides order and template; limits and directions hold; dollar signs stay as they are', () => {
    const options = { paragraphs: toyParagraphs, seed: 'a' };
    expect(buildTranslationInstructions(options)).toEqual(buildTranslationInstructions(options));
    expect(buildTranslationInstructions(options)).not.toEqual(buildTranslationInstructions({ ...options, seed: 'b' }));
    const limited = buildTranslationInstructions({ ...options, maxPerLanguage: 2, directions: 'to_pivot' });
    expect(limited.length).toBe(6);
    expect(
      limited.every(({ messages }) =>
        toyParagraphs.some((p) => p.language === 'eng_Latn' && p.text === messages[1]!.content),
      ),
    ).toBe(true);
    const source = { ...toyParagraphs[0]!, text: "costs $& or $' {target}" };
    expect(renderTranslationInstruction('{text} to {target}', { source, target: toyParagraphs[1]! })).toBe(
      "costs $& or $' {target} to German",
    );
  });

  test('refuses what it cannot use, naming the row', () => {
    const options = { paragraphs: toyParagraphs, seed: 1 };
    expect(() => buildTranslationInstructions({ ...options, pivotLanguage: 'fra_Latn' })).toThrow(
      /in fra_Latn and another language/,
    );
    expect(() => buildTranslationInstructions({ ...options, templates: ['{target}'] })).toThrow(
      /must contain \{text\}/,
    );
    expect(() => buildTranslationInstructions({ ...options, maxPerLanguage: 0 })).toThrow(/limit per language/);
    const twice = [...toyParagraphs, toyParagraphs[3]!];
    expect(() => buildTranslationInstructions({ ...options, paragraphs: twice })).toThrow(
      /rus_Cyrl again .* at paragraphs\[48\]/,
    );
    const empty: AlignedParagraph[] = [{ ...toyParagraphs[0]!, text: ' ' }];
    expect(() => buildTranslationInstructions({ ...options, paragraphs: empty })).toThrow(/paragraphs\[0\]/);
  });
});

test('buildLanguageNamingInstructions: the answer is the name, long texts are shown in part', () => {
  const conversations = buildLanguageNamingInstructions({
    paragraphs: toyParagraphs,
    maxWords: 3,
    maxPerLanguage: 4,
    seed: 1,
  });
  expect(conversations.length).toBe(16);
  for (const { messages, language } of conversations) {
    const [instruction, answer] = content(messages);
    const own = toyParagraphs.filter((paragraph) => paragraph.language === language);
    expect(answer).toBe(own[0]!.languageName);
    expect(own.some(({ text }) => instruction.includes(text.split(' ').slice(0, 3).join(' ')))).toBe(true);
    expect(own.some(({ text }) => instruction.includes(text))).toBe(false);
  }
});

test('buildContinuationInstructions: instruction and answer join to the article, cut at a word', () => {
  for (const unit of ['article', 'paragraph'] as const) {
    const conversations = buildContinuationInstructions({
      paragraphs: toyParagraphs,
      unit,
      templates: ['{text}'],
      seed: 1,
    });
    expect(conversations.length).toBe(unit === 'article' ? 16 : 48);
    const words = new Set(toyParagraphs.flatMap(({ text }) => text.split(/[\s.]+/)));
    const texts = conversations.map(({ messages }) => {
      const [beginning, rest] = content(messages);
      expect(words.has(beginning.split(/[\s.]+/).at(-1)!)).toBe(true);
      expect(words.has(rest.split(/[\s.]+/)[0]!)).toBe(true);
      return `${beginning} ${rest}`.replaceAll('\n', ' ');
    });
    const whole = (articleId: string, language: string) =>
      toyParagraphs.filter((p) => p.articleId === articleId && p.language === language).map(({ text }) => text);
    const expected = ['article-0', 'article-3'].flatMap((id) => [whole(id, 'deu_Latn'), whole(id, 'rus_Cyrl')]);
    for (const paragraphs of expected) {
      for (const text of unit === 'article' ? [paragraphs.join(' ')] : paragraphs) expect(texts).toContain(text);
    }
  }
});

test('wordStarts finds words where no blanks are written', () => {
  const thai = 'มนุษย์ทั้งหลายเกิดมามีอิสระ';
  const starts = wordStarts(thai, 'tha_Thai');
  expect(starts.length).toBeGreaterThan(3);
  expect(starts.every((start) => start > 0 && start < thai.length)).toBe(true);
  expect(wordStarts('one two', 'eng_Latn')).toEqual([4]);
});
