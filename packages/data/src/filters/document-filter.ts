/**
 * What a filter answers: keep, perhaps with a repaired text, or drop with a reason; both can be counted.
 *
 * Source: the filters of datatrove, which answer True or (False, reason) and change a document's text in place.
 */
import type { Document } from '../document.ts';

/** The document goes on, perhaps with another text. */
export interface Keep {
  readonly keep: true;
  /** The text to go on with, where a filter takes parts away or repairs them; the document's own when absent. */
  readonly text?: string;
  /** What was changed and how often, in fixed snake_case words such as `line_javascript` or `masked_email`. */
  readonly edits?: Readonly<Record<string, number>>;
}

/** The document is dropped, for a reason. */
export interface Drop {
  readonly keep: false;
  /** A fixed snake_case word, so that reasons can be counted. */
  readonly reason: string;
}

/** What a filter answers, told apart by `keep`. */
export type Verdict = Keep | Drop;

/** A rule on single documents; its name stands in funnels. */
export interface DocumentFilter {
  readonly name: string;
  /** Judges one document, which it does not change. */
  check(document: Document): Verdict;
}

/** The answer to a document that goes on as it is. */
export const KEEP: Keep = { keep: true };

/** Keeps the document with a text that may differ; without edits it is plain `KEEP`. */
export function keepEdited(text: string, edits: Readonly<Record<string, number>>): Keep {
  return Object.keys(edits).length === 0 ? KEEP : { keep: true, text, edits };
}

/**
 * The answer to a document that is dropped.
 *
 * @param reason a fixed snake_case word
 */
export function drop(reason: string): Drop {
  return { keep: false, reason };
}
