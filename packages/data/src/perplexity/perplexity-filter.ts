/**
 * Drops documents that a language model of their language finds too surprising, or not surprising at all.
 *
 * Source: CCNet (Wenzek et al. 2020, arXiv:1911.00359), section 3.3: perplexity by lines, cut-offs at percentiles of each language (it cuts
 * into head, middle and tail at the 30th and 60th); Marco-LLM, arXiv:2412.04003, names a perplexity filter without its numbers.
 * Units: perplexity by token, 10^(-log10 probability / tokens), where the end of a line is a token; percentiles 0 to 100.
 */
import { comparableText } from '../dedup/comparable-words.ts';
import type { Document, DocumentSource } from '../document.ts';
import { type DocumentFilter, drop, KEEP } from '../filters/document-filter.ts';
import { splitWords, type WordSplitter } from '../filters/split-words.ts';
import { hashText } from '../random/hash-text.ts';
import type { NGramModel } from './ngram-model.ts';

/** Words in lower case without marks and diacritics, every number 0: what a small model can know. */
export const perplexityWords: WordSplitter = (text, language) => splitWords(comparableText(text), language);

/** The lines of a text as the model is trained on them and asked about them; lines without a word are left out. */
export function* perplexitySentences(
  { text, language }: Pick<Document, 'text' | 'language'>,
  split: WordSplitter = perplexityWords,
): Generator<readonly string[]> {
  for (const line of text.split('\n')) {
    const words = split(line, language);
    if (words.length > 0) yield words;
  }
}

/** The models and how they see words. */
export interface PerplexityOptions {
  /** The model of a language; a document without one is kept. */
  readonly modelOf: (language: string) => NGramModel | undefined;
  /** Tokens of a line, as the model was trained on them: words, characters, or ids of a tokenizer as text. */
  readonly splitWords?: WordSplitter;
}

/** @returns the perplexity of a document; null without a model or without a word */
export function documentPerplexity(document: Document, options: PerplexityOptions): number | null {
  const model = options.modelOf(document.language);
  if (model === undefined) return null;
  let logProb = 0;
  let numTokens = 0;
  for (const words of perplexitySentences(document, options.splitWords)) {
    const score = model.scoreSentence(words);
    logProb += score.logProb;
    numTokens += score.numTokens;
  }
  return numTokens === 0 ? null : 10 ** (-logProb / numTokens);
}

/** Perplexities between which a document passes; without a limit that side is open. */
export interface PerplexityLimits {
  readonly max?: number;
  readonly min?: number;
}

/** The models, and the limits of each language. */
export interface PerplexityFilterOptions extends PerplexityOptions {
  /** The limits of a language; a document of one without limits is kept. */
  readonly limitsOf: (language: string) => PerplexityLimits | undefined;
}

/** Drops as `perplexity_high` or `perplexity_low`. */
export function perplexityFilter(options: PerplexityFilterOptions): DocumentFilter {
  return {
    name: 'perplexity',
    check(document) {
      const limits = options.limitsOf(document.language);
      if (limits === undefined) return KEEP;
      const perplexity = documentPerplexity(document, options);
      if (perplexity === null) return KEEP;
      if (perplexity > (limits.max ?? Number.POSITIVE_INFINITY)) return drop('perplexity_high');
      return perplexity < (limits.min ?? 0) ? drop('perplexity_low') : KEEP;
    },
  };
}

/** Which percentiles are wanted, and of how many documents. */
export interface PerplexityPercentilesOptions extends PerplexityOptions {
  /** For example [30, 60]. */
  readonly percentiles: readonly number[];
  /** Documents of a language that are looked at: those with the lowest hash of their id, whatever their order. */
  readonly maxDocuments?: number;
}

interface Sampled {
  readonly hash: number;
  readonly perplexity: number;
}

/** @returns the perplexities at the percentiles, by language: below the p-th are p per cent of the documents */
export async function perplexityPercentiles(
  documents: DocumentSource,
  options: PerplexityPercentilesOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const { percentiles, maxDocuments = 100_000 } = options;
  const samples = new Map<string, Sampled[]>();
  const trim = (sample: Sampled[]): void => {
    sample.sort((a, b) => a.hash - b.hash || a.perplexity - b.perplexity);
    sample.length = Math.min(sample.length, maxDocuments);
  };
  for await (const document of documents) {
    const perplexity = documentPerplexity(document, options);
    if (perplexity === null) continue;
    let sample = samples.get(document.language);
    if (sample === undefined) {
      sample = [];
      samples.set(document.language, sample);
    }
    sample.push({ hash: hashText(document.id), perplexity });
    if (sample.length >= 2 * maxDocuments) trim(sample);
  }
  return new Map(
    [...samples].map(([language, sample]) => {
      trim(sample);
      const sorted = Float64Array.from(sample, ({ perplexity }) => perplexity).sort();
      const at = (percentile: number): number =>
        sorted[Math.min(sorted.length - 1, Math.floor((percentile / 100) * sorted.length))]!;
      return [language, percentiles.map(at)];
    }),
  );
}
