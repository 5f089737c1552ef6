/**
 * Translation as instructions: aligned paragraphs, the instruction drawn from templates.
 *
 * The paper's instruction data is not public (arXiv:2412.04003, section on SFT); these templates are our own substitute.
 */
import { createRandom } from '@marco-ts/core';
import type { Conversation } from '../sft/conversation.ts';
import { type AlignedParagraph, type TranslationDirections, translationPairs } from './aligned-paragraph.ts';
import { limitPerLanguage } from './limit-per-language.ts';

/** `{source}` and `{target}` are language names, `{text}` is the text. */
export const TRANSLATION_INSTRUCTIONS: readonly string[] = [
  'Translate from {source} to {target}:\n{text}',
  'Give the {target} translation of this {source} text:\n{text}',
  '{text}\n\nSay this in {target}.',
];

/** Which paragraphs are translated between which languages, and how it is asked for. */
export interface TranslationInstructionOptions {
  readonly paragraphs: readonly AlignedParagraph[];
  /** One side of every pair; default `eng_Latn`. */
  readonly pivotLanguage?: string;
  /** Default `both`. */
  readonly directions?: TranslationDirections;
  /** Default `TRANSLATION_INSTRUCTIONS`. */
  readonly templates?: readonly string[];
  /** Default: no limit. */
  readonly maxPerLanguage?: number;
  readonly seed: number | string;
}

/** @throws Error when a template lacks `{text}` or `{target}` */
export function renderTranslationInstruction(
  template: string,
  pair: { readonly source: AlignedParagraph; readonly target: AlignedParagraph },
): string {
  for (const slot of ['{text}', '{target}']) {
    if (!template.includes(slot)) {
      throw new Error(
        `[@marco-ts/aligner] renderTranslationInstruction: a template must contain ${slot}, got ${JSON.stringify(template)}. Add the slot.`,
      );
    }
  }
  const values = { source: pair.source.languageName, target: pair.target.languageName, text: pair.source.text };
  return template.replace(/\{(source|target|text)\}/g, (_, slot: keyof typeof values) => values[slot]);
}

/** @returns conversations of task `translation`, in seeded order; `language` is the side that is not the pivot */
export function buildTranslationInstructions(options: TranslationInstructionOptions): Conversation[] {
  const {
    paragraphs,
    pivotLanguage = 'eng_Latn',
    directions = 'both',
    templates = TRANSLATION_INSTRUCTIONS,
    maxPerLanguage,
    seed,
  } = options;
  const random = createRandom(seed).fork('translation');
  const pairs = random.shuffle(translationPairs('buildTranslationInstructions', paragraphs, pivotLanguage, directions));
  return limitPerLanguage(pairs, maxPerLanguage).map((pair) => ({
    messages: [
      { role: 'user', content: renderTranslationInstruction(templates[random.integer(templates.length)]!, pair) },
      { role: 'assistant', content: pair.target.text },
    ],
    language: pair.language,
    task: 'translation',
  }));
}
