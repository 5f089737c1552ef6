/**
 * Which files of a data set hold a split of a configuration.
 *
 * Source: the Hub's rules for data files: what the card's `configs` say; else names, where the configuration and the split stand as words.
 */
import { parse } from 'yaml';

const ROW_FILES = /\.(parquet|jsonl?|ndjson|csv|tsv|txt|dev|devtest|test)(\.gz|\.zst)?$/;
const SAME_SPLIT: readonly (readonly string[])[] = [
  ['train', 'training'],
  ['validation', 'valid', 'val', 'dev'],
  ['test', 'testing', 'eval', 'evaluation'],
];
const SPLIT_WORDS = new Set([...SAME_SPLIT.flat(), 'devtest']);

export interface FindSplitFilesOptions {
  /** all files of the set */
  readonly files: readonly string[];
  /** text of the card, README.md */
  readonly card?: string | undefined;
  readonly config?: string | undefined;
  readonly split: string;
  /** whether files that name no split are meant: a set with one split often does not name it */
  readonly acceptUnnamed: boolean;
}

/** @returns the files in order of their names; empty where there are none */
export function findSplitFiles({ files, card, config, split, acceptUnnamed }: FindSplitFilesOptions): string[] {
  const declared = card === undefined ? [] : declaredPatterns(card, config, split);
  if (declared.length > 0) {
    const patterns = declared.map(globExpression);
    const matches = files.filter((file) => patterns.some((pattern) => pattern.test(file)));
    if (matches.length > 0) return matches.sort();
  }
  const rows = files.filter((file) => ROW_FILES.test(file));
  const own = config === undefined ? rows : rowsOfConfig(rows, config);
  const named = own.filter((file) => wordsOf(file).includes(split));
  if (named.length > 0) return named.sort();
  const others = SAME_SPLIT.find((names) => names.includes(split)) ?? [];
  const renamed = own.filter((file) => wordsOf(file).some((word) => others.includes(word)));
  if (renamed.length > 0) return renamed.sort();
  return acceptUnnamed ? own.filter((file) => !wordsOf(file).some((word) => SPLIT_WORDS.has(word))).sort() : [];
}

/**
 * Files of a configuration: where a part of the path is its name, such as 'law' in 'val/law_val.csv'; else where its words stand in the path; else,
 * of a name with dots such as 'xquad.de', those of its last part.
 */
function rowsOfConfig(files: readonly string[], config: string): string[] {
  const words = plainWords(config);
  const isPart = (file: string): boolean =>
    withoutExtension(file)
      .split('/')
      .some((part) => {
        const own = plainWords(part).split('-');
        return [own, own.filter((word) => !SPLIT_WORDS.has(word))].some((variant) => variant.join('-') === words);
      });
  const exact = files.filter(isPart);
  if (exact.length > 0) return exact;
  const whole = files.filter((file) => hasWords(file, config));
  const last = config.split('.').at(-1)!;
  return whole.length > 0 ? whole : files.filter((file) => hasWords(file, last));
}

/** The configurations that a set seems to have, for an error: first words of names that are no split. */
export function seemingConfigs(files: readonly string[]): string[] {
  const names = files
    .filter((file) => ROW_FILES.test(file))
    .map((file) => file.split('/').map((part) => part.replace(/\..*$/, '')))
    .flatMap((parts) =>
      parts.filter((part) => part !== 'data' && !part.split(/[-_]/).some((word) => SPLIT_WORDS.has(word))),
    );
  return [...new Set(names)].sort();
}

function wordsOf(file: string): string[] {
  return file.toLowerCase().split(/[^a-z0-9]+/);
}

/** Whether the words of a name stand in the path one after the other. */
function hasWords(file: string, name: string): boolean {
  return `-${plainWords(withoutExtension(file))}-`.includes(`-${plainWords(name)}-`);
}

function plainWords(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '');
}

function withoutExtension(file: string): string {
  return file.replace(/\.[a-z]+(\.gz|\.zst)?$/, '');
}

interface CardConfig {
  readonly config_name?: string;
  readonly data_files?: unknown;
}

function declaredPatterns(card: string, config: string | undefined, split: string): string[] {
  const header = /^---\n([\s\S]*?)\n---/.exec(card)?.[1];
  if (header === undefined) return [];
  const { configs } = (parse(header) ?? {}) as { configs?: readonly CardConfig[] };
  const own =
    configs?.find(({ config_name: name }) => name === (config ?? 'default')) ??
    (configs?.length === 1 && config === undefined ? configs[0] : undefined);
  const files = own?.data_files;
  if (typeof files === 'string') return split === 'train' ? [files] : [];
  if (!Array.isArray(files)) return [];
  return files.flatMap((entry: string | { split?: string; path?: string | string[] }) =>
    typeof entry === 'object' && entry.split === split ? (entry.path ?? []) : [],
  );
}

function globExpression(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*\*\/?|\*|\?/g, (star) => (star === '?' ? '[^/]' : star === '*' ? '[^/]*' : '.*'));
  return new RegExp(`^${source}$`);
}
