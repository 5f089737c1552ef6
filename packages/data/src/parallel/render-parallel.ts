/**
 * Translation pairs as training text, in the paper's eleven templates and both directions.
 *
 * Source: Marco-LLM, arXiv:2412.04003, table 13 (templates A to K, in English). How often each was used, and how many pairs made a document,
 * is not public: here every template is equally likely, chosen by a seeded hash of the pair, and the number of pairs is an option.
 */
import type { Document } from '../document.ts';
import { languageInfo } from '../languages/marco-languages.ts';
import { createRandomStream, shuffleInPlace } from '../random/create-random-stream.ts';
import { hashText } from '../random/hash-text.ts';
import type { ParallelPair } from './align-paragraphs.ts';

/** S and T are language names, x and y texts. */
export type ParallelTemplate = (S: string, T: string, x: string, y: string) => string;

/** The paper's eleven templates, by its letters. */
export const PARALLEL_TEMPLATES: Readonly<Record<string, ParallelTemplate>> = {
  A: (S, T, x, y) => `${S} phrase: ${x}\n${T} phrase: ${y}`,
  B: (S, T, x, y) => `${S} text: ${x}\n${T} text: ${y}`,
  C: (S, T, x, y) => `Translate the text from ${S} to ${T}:\n${S} text: ${x}\n${T} text: ${y}`,
  D: (S, T, x, y) => `Translate the words from ${S} to ${T}:\n${S} words: ${x}\n${T} words: ${y}`,
  E: (S, T, x, y) => `Convert the phrase from ${S} to ${T}:\n${S} phrase: ${x}\n${T} phrase: ${y}`,
  F: (S, T, x, y) => `Render the ${S} sentence ${x} to ${T}: ${y}`,
  G: (S, T, x, y) => `Provide the translation of the sentence ${x} from ${S} to ${T}: ${y}`,
  H: (_S, T, x, y) => `Change the phrase ${x} to ${T}, the translated phrase is: ${y}`,
  I: (_S, T, x, y) => `Please change the sentence ${x} to ${T}, and the resulting translation is: ${y}`,
  J: (_S, T, x, y) => `Change the phrase ${x} to ${T}, resulting in: ${y}`,
  K: (S, T, x, y) => `The sentence ${x} in ${S} means ${y} in ${T}`,
};

const TEMPLATE_NAMES = Object.keys(PARALLEL_TEMPLATES);

/** In which directions pairs are written, and how many make a document. */
export interface RenderParallelOptions {
  readonly seed: number | string;
  /** English name of a language code; that of the tables when absent, and the code itself for others. */
  readonly nameOf?: (language: string) => string;
  readonly directions?: 'both' | 'forward';
  /** Pairs in one document, separated by a blank line. */
  readonly pairsPerDocument?: number;
}

const defaultName = (language: string): string => languageInfo(language)?.name ?? language;

function reversed(pair: ParallelPair): ParallelPair {
  return {
    ...pair,
    id: `${pair.id}/reversed`,
    sourceLanguage: pair.targetLanguage,
    targetLanguage: pair.sourceLanguage,
    source: pair.target,
    target: pair.source,
  };
}

/** @returns name of the template (A to K) that a pair is given */
export function templateOf(pair: ParallelPair, seed: number | string): string {
  return TEMPLATE_NAMES[hashText(`${seed}/${pair.id}/template`) % TEMPLATE_NAMES.length]!;
}

/**
 * @returns documents whose `language` is the target's, with the metadata `sourceLanguage`, `targetLanguage`, `article` (of the first pair),
 *   `template` (one letter per pair) and `numPairs`
 * @throws Error when pairsPerDocument is no positive integer
 */
export function renderParallel(pairs: readonly ParallelPair[], options: RenderParallelOptions): Document[] {
  const { seed, nameOf = defaultName, directions = 'both', pairsPerDocument = 1 } = options;
  if (!Number.isInteger(pairsPerDocument) || pairsPerDocument < 1) {
    throw new Error(
      `[@marco-ts/data] renderParallel: pairsPerDocument must be a positive integer, got ${pairsPerDocument}. Use 1 to 16.`,
    );
  }
  const all = directions === 'both' ? pairs.flatMap((pair) => [pair, reversed(pair)]) : [...pairs];
  const byDirection = new Map<string, ParallelPair[]>();
  for (const pair of all) {
    const key = `${pair.sourceLanguage}>${pair.targetLanguage}`;
    const members = byDirection.get(key);
    if (members === undefined) byDirection.set(key, [pair]);
    else members.push(pair);
  }
  const documents: Document[] = [];
  for (const [direction, members] of byDirection) {
    if (pairsPerDocument > 1) shuffleInPlace(members, createRandomStream(`${seed}/${direction}/pairs`));
    for (let start = 0; start < members.length; start += pairsPerDocument) {
      const group = members.slice(start, start + pairsPerDocument);
      const first = group[0]!;
      const names = group.map((pair) => templateOf(pair, seed));
      const texts = group.map((pair, index) =>
        PARALLEL_TEMPLATES[names[index]!]!(
          nameOf(pair.sourceLanguage),
          nameOf(pair.targetLanguage),
          pair.source,
          pair.target,
        ),
      );
      documents.push({
        id: group.length === 1 ? first.id : `${first.id}/and-${group.length - 1}-more`,
        text: texts.join('\n\n'),
        language: first.targetLanguage,
        metadata: {
          source: 'parallel',
          sourceLanguage: first.sourceLanguage,
          targetLanguage: first.targetLanguage,
          article: first.article,
          template: names.join(''),
          numPairs: group.length,
        },
      });
    }
  }
  return documents;
}
