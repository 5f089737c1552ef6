/**
 * Drops documents whose text was seen before, keeping the first.
 *
 * Texts are compared by a 64-bit hash: among 10^8 different documents one false match is expected in about 4,000 runs.
 */
import type { Document, DocumentSource } from '../document.ts';
import type { Funnel } from '../filters/create-funnel.ts';
import { hashTextInto } from '../random/hash-text.ts';
import { createHashTable } from './hash-table.ts';

/** What is compared, and who is told of copies. */
export interface ExactDedupOptions {
  /** What is compared; the text without white space at its ends when absent. */
  readonly keyOf?: (document: Document) => string;
  readonly funnel?: Funnel;
  /** Told of each copy and of the document that stayed in its place. */
  readonly onDrop?: (document: Document, keptId: string) => void;
}

/** The reason in the funnel. */
export const EXACT_DUPLICATE = 'exact_duplicate';

/** @returns the first document of each text, in their order */
export async function* exactDedup(
  documents: DocumentSource,
  options: ExactDedupOptions = {},
): AsyncGenerator<Document> {
  const { keyOf = ({ text }: Document) => text.trim(), funnel, onDrop } = options;
  const table = createHashTable();
  const keptIds: string[] = [];
  const halves = new Uint32Array(2);
  for await (const document of documents) {
    funnel?.read(document.language);
    hashTextInto(keyOf(document), halves);
    const kept = table.getOrSet(halves[0]!, halves[1]!, keptIds.length);
    if (kept >= 0) {
      funnel?.dropped(document.language, EXACT_DUPLICATE);
      onDrop?.(document, keptIds[kept]!);
      continue;
    }
    keptIds.push(document.id);
    funnel?.kept(document.language);
    yield document;
  }
}
