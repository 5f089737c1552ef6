/**
 * Streams documents through filters in order; the first filter that drops a document gives the reason.
 *
 * Source: the pipeline of datatrove: documents in, documents out, lazily, every drop counted.
 */
import type { Document, DocumentSource } from '../document.ts';
import type { Funnel } from './create-funnel.ts';
import type { DocumentFilter } from './document-filter.ts';

export interface ApplyFiltersOptions {
  /** Counts each document once as read, then as kept or dropped. */
  readonly funnel?: Funnel;
  /** Told of each dropped document, to write it away. */
  readonly onDrop?: (document: Document, reason: string, filter: string) => void;
}

/**
 * @returns the documents that every filter keeps, in their order
 * @throws Error naming filter and document when a filter throws
 */
export async function* applyFilters(
  documents: DocumentSource,
  filters: readonly DocumentFilter[],
  options: ApplyFiltersOptions = {},
): AsyncGenerator<Document> {
  const { funnel, onDrop } = options;
  for await (const document of documents) {
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
      if (verdict.keep) continue;
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
