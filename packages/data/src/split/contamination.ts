/**
 * Word n-grams that held-out documents share with training documents: a report, and a filter against it.
 *
 * Source: n-gram decontamination as in GPT-3 (Brown et al. 2020, arXiv:2005.14165) and datatrove (12-grams on simplified text).
 * Units: shares of a document's n-grams, 0 to 1. Documents of fewer than n words have none and are counted apart.
 */

import { comparableWords, forEachWordNGram } from '../dedup/comparable-words.ts';
import { createHashTable, type HashTable } from '../dedup/hash-table.ts';
import type { Document } from '../document.ts';
import { type DocumentFilter, drop, KEEP } from '../filters/document-filter.ts';
import { hashTextInto } from '../random/hash-text.ts';

const DEFAULT_N = 12;

/** How long a run of words must be to count as shared. */
export interface ContaminationOptions {
  /** Words per n-gram. */
  readonly n?: number;
}

/** How much of the held-out documents stands in training text. */
export interface ContaminationReport {
  readonly n: number;
  readonly numDocuments: number;
  /** Documents with n words or more. */
  readonly numCompared: number;
  /** Documents that share at least one n-gram with training text. */
  readonly numContaminated: number;
  /** Mean over compared documents. */
  readonly meanSharedNGrams: number;
  /** The worst first, at most 20. */
  readonly worst: readonly { readonly id: string; readonly language: string; readonly share: number }[];
}

const MAX_WORST = 20;

function nGramTable(documents: Iterable<Document>, n: number): HashTable {
  const table = createHashTable(1 << 16);
  const halves = new Uint32Array(2);
  for (const { text, language } of documents) {
    const words = comparableWords(text, language);
    if (words.length < n) continue;
    forEachWordNGram(words, n, (gram) => {
      hashTextInto(gram, halves);
      table.getOrSet(halves[0]!, halves[1]!, 0);
    });
  }
  return table;
}

/** The language chooses how words are split. */
export type TextInLanguage = Pick<Document, 'text' | 'language'>;

interface SharedNGrams {
  readonly shared: number;
  readonly total: number;
}

/** A text's n-grams, and how many are in the table; null for a text of fewer than n words. */
function countSharedNGrams({ text, language }: TextInLanguage, table: HashTable, n: number): SharedNGrams | null {
  const words = comparableWords(text, language);
  if (words.length < n) return null;
  const halves = new Uint32Array(2);
  let shared = 0;
  let total = 0;
  forEachWordNGram(words, n, (gram) => {
    hashTextInto(gram, halves);
    total++;
    if (table.get(halves[0]!, halves[1]!) >= 0) shared++;
  });
  return { shared, total };
}

function sharedNGrams(document: Document, table: HashTable, n: number): number | null {
  const counts = countSharedNGrams(document, table, n);
  return counts === null ? null : counts.shared / counts.total;
}

/** Compares held-out documents with training documents. */
export function contaminationReport(
  heldOut: readonly Document[],
  train: Iterable<Document>,
  options: ContaminationOptions = {},
): ContaminationReport {
  const n = options.n ?? DEFAULT_N;
  const table = nGramTable(train, n);
  const found = heldOut.flatMap((document) => {
    const share = sharedNGrams(document, table, n);
    return share === null ? [] : [{ id: document.id, language: document.language, share }];
  });
  return {
    n,
    numDocuments: heldOut.length,
    numCompared: found.length,
    numContaminated: found.filter(({ share }) => share > 0).length,
    meanSharedNGrams: found.length === 0 ? 0 : found.reduce((sum, { share }) => sum + share, 0) / found.length,
    worst: found
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share || (a.id < b.id ? -1 : 1))
      .slice(0, MAX_WORST),
  };
}

/** How much of one task's texts stands in training text. */
export interface TaskContamination {
  readonly task: string;
  readonly numTexts: number;
  /** Texts with n words or more. */
  readonly numCompared: number;
  /** Texts that share at least one n-gram with training text. */
  readonly numTextsHit: number;
  readonly numNGrams: number;
  /** N-grams found in training text, each place counted. */
  readonly numNGramsHit: number;
}

/**
 * Compares the texts of evaluation tasks with training documents, for an evaluation's report.
 *
 * @param textsByTask questions, passages or references, by the name of the task
 * @returns a row a task, in the order of the map
 */
export function contaminationByTask(
  textsByTask: ReadonlyMap<string, readonly TextInLanguage[]>,
  train: Iterable<Document>,
  options: ContaminationOptions = {},
): readonly TaskContamination[] {
  const n = options.n ?? DEFAULT_N;
  const table = nGramTable(train, n);
  return [...textsByTask].map(([task, texts]) => {
    const counts = texts.flatMap((text) => countSharedNGrams(text, table, n) ?? []);
    return {
      task,
      numTexts: texts.length,
      numCompared: counts.length,
      numTextsHit: counts.filter(({ shared }) => shared > 0).length,
      numNGrams: counts.reduce((sum, { total }) => sum + total, 0),
      numNGramsHit: counts.reduce((sum, { shared }) => sum + shared, 0),
    };
  });
}

/** How much a document may share. */
export interface DecontaminationOptions extends ContaminationOptions {
  /** Documents above this share of n-grams found in held-out text are dropped; 0: at the first one. */
  readonly maxSharedNGrams?: number;
}

/** A filter that drops training documents which share n-grams with held-out ones, with the reason `contaminated`. */
export function decontamination(heldOut: Iterable<Document>, options: DecontaminationOptions = {}): DocumentFilter {
  const n = options.n ?? DEFAULT_N;
  const limit = options.maxSharedNGrams ?? 0;
  const table = nGramTable(heldOut, n);
  return {
    name: 'decontamination',
    check: (document) => ((sharedNGrams(document, table, n) ?? 0) > limit ? drop('contaminated') : KEEP),
  };
}
