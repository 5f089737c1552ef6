/**
 * The cascade that every document goes through, whatever it was read from: normalised documents in, cleaned and split documents out.
 *
 * Order, after Marco-LLM (arXiv:2412.04003, section 2) with FineWeb2's numbers where the paper gives none: language identification by models
 * that have not seen the document's group, heuristic filters, exact and near-duplicates, split by group, decontamination.
 * Law: in the funnel, kept + dropped = read.
 */
import { exactDedup } from '../dedup/exact-dedup.ts';
import { expectFitsInMemory, minhashDedup } from '../dedup/minhash-dedup.ts';
import type { MinhashConfig } from '../dedup/minhash-signature.ts';
import type { Document } from '../document.ts';
import { applyFilters } from '../filters/apply-filters.ts';
import { type CharacterSharesThresholds, characterShares } from '../filters/character-shares.ts';
import { createFunnel, type Funnel } from '../filters/create-funnel.ts';
import { type DocumentFilter, drop, KEEP } from '../filters/document-filter.ts';
import { fineWebQuality } from '../filters/fineweb-quality.ts';
import { gopherQuality } from '../filters/gopher-quality.ts';
import { gopherRepetition } from '../filters/gopher-repetition.ts';
import { languageMatch } from '../filters/language-match.ts';
import { rememberWords } from '../filters/split-words.ts';
import { type LanguageThresholds, thresholdsFor } from '../filters/thresholds/language-thresholds.ts';
import { identifyCrossFit } from '../identify/identify-cross-fit.ts';
import type { Identification } from '../identify/language-identifier.ts';
import { areWrittenAlike } from '../languages/written-alike.ts';
import { type ContaminationReport, contaminationReport, decontamination } from '../split/contamination.ts';
import { type SplitName, splitByGroup } from '../split/split-by-group.ts';

/** How documents belong together, what is kept of them, and what is held out. */
export interface CurateDocumentsOptions {
  /** Documents of one group are identified by models that have not seen it, and are held out together. */
  readonly groupOf: (document: Document) => string;
  readonly seed: number | string;
  /** Others are dropped as `language_not_wanted`, though they still teach the identifier what the wanted ones are not; all when absent. */
  readonly languages?: ReadonlySet<string>;
  /** Thresholds of a language; FineWeb2's when absent. */
  readonly thresholds?: (language: string) => LanguageThresholds;
  readonly characterThresholds?: CharacterSharesThresholds;
  readonly minhash?: Partial<MinhashConfig>;
  /** More documents than this are refused; two million when absent. */
  readonly maxDocuments?: number;
  /** Shares of the groups that are held out; 0.1 each when absent. */
  readonly validationShare?: number;
  readonly testShare?: number;
  /** Groups that are never held out. */
  readonly alwaysTrain?: (group: string) => boolean;
  /** Told of each dropped document, to write it away. */
  readonly onDrop?: (document: Document, reason: string, detail: string) => void;
  /** Told when a step begins. */
  readonly onProgress?: (step: 'identify' | 'filter' | 'deduplicate' | 'split') => void;
  readonly signal?: AbortSignal;
}

/** Clean documents in three splits, with the counts of how they came about. */
export interface CuratedDocuments {
  readonly train: readonly Document[];
  readonly validation: readonly Document[];
  readonly test: readonly Document[];
  /** Split of a group; undefined when nothing of it was kept. */
  readonly splitOf: (group: string) => SplitName | undefined;
  readonly funnel: Funnel;
  /** Accuracy of language identification on groups the model had not seen, before anything was dropped. */
  readonly identification: { readonly numDocuments: number; readonly numLanguages: number; readonly accuracy: number };
  readonly contamination: ContaminationReport;
}

const MAX_FOLDS = 5;

const isKnownLanguage = ({ language }: Document): boolean =>
  !language.startsWith('und_') && !language.startsWith('mis_');

/** Texts of one language that are too few to train an identifier on stay as they say they are. */
function identifyAll(
  documents: readonly Document[],
  options: CurateDocumentsOptions,
): { identifications: ReadonlyMap<string, Identification>; accuracy: CuratedDocuments['identification'] } {
  const numGroups = new Set(documents.map(options.groupOf)).size;
  const found = identifyCrossFit(documents, {
    groupOf: options.groupOf,
    folds: Math.min(MAX_FOLDS, numGroups),
    seed: options.seed,
    isTrained: isKnownLanguage,
  });
  const identifications = new Map(documents.map(({ id }, index) => [id, found[index]!]));
  const known = documents.filter(isKnownLanguage);
  const numRight = known.filter(({ id, language }) => identifications.get(id)!.language === language).length;
  return {
    identifications,
    accuracy: {
      numDocuments: known.length,
      numLanguages: new Set(known.map(({ language }) => language)).size,
      accuracy: known.length === 0 ? 0 : numRight / known.length,
    },
  };
}

