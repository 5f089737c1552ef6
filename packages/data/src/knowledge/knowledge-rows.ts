/**
 * Rows of question, instruction, maths and code sets as documents that read like text: for `readDocuments({ documentOfRow })`.
 *
 * Source: field names of Stanford Alpaca (`instruction`, `input`, `output`; Self-Instruct has the last two in `instances`), GSM8K (`question`, `answer` with `<<2*3=6>>` and `#### 6`),
 * SQuAD (`context`, `question`, `answers.text`) and The Stack (`content`, `max_stars_repo_licenses` or `license`, `path`).
 */
import { type DocumentOfRow, isObject, type RowResult } from '../readers/document-from-row.ts';

/** Kinds of sets by the fields that their rows have. */
export type KnowledgeKind = 'instruction' | 'maths' | 'reading' | 'code';

/** What kind of rows they are, and which licences code may have. */
export interface KnowledgeRowsOptions {
  readonly kind: KnowledgeKind;
  /** SPDX identifiers that code may have, in any case; `PERMISSIVE_LICENCES` without it. Code without a licence is left out. */
  readonly licences?: readonly string[];
}

/** Licences that ask for no more than attribution. */
export const PERMISSIVE_LICENCES: readonly string[] = [
  'MIT',
  'MIT-0',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'Unlicense',
  'CC0-1.0',
  'Zlib',
  'BSL-1.0',
];

type Row = Readonly<Record<string, unknown>>;
type Texts = { readonly text: string; readonly licence?: string } | Exclude<RowResult, { document: unknown }>;

const stringOf = (row: Row, ...keys: readonly string[]): string => {
  for (const key of keys) if (typeof row[key] === 'string') return row[key].trim();
  return '';
};
const missing = (row: Row, wanted: string): Texts => ({
  reason: 'malformed',
  detail: `no string fields ${wanted}, got fields ${Object.keys(row).slice(0, 8).join(', ')}`,
});
const paragraphs = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('\n\n');

function instructionText(row: Row): Texts {
  const instruction = stringOf(row, 'instruction', 'prompt', 'question');
  const first = Array.isArray(row.instances) && isObject(row.instances[0]) ? row.instances[0] : row;
  const output = stringOf(first, 'output', 'response', 'answer');
  if (instruction === '' || output === '') return missing(row, '"instruction" and "output"');
  return { text: paragraphs(instruction, stringOf(first, 'input'), output) };
}

function mathsText(row: Row): Texts {
  const question = stringOf(row, 'question', 'problem');
  const answer = stringOf(row, 'answer', 'solution');
  if (question === '' || answer === '') return missing(row, '"question" and "answer"');
  // The calculator's marks are no text; the last line says the result in a form made for scoring.
  const steps = answer.replace(/<<[^<>]*>>/g, '').replace(/\n?####\s*(.+)\s*$/, '\n$1');
  return { text: paragraphs(question, steps) };
}

function readingText(row: Row): Texts {
  const context = stringOf(row, 'context', 'passage');
  const question = stringOf(row, 'question');
  const answers = isObject(row.answers) ? row.answers.text : row.answers;
  const answer = Array.isArray(answers) ? (answers[0] ?? '') : (answers ?? row.answer);
  if (context === '' || question === '' || typeof answer !== 'string')
    return missing(row, '"context", "question" and "answers.text"');
  if (answer.trim() === '') return { reason: 'empty', detail: 'a question without an answer' };
  return { text: paragraphs(context, question, answer.trim()) };
}

function codeText(row: Row, licences: ReadonlySet<string>): Texts {
  const text = typeof row.content === 'string' ? row.content : typeof row.code === 'string' ? row.code : '';
  if (text.trim() === '') return missing(row, '"content"');
  const named = row.license ?? row.licence ?? row.licenses ?? row.max_stars_repo_licenses;
  const found = (Array.isArray(named) ? named : [named]).filter((entry): entry is string => typeof entry === 'string');
  // A file under several licences is used only where all of them allow it.
  if (found.length > 0 && found.every((licence) => licences.has(licence.toLowerCase())))
    return { text, licence: found.join(' AND ') };
  return { reason: 'licence', detail: found.length === 0 ? 'no licence is named' : `licence ${found.join(', ')}` };
}

/** @returns what makes a document of a row; its metadata name the kind, and for code the licence, the path and the programming language */
export function knowledgeRows({ kind, licences = PERMISSIVE_LICENCES }: KnowledgeRowsOptions): DocumentOfRow {
  const allowed = new Set(licences.map((licence) => licence.toLowerCase()));
  return (row, fallbackId, options) => {
    if (!isObject(row)) return { reason: 'malformed', detail: `no object, got ${typeof row}` };
    const found =
      kind === 'instruction'
        ? instructionText(row)
        : kind === 'maths'
          ? mathsText(row)
          : kind === 'reading'
            ? readingText(row)
            : codeText(row, allowed);
    if ('reason' in found) return found;
    const metadata: Record<string, string> = { knowledge: kind };
    if (found.licence !== undefined) metadata.licence = found.licence;
    const path = stringOf(row, 'path', 'max_stars_repo_path');
    if (kind === 'code' && path !== '') metadata.path = path;
    const programmingLanguage = stringOf(row, 'lang', 'programming_language');
    if (kind === 'code' && programmingLanguage !== '') metadata.programming_language = programmingLanguage;
    const id = stringOf(row, options.idKey);
    return { document: { id: id === '' ? fallbackId : id, text: found.text, language: options.language, metadata } };
  };
}
