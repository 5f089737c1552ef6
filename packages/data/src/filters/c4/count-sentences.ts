/**
 * How many sentences a line has, by the marks that end them in any script.
 *
 * Source: Unicode's Sentence_Terminal property. Differs from the trained Punkt model of the C4 code: abbreviations (`e.g.`) count as ends, and
 * no model is needed for languages that have none.
 */

/** Says how many sentences a text has; a text with a letter has at least one. */
export type SentenceCounter = (text: string, language: string) => number;

/** A run of sentence ends with closing marks, before white space, or anywhere for the full-width marks that no space follows. */
const ENDS = /[\p{Sentence_Terminal}]+["'”’»)\]]*(?=\s+\S)|[。！？｡]+["'”’」』）]*(?=\S)/gu;

/** Sentences of a line: the marks between its parts, and one; 0 for white space. */
export const countSentences: SentenceCounter = (text) => (text.trim() === '' ? 0 : (text.match(ENDS)?.length ?? 0) + 1);
