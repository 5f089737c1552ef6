/**
 * Streams documents through filters in order; the first filter that drops a document gives the reason.
 *
 * Source: the pipeline of datatrove: documents in, documents out, lazily, every drop counted.
 */
import type { Document, DocumentSource } from '../document.ts';
import type { Funnel } from './create-funnel.ts';
import type { DocumentFilter } from './document-filter.ts';

/** Who counts documents, and who is told of dropped ones. */
export interface ApplyFiltersOptions {
  /** Counts each document once as read, then as kept or dropped; what filters changed in it is counted beside. */
  readonly funnel?: Funnel;
  /** Told of each dropped document, to write it away. */
  readonly onDrop?: (document: Document, reason: string, filter: string) => void;
}

/**
 * @returns the documents that every filter keeps, in their order, with the texts that filters gave them
 * @throws Error naming filter and document when a filter throws
 */
export async function* applyFilters(
  documents: DocumentSource,
  filters: readonly DocumentFilter[],
  options: ApplyFiltersOptions = {},
): AsyncGenerator<Document> {
  const { funnel, onDrop } = options;
  for await (const read of documents) {
    let document = read;
    funnel?.read(document.language);
    let isKept = true;
    for (const filter of filters) {
      let verdict: ReturnType<DocumentFilter['check']>;
      try {
        verdict = filter.check(document);
      } catch (error) {
        throw new Error(
          `[@marco-ts/data] applyFilters: filter ${filter.name} must answer keep or drop, got an exception at document ${document.id}. See the cause.`,
          { cause: error },
        );
      }
      if (verdict.keep) {
        if (verdict.text !== undefined) document = { ...document, text: verdict.text };
        for (const [edit, count] of Object.entries(verdict.edits ?? {})) funnel?.edited(document.language, edit, count);
        continue;
      }
      funnel?.dropped(document.language, verdict.reason);
      onDrop?.(document, verdict.reason, filter.name);
      isKept = false;
      break;
    }
    if (!isKept) continue;
    funnel?.kept(document.language);
    yield document;
  }
}
