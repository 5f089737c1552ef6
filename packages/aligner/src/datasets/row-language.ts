/**
 * The language of a row: its own field where that is a code like `swh_Latn`, else what a function or the whole set says.
 */
import { type DatasetRow, refuseRow } from './dataset-row.ts';

const CODE = /^[a-z]{3}_[A-Z][a-z]{3}$/;

/** A code for all rows, or a function of an answer's text and the row's own `language` or `lang` field. */
export type RowLanguage = string | ((answer: string, stated: string | undefined) => string);

/** @throws RowError for a language that is no such code */
export function languageOfRow({ fields }: DatasetRow, answer: string, language: RowLanguage): string {
  const stated = fields.language ?? fields.lang;
  const own = typeof stated === 'string' ? stated : undefined;
  if (own !== undefined && CODE.test(own)) return own;
  const code = typeof language === 'string' ? language : language(answer, own);
  return CODE.test(code)
    ? code
    : refuseRow('a language must be ISO 639-3 and script, such as swh_Latn', 'language', code);
}
