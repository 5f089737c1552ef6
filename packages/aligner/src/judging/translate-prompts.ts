/**
 * Prompts in more languages: each is translated by a model and kept only where the translation is usable, with counts of why not.
 *
 * Source: translated preference prompts of Aya and Sailor2 (UltraFeedback); which system translated the paper's is not public.
 */
import type { AnswerPrompt } from './answer-sampler.ts';

/** The prompts, the languages wanted, who translates, and what a usable translation is. */
export interface TranslatePromptsOptions {
  readonly prompts: readonly AnswerPrompt[];
  /** ISO 639-3 and script of the languages wanted. */
  readonly languages: readonly string[];
  /** Translates one text into a language, given by its code. */
  readonly translate: (text: string, language: string, signal?: AbortSignal) => Promise<string>;
  /** Of a text; undefined where it cannot tell, which passes. */
  readonly identify?: (text: string) => string | undefined;
  /** How many times longer or shorter a translation may be, in characters; default 4. */
  readonly maxLengthRatio?: number;
  readonly signal?: AbortSignal;
}

/** The usable translations, and how many were not usable and why. */
export interface TranslatedPrompts {
  /** Without references, which are in the old language. */
  readonly prompts: AnswerPrompt[];
  /** Left out, by language and reason: `empty`, `copied`, `wrong_language`, `length`. */
  readonly dropped: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Every message of a prompt is translated; one bad message drops the prompt in that language. */
export async function translatePrompts(options: TranslatePromptsOptions): Promise<TranslatedPrompts> {
  const { prompts, languages, translate, identify, maxLengthRatio = 4, signal } = options;
  const translated: AnswerPrompt[] = [];
  const dropped: Record<string, Record<string, number>> = {};
  const faultOf = (source: string, text: string, language: string): string | undefined => {
    if (text === '') return 'empty';
    if (text === source.trim()) return 'copied';
    const found = identify?.(text);
    if (found !== undefined && found !== language) return 'wrong_language';
    const ratio = text.length / source.trim().length;
    return ratio > maxLengthRatio || ratio < 1 / maxLengthRatio ? 'length' : undefined;
  };
  for (const language of languages) {
    for (const { prompt, language: from } of prompts) {
      if (from === language) continue;
      signal?.throwIfAborted();
      const texts = await Promise.all(prompt.map(({ content }) => translate(content, language, signal)));
      const faults = prompt.map(({ content }, index) => faultOf(content, texts[index]!.trim(), language));
      const fault = faults.find((reason) => reason !== undefined);
      if (fault === undefined) {
        translated.push({
          prompt: prompt.map(({ role }, index) => ({ role, content: texts[index]!.trim() })),
          language,
        });
        continue;
      }
      const counts = (dropped[language] ??= {});
      counts[fault] = (counts[fault] ?? 0) + 1;
    }
  }
  return { prompts: translated, dropped };
}
