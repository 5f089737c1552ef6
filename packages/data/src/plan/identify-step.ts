/**
 * Gives each document the language that a model finds, or holds the document to the language it says it is in.
 */
import { readFile } from 'node:fs/promises';
import { drop } from '../filters/document-filter.ts';
import { languageMatch } from '../filters/language-match.ts';
import { fastTextIdentifier } from '../identify/fasttext/fasttext-identifier.ts';
import { loadFastText } from '../identify/fasttext/fasttext-model.ts';
import {
  type LanguageIdentifier,
  type LanguageIdentifierJson,
  languageIdentifierFromJson,
} from '../identify/language-identifier.ts';
import { areWrittenAlike } from '../languages/written-alike.ts';
import type { PlannedStep } from './data-plan.ts';
import { type DocumentStep, stepOfFilter } from './document-step.ts';
import { isFastTextFile } from './score-model.ts';

export interface IdentifyStepContext {
  /** The model that was trained when the plan started. */
  readonly trainedIdentifier: string;
  readonly minScore: (language: string) => number;
}

export async function loadIdentifier(path: string): Promise<LanguageIdentifier> {
  if (isFastTextFile(path)) return fastTextIdentifier(loadFastText(path));
  return languageIdentifierFromJson(JSON.parse(await readFile(path, 'utf8')) as LanguageIdentifierJson);
}

/** Drops as `language_unknown` or `language_confidence`, or as `languageMatch` does; the metadata `language_score` is in [0, 1]. */
export async function identifyStep(
  step: Extract<PlannedStep, { step: 'identify' }>,
  context: IdentifyStepContext,
): Promise<DocumentStep> {
  const identifier = await loadIdentifier(step.model === 'udhr' ? context.trainedIdentifier : step.model);
  const options = step.candidates === undefined ? {} : { languages: new Set(step.candidates) };
  const minScore = (language: string): number => step.minScore ?? context.minScore(language);
  if (step.claimed === 'check') {
    return stepOfFilter(
      languageMatch({
        identify: ({ text }) => identifier.identify(text, options),
        minConfidence: minScore,
        accepts: areWrittenAlike,
      }),
    );
  }
  return {
    name: 'identify',
    apply: (document) => {
      const { language, confidence } = identifier.identify(document.text, options);
      if (language.startsWith('und_')) return drop('language_unknown');
      const score = Math.round(confidence * 1e4) / 1e4;
      if (score < minScore(language)) return drop('language_confidence');
      const metadata = { ...document.metadata, language_score: score };
      return { keep: true, document: { ...document, language, metadata } };
    },
  };
}
