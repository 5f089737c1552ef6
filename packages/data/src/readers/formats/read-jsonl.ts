/**
 * Documents from JSON lines, one object per line; empty lines count as lines and give nothing.
 */
import type { Document } from '../../document.ts';
import type { ByteParts } from '../bytes/byte-part.ts';
import { decodeStrictly } from '../bytes/decode-strictly.ts';
import { readLines } from '../bytes/read-lines.ts';
import type { ReadContext } from './read-context.ts';

/** @returns documents in the order of lines; ids are the rows' own or `name:line` */
export async function* readJsonl(parts: ByteParts, context: ReadContext): AsyncGenerator<Document> {
  const { file, report } = context;
  const { location } = file;
  for await (const line of readLines(parts, { location, maxLineBytes: context.maxDocumentBytes, report })) {
    context.signal?.throwIfAborted();
    const { bytes, number, ...offsets } = line;
    const at = { location, line: number, ...offsets };
    const decoded = decodeStrictly(bytes);
    if ('invalidAt' in decoded) {
      const byteOffset = at.byteOffset + decoded.invalidAt;
      report({ ...at, byteOffset, reason: 'invalid_utf8', detail: `no UTF-8 from byte ${byteOffset} on` });
      continue;
    }
    if (decoded.text.trim() === '') continue;
    let row: unknown;
    try {
      row = JSON.parse(decoded.text);
    } catch (error) {
      report({ ...at, reason: 'malformed', detail: (error as Error).message });
      continue;
    }
    const result = context.documentOfRow(row, `${file.name}:${number}`, context);
    if ('document' in result) yield result.document;
    else report({ ...at, ...result });
  }
}
