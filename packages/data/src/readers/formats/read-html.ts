/**
 * The document of an HTML file: one page, whatever its charset.
 */
import type { Document } from '../../document.ts';
import type { ByteParts } from '../bytes/byte-part.ts';
import { readWhole } from '../bytes/read-whole.ts';
import { htmlDocument } from '../html/html-document.ts';
import type { ReadContext } from './read-context.ts';

/** @returns one document, or none where the page is reported */
export async function* readHtml(parts: ByteParts, context: ReadContext): AsyncGenerator<Document> {
  const { file, report, language } = context;
  const bytes = await readWhole(parts, { location: file.location, maxBytes: context.maxDocumentBytes, report });
  if (bytes === undefined) return;
  const result = htmlDocument(bytes, { id: file.name, language, metadata: { path: file.name } });
  if ('document' in result) yield result.document;
  else report({ location: file.location, byteOffset: 0, ...result });
}
