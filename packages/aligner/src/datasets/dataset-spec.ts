/**
 * How the rows of a set are written: template, names of columns and of roles, as LLaMA-Factory's `dataset_info.json` says it.
 *
 * Source: https://github.com/hiyouga/LLaMA-Factory, data/README.md (formats `alpaca`, `sharegpt`, `openai`; `ranking`; `kto_tag`).
 * Differs: `prompt-completion` is a format too; columns of images, video and audio are refused.
 */
import { z } from 'zod';

/** The shapes of rows that are read, by LLaMA-Factory's and TRL's names. */
export const ROW_TEMPLATES = ['alpaca', 'sharegpt', 'openai', 'prompt-completion'] as const;

/** One of `ROW_TEMPLATES`. */
export type RowTemplate = (typeof ROW_TEMPLATES)[number];

const columnNames = [
  'prompt',
  'query',
  'response',
  'history',
  'system',
  'tools',
  'messages',
  'chosen',
  'rejected',
  'kto_tag',
] as const;
export type ColumnName = (typeof columnNames)[number];

const tagNames = [
  'role_tag',
  'content_tag',
  'user_tag',
  'assistant_tag',
  'observation_tag',
  'function_tag',
  'system_tag',
] as const;
export type TagName = (typeof tagNames)[number];

/** How a set's rows are written, as far as it is not found from the rows themselves. */
export interface DatasetSpec {
  readonly template?: RowTemplate;
  /** What a field is called in the rows, where it is not called as usual. */
  readonly columns?: Readonly<Partial<Record<ColumnName, string>>>;
  /** What roles and the fields of a message are called, where it is not as usual. */
  readonly tags?: Readonly<Partial<Record<TagName, string>>>;
}

/** One entry of `dataset_info.json`. */
export interface DatasetEntry {
  readonly fileName: string;
  /** Whether rows hold a better and a worse answer. */
  readonly isRanking: boolean;
  /** Take only so many rows, from the start. */
  readonly numSamples?: number;
  readonly spec: DatasetSpec;
}

const textKeys = <Name extends string>(names: readonly Name[]) =>
  z.strictObject(
    Object.fromEntries(names.map((name) => [name, z.string().min(1).optional()])) as Record<
      Name,
      z.ZodOptional<z.ZodString>
    >,
  );

const entrySchema = z.object({
  file_name: z.string().min(1).optional(),
  formatting: z.enum(['alpaca', 'sharegpt', 'openai']).default('alpaca'),
  ranking: z.boolean().default(false),
  num_samples: z.int().positive().nullish(),
  columns: textKeys(columnNames).default({}),
  tags: textKeys(tagNames).default({}),
});

/**
 * @param info contents of `dataset_info.json`
 * @param name of the set
 * @param where path of the file, for errors
 * @throws Error naming the set and the field: unknown sets (with the names there are), sets on a hub, unknown formats, columns and tags
 */
export function datasetEntry(info: unknown, name: string, where: string): DatasetEntry {
  const refuse = (rule: string, got: string, field: string, next: string): never => {
    throw new Error(`[@marco-ts/aligner] datasetEntry: ${rule}, got ${got} at ${where}: ${name}${field}. ${next}`);
  };
  const entries = typeof info === 'object' && info !== null ? (info as Readonly<Record<string, unknown>>) : {};
  if (!Object.hasOwn(entries, name)) {
    refuse(
      'the file must describe the set',
      `only ${Object.keys(entries).slice(0, 8).join(', ')}`,
      '',
      'Add the set or correct its name.',
    );
  }
  const parsed = entrySchema.safeParse(entries[name]);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse(
      'every field must be as the format says',
      issue!.message,
      `.${issue!.path.join('.')}`,
      'Correct the file.',
    );
  }
  const { file_name, formatting, ranking, num_samples, columns, tags } = parsed.data;
  if (file_name === undefined) return refuse('a set must have file_name', 'none', '', 'Download it and name the file.');
  return {
    fileName: file_name,
    isRanking: ranking,
    ...(num_samples == null ? {} : { numSamples: num_samples }),
    spec: { template: formatting, columns: withoutUndefined(columns), tags: withoutUndefined(tags) },
  };
}

function withoutUndefined<Key extends string>(
  values: Partial<Record<Key, string | undefined>>,
): Partial<Record<Key, string>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<
    Record<Key, string>
  >;
}
