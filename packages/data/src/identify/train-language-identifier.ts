/**
 * Trains a language identifier from texts with their languages, in one pass.
 *
 * Source: see `language-identifier.ts`.
 */

import { hasTwoLetterCode } from '../languages/iso-639-1.ts';
import { languageIdentifierFromCounts, type TrainedLanguageIdentifier } from './language-identifier.ts';
import { createNGramCounter, type NGramCounts } from './ngram-counts.ts';

/** A text whose language is known. */
export interface LanguageSample {
  /** ISO 639-3 and script, for example `swh_Latn`: the script decides which texts the language competes for. */
  readonly language: string;
  readonly text: string;
}

/** What is believed of languages before any text is read. */
export interface TrainLanguageIdentifierOptions {
  /**
   * Nats that a language has over others before anything is read. When absent, languages with a two-letter code (ISO 639-1) have 8 over
   * those without: as web text goes that is modest, and it decides only short texts.
   */
  readonly priorOf?: (language: string) => number;
}

/** Chosen on Tatoeba and NTREX sentences, not on the test set of the README. */
const TWO_LETTER_ADVANTAGE = 8;
const defaultPrior = (language: string): number => (hasTwoLetterCode(language) ? TWO_LETTER_ADVANTAGE : 0);

const CODE = /^[a-z]{3}_[A-Z][a-z]{3}$/;

/** @throws Error for a code that is not like `swh_Latn` */
export function expectLanguageCode(caller: string, language: string, where: string): void {
  if (CODE.test(language)) return;
  throw new Error(
    `[@marco-ts/data] ${caller}: a language must be an ISO 639-3 code and a script such as swh_Latn, got ${JSON.stringify(language)} at ${where}. See MARCO_LANGUAGES for examples.`,
  );
}

/**
 * @param samples any number of texts per language; those without letters count for nothing
 * @throws Error for a malformed language code, and when there is no text at all
 */
export function trainLanguageIdentifier(
  samples: Iterable<LanguageSample>,
  options: TrainLanguageIdentifierOptions = {},
): TrainedLanguageIdentifier {
  const texts = new Map<string, string[]>();
  for (const { language, text } of samples) {
    const known = texts.get(language);
    if (known !== undefined) {
      known.push(text);
      continue;
    }
    expectLanguageCode('trainLanguageIdentifier', language, `sample ${JSON.stringify(text.slice(0, 30))}`);
    texts.set(language, [text]);
  }
  const counter = createNGramCounter();
  const counts = new Map<string, NGramCounts>();
  for (const language of [...texts.keys()].sort()) {
    for (const text of texts.get(language)!) counter.addText(text);
    const sum = counter.take();
    if (sum.total > 0) counts.set(language, sum);
  }
  if (counts.size === 0) {
    throw new Error(
      '[@marco-ts/data] trainLanguageIdentifier: samples must hold letters, got none. Give at least one text per language.',
    );
  }
  return languageIdentifierFromCounts(counts, options.priorOf ?? defaultPrior);
}
