/**
 * Where text comes from: an input of a plan, or what a step learns from.
 */
import { z } from 'zod';

/** A language as everything here writes it. */
export const languageSchema = z
  .string()
  .regex(/^[a-z]{3}_[A-Z][a-z]{3}$/, 'must be ISO 639-3 plus script, like "swh_Latn"');

/** An input of a plan: files of documents, or of translation pairs. */
export const inputSchema = z.strictObject({
  /** file, folder (read to any depth), glob pattern, or http(s) or s3 address */
  path: z.string().min(1),
  /** where names do not say it or say it wrongly */
  format: z
    .enum(['warc', 'wet', 'arc', 'html', 'text', 'jsonl', 'json', 'parquet', 'moses', 'tsv', 'tmx', 'translation'])
    .optional(),
  compression: z.enum(['none', 'gzip', 'zstd']).optional(),
  /** language of documents that do not say it */
  language: languageSchema.optional(),
  textKey: z.string().optional(),
  idKey: z.string().optional(),
  languageKey: z.string().optional(),
  textUnit: z.enum(['file', 'line']).optional(),
  maxDocumentBytes: z.int().positive().optional(),
  /** a metadata field for all its documents */
  source: z.string().optional(),
  /** rows are questions, maths problems or code, and become documents that read like text */
  knowledge: z.enum(['instruction', 'maths', 'reading', 'code']).optional(),
  /** both: the input holds translation pairs */
  sourceLanguage: languageSchema.optional(),
  targetLanguage: languageSchema.optional(),
  /** what files call the languages: suffixes of Moses files, `en` in TMX and `translation`; the code without its script where absent */
  sourceTag: z.string().min(1).optional(),
  targetTag: z.string().min(1).optional(),
  /** columns of TSV files from 0 */
  sourceColumn: z.int().nonnegative().optional(),
  targetColumn: z.int().nonnegative().optional(),
  /** the target side of one Moses pair whose source side is `path`, whatever their names */
  targetPath: z.string().min(1).optional(),
});
