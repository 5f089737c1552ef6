/**
 * What a recipe is: every choice of a run in one plain object, checked once.
 *
 * Units are in the names (`numTokens`, `sizeBytes`, `...Share` and `...Ratio` in [0, 1]). Languages are ISO 639-3 plus script
 * (`swh_Latn`). Model fields are Hugging Face's in camelCase. Learning rates are peaks after warm-up.
 */
import { z } from 'zod';
import { dataSection } from './schema/data-section.ts';
import { evalSection } from './schema/eval-section.ts';
import { count, name } from './schema/fields.ts';
import { modelSection } from './schema/model-section.ts';
import { pretrainSection } from './schema/pretrain-section.ts';
import { preferenceSection, sftSection } from './schema/tuning-sections.ts';

/** Backends that a recipe may prefer. */
export const BACKEND_NAMES = ['node-gpu', 'webgpu', 'node', 'wasm', 'cpu'] as const;

/** The zod schema of a whole recipe; `marco config schema` prints it as JSON Schema. */
export const recipeSchema = z.strictObject({
  /** names the run directory `runs/<name>` */
  name,
  seed: z.int().nonnegative(),
  /** where runs are written; the command's `--output` wins */
  outputDirectory: z.string().min(1).optional(),
  backend: z.strictObject({
    /** tried in this order; the first that works is used */
    prefer: z.array(z.enum(BACKEND_NAMES)).min(1),
    /** threads of the wasm backend; without it, one per core */
    numThreads: count.optional(),
    /** matrix products of the webgpu backend; without it, f32 */
    products: z.enum(['f32', 'f16', 'subgroup-matrix']).optional(),
  }),
  data: dataSection,
  /** trained when the model is random; an existing model brings its own */
  tokenizer: z.strictObject({
    vocabSize: z.int().min(300),
    /** a pair seen less often than this is not merged */
    minFrequency: count,
  }),
  model: modelSection,
  pretrain: pretrainSection,
  /** leave out to skip */
  sft: sftSection.optional(),
  /** leave out to skip */
  preference: preferenceSection.optional(),
  eval: evalSection,
  export: z.strictObject({
    dtype: z.enum(['F32', 'F16', 'BF16']),
    maxShardSizeBytes: count,
  }),
});

/** A checked recipe. */
export type Recipe = z.output<typeof recipeSchema>;
