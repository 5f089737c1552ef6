/**
 * The three families of prompts for synthetic text.
 *
 * Source: Marco-LLM, arXiv:2412.04003, table 14: its families, slots and demands. Differs: the wording is ours.
 */
import { languageInfo } from '../languages/marco-languages.ts';

/** What an explanation is about, by whom and for whom. */
export interface ExplanationSlots {
  /** Who explains, such as `teacher`. */
  readonly role: string;
  readonly subject: string;
  readonly keywords: readonly string[];
  /** For whom, such as `secondary school`. */
  readonly audience: string;
  /** Such as `swh_Latn`. */
  readonly language: string;
}

/** As for an explanation, with the form and the course of a story. */
export interface StorySlots extends ExplanationSlots {
  /** Such as `fairy tale` or `letter`. */
  readonly passageType: string;
  readonly setting: string;
  readonly style: string;
  readonly ending: string;
  readonly minWords: number;
  readonly maxWords: number;
}

/** The samples that a text is to be written like. */
export interface SampleSlots {
  readonly samples: readonly string[];
  readonly language: string;
}

/** Keywords explained by a persona: at least three sentences each, and a summary. */
export function explanationPrompt({ role, subject, keywords, audience, language }: ExplanationSlots): string {
  requireSome('explanationPrompt', 'keywords', keywords);
  return [
    `You are a ${role} in the field of ${subject}. Explain these keywords to ${audience} students: ${keywords.join(', ')}.`,
    'Give each keyword at least three sentences; a short story may help. Answer as a list with one entry for each keyword, and end with a summary.',
    'Be correct, useful, easy to follow and varied.',
    `Write everything in ${nameOf(language)}.`,
  ].join('\n');
}

/** A passage that brings new knowledge in a story, with given keywords, setting, style and ending. */
export function storyPrompt(slots: StorySlots): string {
  const { role, subject, keywords, audience, language, passageType, setting, style, ending, minWords, maxWords } =
    slots;
  requireSome('storyPrompt', 'keywords', keywords);
  if (!(minWords > 0 && maxWords >= minWords)) {
    throw new Error(
      `[@marco-ts/data] storyPrompt: minWords must be above 0 and not above maxWords, got ${minWords} and ${maxWords}. Correct the slots.`,
    );
  }
  return [
    `You are a ${role} in the field of ${subject}. Write a ${passageType} for ${audience} students that teaches them something new.`,
    `It must use these keywords: ${keywords.join(', ')}. It takes place ${setting}, in a ${style} style, and ends with ${ending}.`,
    `Use between ${minWords} and ${maxWords} words.`,
    `Write everything in ${nameOf(language)}.`,
  ].join('\n');
}

/** One new, rarer sample of the kind of those given. */
export function samplePrompt({ samples, language }: SampleSlots): string {
  requireSome('samplePrompt', 'samples', samples);
  return [
    `Here are ${samples.length} samples of one domain:`,
    ...samples.map((sample, index) => `### Sample ${index + 1}\n${sample}`),
    '### Task',
    'Write one sample of the same domain that is entirely new and of a rarer kind, about as long and as difficult, and sensible to a human reader.',
    `Write it in ${nameOf(language)}. Answer with the sample alone and do not mention that samples were given or that one was made.`,
  ].join('\n\n');
}

function nameOf(language: string): string {
  return languageInfo(language)?.name ?? language;
}

function requireSome(functionName: string, slot: string, values: readonly string[]): void {
  if (values.length > 0) return;
  throw new Error(`[@marco-ts/data] ${functionName}: ${slot} must have at least one, got none. Give some.`);
}
