/** The instruction tasks of a recipe, made from aligned text: equal numbers per language of each task, as far as the text goes. */
import {
  type AlignedParagraph,
  buildContinuationInstructions,
  buildLanguageNamingInstructions,
  buildTranslationInstructions,
  type Conversation,
} from '@marco-ts/aligner';
import type { Recipe } from '../config/recipe-schema.ts';

type SftSettings = NonNullable<Recipe['sft']>;

export interface BuiltConversationsOptions {
  readonly paragraphs: readonly AlignedParagraph[];
  readonly settings: SftSettings;
  readonly pivotLanguage: string;
  readonly seed: number;
  /** per language of each task that the settings ask for, in place of the settings' numbers */
  readonly maxPerLanguage?: number;
}

/** @returns none without paragraphs, or where the settings ask for none */
export function builtConversations(options: BuiltConversationsOptions): Conversation[] {
  const { paragraphs, settings, pivotLanguage, seed } = options;
  if (paragraphs.length === 0) return [];
  const numLanguages = new Set(paragraphs.map(({ language }) => language)).size;
  const common = (total: number) => ({
    paragraphs,
    maxPerLanguage: options.maxPerLanguage ?? Math.max(1, Math.round(total / numLanguages)),
    seed,
  });
  const { numTranslationExamples, numLanguageNamingExamples, numContinuationExamples } = settings;
  return [
    ...(numTranslationExamples === 0
      ? []
      : buildTranslationInstructions({ ...common(numTranslationExamples), pivotLanguage })),
    ...(numLanguageNamingExamples === 0 ? [] : buildLanguageNamingInstructions(common(numLanguageNamingExamples))),
    ...(numContinuationExamples === 0
      ? []
      : buildContinuationInstructions({ ...common(numContinuationExamples), unit: 'paragraph' })),
  ];
}
