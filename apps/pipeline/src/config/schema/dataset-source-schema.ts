/**
 * How a recipe or command names a set of instructions or preferences in another tool's format.
 */
import { z } from 'zod';

export const datasetSourceSchema = z.strictObject({
  /** a `.jsonl` or `.json` file; relative to the working directory of the command */
  path: z.string().min(1),
  /** a `dataset_info.json` and the set's name in it, which says the file, its columns and roles; `path` is not read then */
  datasetInfo: z.strictObject({ path: z.string().min(1), name: z.string().min(1) }).optional(),
  /** of rows that do not say theirs, like "swh_Latn" */
  language: z.string().min(1).optional(),
  /** rows that cannot be used stop the stage, or are left out and counted */
  badRows: z.enum(['refuse', 'drop']),
  /** rows to take, from the start */
  limit: z.int().positive().optional(),
});

export type DatasetSource = z.output<typeof datasetSourceSchema>;
