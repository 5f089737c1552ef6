/**
 * Translation pairs as documents, so that every stage of a run takes them: two lines of text, and a language such as `eng_Latn-swh_Latn`.
 *
 * Source: Hugging Face's `translation` field for what is written: `{ id, translation: { eng_Latn, swh_Latn }, metadata }`.
 * Differs: white space inside a side becomes single spaces, because a line end parts the sides.
 */
import type { Document } from '../../document.ts';
import type { ParallelPair } from '../../parallel/align-paragraphs.ts';
import { type DocumentOfRow, documentFromRow, isObject } from '../document-from-row.ts';

const CODE = '[a-z]{3}_[A-Z][a-z]{3}';
const PAIR_LANGUAGE = new RegExp(`^(${CODE})-(${CODE})$`);

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** For example `eng_Latn-swh_Latn`: the language of a pair in the funnel and in paths. */
export const pairLanguage = (sourceLanguage: string, targetLanguage: string): string =>
  `${sourceLanguage}-${targetLanguage}`;

export function documentOfPair({ id, source, target, sourceLanguage, targetLanguage }: ParallelPair): Document {
  const text = `${oneLine(source)}\n${oneLine(target)}`;
  return { id, text, language: pairLanguage(sourceLanguage, targetLanguage), metadata: {} };
}

/** @returns undefined for a document that is no pair, or that has lost a side */
export function pairOfDocument({ id, text, language }: Document): ParallelPair | undefined {
  const [, sourceLanguage, targetLanguage] = PAIR_LANGUAGE.exec(language) ?? [];
  const [source, target, ...more] = text.split('\n');
  if (sourceLanguage === undefined || targetLanguage === undefined || !source || !target || more.length > 0)
    return undefined;
  const article = Number(/:(\d+)$/.exec(id)?.[1] ?? 0);
  return { id, sourceLanguage, targetLanguage, source, target, article, paragraph: 0 };
}

/** @returns the row of a pair with its `translation` field; undefined for other documents */
export function rowOfPair(document: Document): Record<string, unknown> | undefined {
  const pair = pairOfDocument(document);
  if (pair === undefined) return undefined;
  const { id, metadata } = document;
  return { id, translation: { [pair.sourceLanguage]: pair.source, [pair.targetLanguage]: pair.target }, metadata };
}

/** A document from a row that a stage wrote, be it a pair or not. */
export const documentOfStageRow: DocumentOfRow = (row, fallbackId, options) => {
  if (!isObject(row)) return documentFromRow(row, fallbackId, options);
  const { translation, ...rest } = row;
  const sides = isObject(translation) ? translation : undefined;
  const language = sides === undefined ? row.language : Object.keys(sides).join('-');
  if (typeof language !== 'string' || !PAIR_LANGUAGE.test(language)) return documentFromRow(row, fallbackId, options);
  const text = sides === undefined ? row.text : Object.values(sides).join('\n');
  const read = documentFromRow({ ...rest, text, language: 'und_Zyyy' }, fallbackId, options);
  return 'document' in read ? { document: { ...read.document, language } } : read;
};
