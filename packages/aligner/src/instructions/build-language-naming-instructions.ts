/**
 * Naming the language of a text: short answers that a small model can learn, in every language alike.
 */
import { createRandom } from '@marco-ts/core';
import type { Conversation } from '../sft/conversation.ts';
import { type AlignedParagraph, groupParagraphs } from './aligned-paragraph.ts';
import { limitPerLanguage } from './limit-per-language.ts';
import { wordStarts } from './word-starts.ts';

/** `{text}` is the text. */
export const LANGUAGE_NAMING_INSTRUCTIONS: readonly string[] = [
  'Which language is this?\n{text}',
  '{text}\n\nName the language of this text.',
];

/** Which texts are named, how it is asked for, and how many are made of each language. */
export interface LanguageNamingOptions {
  readonly paragraphs: readonly AlignedParagraph[];
  readonly templates?: readonly string[];
  /** Longer texts are cut before this word; default 24. */
  readonly maxWords?: number;
  readonly maxPerLanguage?: number;
  readonly seed: number | string;
}

/** @returns conversations of task `language_naming`, in seeded order */
export function buildLanguageNamingInstructions(options: LanguageNamingOptions): Conversation[] {
  const { paragraphs, templates = LANGUAGE_NAMING_INSTRUCTIONS, maxWords = 24, maxPerLanguage, seed } = options;
  groupParagraphs('buildLanguageNamingInstructions', paragraphs);
  const random = createRandom(seed).fork('language_naming');
  return limitPerLanguage(random.shuffle(paragraphs), maxPerLanguage).map(({ text, language, languageName }) => {
    const cut = wordStarts(text, language)[maxWords - 1];
    const shown = cut === undefined ? text : text.slice(0, cut).trimEnd();
    const template = templates[random.integer(templates.length)]!;
    return {
      messages: [
        { role: 'user', content: template.replace('{text}', () => shown) },
        { role: 'assistant', content: languageName },
      ],
      language,
      task: 'language_naming',
    };
  });
}
