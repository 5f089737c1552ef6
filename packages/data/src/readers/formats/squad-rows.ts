/**
 * SQuAD's nested files as rows of one question each; any other value is one row itself.
 *
 * Source: SQuAD 1.1 and 2.0 (Rajpurkar et al. 2016, 2018): `{ data: [{ title, paragraphs: [{ context, qas: [{ id, question, answers }] }] }] }`, as
 * Hugging Face's `squad` flattens it.
 */
import { isObject } from '../document-from-row.ts';

const objectsOf = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** @param value a whole file, or one article of it */
export function squadRows(value: unknown): readonly unknown[] {
  if (!isObject(value)) return [value];
  const articles = Array.isArray(value.data) ? objectsOf(value.data) : [value];
  if (articles.length === 0 || !articles.every(({ paragraphs }) => Array.isArray(paragraphs))) return [value];
  return articles.flatMap(({ title, paragraphs }) =>
    objectsOf(paragraphs).flatMap(({ context, qas }) =>
      objectsOf(qas).map(({ id, question, answers }) => ({
        id,
        title,
        context,
        question,
        answers: { text: objectsOf(answers).map(({ text }) => text) },
      })),
    ),
  );
}
