/**
 * The kinds of single values that recipes are made of.
 */
import { z } from 'zod';

/** of a run, a stage, a source: it becomes part of paths */
export const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, ".", "_" or "-"');
/** a language in a script, as a recipe writes it */
export const languageSchema = z
  .string()
  .regex(/^[a-z]{3}_[A-Z][a-z]{3}$/, 'must be ISO 639-3 plus script, like "swh_Latn"');
export const count = z.int().positive();
export const countOrNone = z.int().nonnegative();
export const ratio = z.number().min(0).max(1);
export const positive = z.number().positive();
export const learningRate = z.number().positive().max(1);
