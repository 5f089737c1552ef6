/**
 * Documents from plain text: the whole file is one, or each of its lines.
 */
import type { Document } from '../../document.ts';
import type { ByteParts } from '../bytes/byte-part.ts';
import { decodeStrictly } from '../bytes/decode-strictly.ts';
import { readLines } from '../bytes/read-lines.ts';
import { readWhole } from '../bytes/read-whole.ts';
import type { ReadContext } from './read-context.ts';

/** @returns one document per file, or per line that is not empty when `textUnit` is `line` */
export async function* readText(parts: ByteParts, context: ReadContext): AsyncGenerator<Document> {
  const { file, report, language } = context;
  const { location, name } = file;
  if (context.textUnit === 'line') {
    for await (const line of readLines(parts, { location, maxLineBytes: context.maxDocumentBytes, report })) {
      context.signal?.throwIfAborted();
      const { bytes, number, ...offsets } = line;
      const decoded = decodeStrictly(bytes);
      if ('invalidAt' in decoded) {
        const byteOffset = line.byteOffset + decoded.invalidAt;
        const detail = `no UTF-8 from byte ${byteOffset} on`;
        report({ location, line: number, ...offsets, byteOffset, reason: 'invalid_utf8', detail });
      } else if (decoded.text.trim() !== '') {
        yield { id: `${name}:${number}`, text: decoded.text, language, metadata: { path: name } };
      }
    }
    return;
  }
  const bytes = await readWhole(parts, { location, maxBytes: context.maxDocumentBytes, report });
  if (bytes === undefined) return;
  const decoded = decodeStrictly(bytes);
  if ('invalidAt' in decoded) {
    const byteOffset = decoded.invalidAt;
    report({ location, byteOffset, reason: 'invalid_utf8', detail: `no UTF-8 from byte ${byteOffset} on` });
  } else if (decoded.text.trim() === '') {
    report({ location, byteOffset: 0, reason: 'empty', detail: `${bytes.length} bytes without text` });
  } else {
    yield { id: name, text: decoded.text, language, metadata: { path: name } };
  }
}