function heuristicFilters(
  identifications: ReadonlyMap<string, Identification>,
  { languages, thresholds = thresholdsFor, characterThresholds }: CurateDocumentsOptions,
): DocumentFilter[] {
  const split = rememberWords();
  const wanted: DocumentFilter = {
    name: 'wanted_languages',
    check: ({ language }) => (languages!.has(language) ? KEEP : drop('language_not_wanted')),
  };
  return [
    ...(languages === undefined ? [] : [wanted]),
    characterShares(characterThresholds === undefined ? {} : { thresholds: characterThresholds }),
    languageMatch({
      identify: ({ id }) => identifications.get(id)!,
      minConfidence: (language) => thresholds(language).languageScore,
      accepts: areWrittenAlike,
    }),
    gopherQuality({ thresholds: (language) => thresholds(language).gopherQuality, splitWords: split }),
    gopherRepetition({ thresholds: (language) => thresholds(language).gopherRepetition, splitWords: split }),
    fineWebQuality({ thresholds: (language) => thresholds(language).fineWebQuality, splitWords: split }),
  ];
}

/** Lets signal handlers and progress bars run between two long computations. @throws the signal's reason when it is raised */
async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

async function collect(documents: AsyncIterable<Document>): Promise<Document[]> {
  const all: Document[] = [];
  for await (const document of documents) all.push(document);
  return all;
}

/**
 * @param documents with ids that differ; their order decides which of two duplicates is kept, the first
 * @throws Error for no documents, fewer than two groups, shares that hold out nothing or everything, or more documents than `maxDocuments`
 */
export async function curateDocuments(
  documents: readonly Document[],
  options: CurateDocumentsOptions,
): Promise<CuratedDocuments> {
  const { groupOf, seed, signal, validationShare = 0.1, testShare = 0.1, alwaysTrain, minhash } = options;
  expectFitsInMemory('curateDocuments', documents.length, options.maxDocuments);
  const progress = options.onProgress ?? (() => undefined);
  const ids = new Set(documents.map(({ id }) => id));
  if (documents.length === 0 || ids.size !== documents.length) {
    throw new Error(
      `[@marco-ts/data] curateDocuments: there must be documents with ids that differ, got ${documents.length} documents and ${ids.size} ids. Read the source again.`,
    );
  }
  const funnel = createFunnel();
  for (const { language } of documents) funnel.read(language);
  const onDrop = (document: Document, reason: string, detail: string): void => {
    funnel.dropped(document.language, reason);
    options.onDrop?.(document, reason, detail);
  };

  progress('identify');
  await pause(signal);
  const { identifications, accuracy } = identifyAll(documents, options);
  await pause(signal);

  progress('filter');
  const filtered = await collect(applyFilters(documents, heuristicFilters(identifications, options), { onDrop }));
  await pause(signal);

  progress('deduplicate');
  const duplicate =
    (reason: string) =>
    (document: Document, keptId: string): void =>
      onDrop(document, reason, keptId);
  const exact = exactDedup(filtered, { onDrop: duplicate('exact_duplicate') });
  const { kept: unique } = await minhashDedup(exact, {
    ...(minhash === undefined ? {} : { config: minhash }),
    onDrop: duplicate('near_duplicate'),
  });
  await pause(signal);

  progress('split');
  const split = splitByGroup(unique, {
    groupOf,
    validationShare,
    testShare,
    seed,
    ...(alwaysTrain === undefined ? {} : { alwaysTrain }),
  });
  const heldOut = [...split.validation, ...split.test];
  const train = await collect(applyFilters(split.train, [decontamination(heldOut)], { onDrop }));
  for (const { language } of [...train, ...heldOut]) funnel.kept(language);

  return {
    train,
    validation: split.validation,
    test: split.test,
    splitOf: (group) => split.groups.get(group),
    funnel,
    identification: accuracy,
    contamination: contaminationReport(heldOut, train),
  };
}
