/**
 * Documents from JSON lines, one object per line; empty lines count as lines and give nothing.
 */
import type { Document } from '../../document.ts';
import type { ByteParts } from '../bytes/byte-part.ts';
import { readTextLines } from '../bytes/read-text-lines.ts';
import type { ReadContext } from './read-context.ts';

/** @returns documents in the order of lines; ids are the rows' own or `name:line` */
export async function* readJsonl(parts: ByteParts, context: ReadContext): AsyncGenerator<Document> {
  const { file, report } = context;
  const { maxDocumentBytes: maxLineBytes, signal } = context;
  for await (const { text, number, at } of readTextLines(parts, {
    location: file.location,
    maxLineBytes,
    report,
    signal,
  })) {
    let row: unknown;
    try {
      row = JSON.parse(text);
    } catch (error) {
      report({ ...at, reason: 'malformed', detail: (error as Error).message });
      continue;
    }
    const result = context.documentOfRow(row, `${file.name}:${number}`, context);
    if ('document' in result) yield result.document;
    else report({ ...at, ...result });
  }
}
