/**
 * A document from a row of JSONL or Parquet: its text, id and language by name, every other field as metadata.
 *
 * Source: FineWeb2 (`text`, `id`, `language` with `language_script`) and datatrove's JSONL (`text`, `id`, `metadata`).
 */
import type { Document, MetadataValue } from '../document.ts';

/** What the fields of rows are called. */
export interface RowOptions {
  /** Language of rows that do not say it. */
  readonly language: string;
  readonly textKey: string;
  readonly idKey: string;
  /** Field with the language; without it `language`, then `lang`. */
  readonly languageKey?: string;
}

/** A document, or why there is none. */
export type RowResult =
  | { readonly document: Document }
  | { readonly reason: 'malformed' | 'empty' | 'licence'; readonly detail: string };

/**
 * Makes a document of a row, or says why it makes none.
 *
 * @param fallbackId id where the row has none
 */
export type DocumentOfRow = (row: unknown, fallbackId: string, options: RowOptions) => RowResult;

const LANGUAGE = /^[a-z]{3}_[A-Z][a-z]{3}$/;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

function metadataValue(value: unknown): MetadataValue | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  return JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? 'null';
}

function innerMetadata(value: unknown): Record<string, unknown> {
  if (isObject(value)) return value;
  if (typeof value !== 'string' || !value.startsWith('{')) return {};
  try {
    const parsed: unknown = JSON.parse(value);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/** The language a row says it is in, as it says it; undefined when it does not say. */
function languageOf(row: Record<string, unknown>, languageKey: string | undefined): string | undefined {
  const language = languageKey === undefined ? (row.language ?? row.lang) : row[languageKey];
  if (language === undefined || language === null || language === '') return undefined;
  return typeof row.language_script === 'string' && !String(language).includes('_')
    ? `${language}_${row.language_script}`
    : String(language);
}

/**
 * @param row any value; only an object with a string `textKey` becomes a document
 * @param fallbackId id where the row has none
 */
export function documentFromRow(row: unknown, fallbackId: string, options: RowOptions): RowResult {
  const { textKey, idKey, languageKey } = options;
  if (!isObject(row) || typeof row[textKey] !== 'string') {
    const found = isObject(row) ? `fields ${Object.keys(row).slice(0, 8).join(', ')}` : typeof row;
    return { reason: 'malformed', detail: `no string field ${JSON.stringify(textKey)}, got ${found}` };
  }
  const text = row[textKey];
  if (text.trim() === '') return { reason: 'empty', detail: `field ${JSON.stringify(textKey)} has no text` };
  const language = languageOf(row, languageKey) ?? options.language;
  if (!LANGUAGE.test(language)) {
    const detail = `language must be ISO 639-3 plus script, like "swh_Latn", got ${JSON.stringify(language)}`;
    return { reason: 'malformed', detail };
  }
  const own = row[idKey];
  const id = typeof own === 'string' && own !== '' ? own : typeof own === 'number' ? String(own) : fallbackId;
  const named = new Set([
    textKey,
    idKey,
    'metadata',
    'language_script',
    ...(languageKey ? [languageKey] : ['language', 'lang']),
  ]);
  const metadata: Record<string, MetadataValue> = {};
  for (const [key, value] of [
    ...Object.entries(innerMetadata(row.metadata)),
    ...Object.entries(row).filter(([key]) => !named.has(key)),
  ]) {
    const flat = metadataValue(value);
    if (flat !== undefined) metadata[key] = flat;
  }
  return { document: { id, text, language, metadata } };
}
