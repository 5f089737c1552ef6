/**
 * A step that looks at one document at a time: it hands on the document, perhaps changed, or drops it with a reason.
 */
import type { Document } from '../document.ts';
import type { DocumentFilter, Drop } from '../filters/document-filter.ts';

export interface StepResult {
  readonly keep: true;
  readonly document: Document;
  /** What was changed and how often. */
  readonly edits?: Readonly<Record<string, number>>;
}

export interface DocumentStep {
  readonly name: string;
  /** A promise only where it must wait: most steps answer at once. */
  apply(document: Document): StepResult | Drop | Promise<StepResult | Drop>;
}

/** A filter as a step. */
export function stepOfFilter(filter: DocumentFilter): DocumentStep {
  return {
    name: filter.name,
    apply: (document) => {
      const verdict = filter.check(document);
      if (!verdict.keep) return verdict;
      const { text, edits } = verdict;
      const result = text === undefined ? document : { ...document, text };
      return edits === undefined ? { keep: true, document: result } : { keep: true, document: result, edits };
    },
  };
}
