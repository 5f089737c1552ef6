/**
 * Translation pairs from files with one pair a line: columns between tabs, or JSON with a `translation` field.
 *
 * Source: the TSV files of OPUS and LAFAND; Hugging Face's `Translation` feature, `{"translation": {"en": "...", "de": "..."}}`.
 */
import type { ParallelPair } from '../../parallel/align-paragraphs.ts';
import type { ByteParts } from '../bytes/byte-part.ts';
import { readTextLines } from '../bytes/read-text-lines.ts';
import { isObject } from '../document-from-row.ts';
import { isSameTag } from './language-tag.ts';
import { type PairContext, pairOf } from './pair-context.ts';

type Sides = { readonly source: string; readonly target: string } | { readonly detail: string };

function sidesOfTsv(line: string, { sourceColumn, targetColumn }: PairContext): Sides {
  const columns = line.split('\t');
  const source = columns[sourceColumn];
  const target = columns[targetColumn];
  if (source !== undefined && target !== undefined) return { source, target };
  return { detail: `${columns.length} columns, columns ${sourceColumn + 1} and ${targetColumn + 1} are wanted` };
}

function sidesOfJson(line: string, { sourceTag, targetTag }: PairContext): Sides {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (error) {
    return { detail: (error as Error).message };
  }
  const translation = isObject(row) ? row.translation : undefined;
  if (!isObject(translation)) return { detail: 'no object field "translation"' };
  const textOf = (tag: string): unknown =>
    translation[Object.keys(translation).find((key) => isSameTag(key, tag)) ?? tag];
  const source = textOf(sourceTag);
  const target = textOf(targetTag);
  if (typeof source === 'string' && typeof target === 'string') return { source, target };
  return { detail: `no texts "${sourceTag}" and "${targetTag}", got ${Object.keys(translation).join(', ')}` };
}

/** @returns pairs in the order of lines; empty lines give nothing */
export async function* readPairLines(parts: ByteParts, context: PairContext): AsyncGenerator<ParallelPair> {
  const { file, report } = context;
  const sidesOf = file.format === 'tsv' ? sidesOfTsv : sidesOfJson;
  const { maxTextBytes: maxLineBytes, signal } = context;
  for await (const { text, number, at } of readTextLines(parts, {
    location: file.location,
    maxLineBytes,
    report,
    signal,
  })) {
    const sides = sidesOf(text, context);
    if ('detail' in sides) {
      report({ ...at, reason: 'malformed', detail: sides.detail });
      continue;
    }
    const pair = pairOf(context, number, sides.source, sides.target, at);
    if (pair !== undefined) yield pair;
  }
}
