/**
 * The one record that flows through curation: a text, its language and where it came from.
 *
 * Source: the document of datatrove (`Document { text, id, metadata }`), with the language made a field of its own.
 */

/** A value that metadata may hold: flat and printable, so that every document survives a round trip through JSON. */
export type MetadataValue = string | number | boolean;

/** A text with its language and origin; never changed, only replaced. */
export interface Document {
  /** Unique within a run; says where the text came from, for example `udhr/deu_1996/article-3`. */
  readonly id: string;
  readonly text: string;
  /** ISO 639-3 code and ISO 15924 script, for example `swh_Latn`; `und_Zyyy` while unknown. */
  readonly language: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
}

/** Documents from memory or from a stream: every step takes either. */
export type DocumentSource = Iterable<Document> | AsyncIterable<Document>;
