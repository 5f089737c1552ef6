/**
 * Continuing an article: its beginning is the instruction, the rest the answer.
 */
import { createRandom } from '@marco-ts/core';
import type { Conversation } from '../sft/conversation.ts';
import { type AlignedParagraph, groupParagraphs } from './aligned-paragraph.ts';
import { limitPerLanguage } from './limit-per-language.ts';
import { wordStarts } from './word-starts.ts';

/** `{language}` is the language's name, `{text}` the beginning. */
export const CONTINUATION_INSTRUCTIONS: readonly string[] = [
  'Continue this {language} text:\n{text}',
  '{text}\n\nGo on in {language}.',
];

/** What is continued, how it is asked for, and how many are made of each language. */
export interface ContinuationOptions {
  readonly paragraphs: readonly AlignedParagraph[];
  /** What is continued: whole articles (default) or single paragraphs, which fit into shorter sequences. */
  readonly unit?: 'article' | 'paragraph';
  readonly templates?: readonly string[];
  readonly maxPerLanguage?: number;
  readonly seed: number | string;
}

/** Texts of fewer words have no middle worth cutting at. */
const MIN_WORDS = 6;

/** @returns conversations of task `continuation`, in seeded order; each text is cut between 30% and 70% of its words */
export function buildContinuationInstructions(options: ContinuationOptions): Conversation[] {
  const { paragraphs, unit = 'article', templates = CONTINUATION_INSTRUCTIONS, maxPerLanguage, seed } = options;
  groupParagraphs('buildContinuationInstructions', paragraphs);
  const texts = new Map<string, AlignedParagraph>();
  for (const paragraph of paragraphs) {
    const key = `${paragraph.language} ${unit === 'article' ? paragraph.articleId : paragraph.paragraphId}`;
    const before = texts.get(key);
    texts.set(key, before === undefined ? paragraph : { ...before, text: `${before.text}\n${paragraph.text}` });
  }
  const random = createRandom(seed).fork('continuation');
  const conversations = random
    .shuffle([...texts.values()])
    .flatMap(({ text, language, languageName }): Conversation[] => {
      const starts = wordStarts(text, language);
      if (starts.length + 1 < MIN_WORDS) return [];
      const low = Math.ceil(starts.length * 0.3);
      const high = Math.floor(starts.length * 0.7);
      const cut = starts[low + random.integer(Math.max(1, high - low))]!;
      const template = templates[random.integer(templates.length)]!;
      const values = { language: languageName, text: text.slice(0, cut).trimEnd() };
      const content = template.replace(/\{(language|text)\}/g, (_, slot: keyof typeof values) => values[slot]);
      return [
        {
          messages: [
            { role: 'user', content },
            { role: 'assistant', content: text.slice(cut) },
          ],
          language,
          task: 'continuation',
        },
      ];
    });
  return limitPerLanguage(conversations, maxPerLanguage);
}
