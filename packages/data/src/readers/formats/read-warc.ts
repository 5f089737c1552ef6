/**
 * Documents from WARC, WET and ARC files: HTML and plain text of responses and resources, and the text of conversions.
 *
 * Source: Common Crawl's WARC (`response` records, HTTP within) and WET (`conversion` records). Responses with a status other than 200 to 299,
 * other media types, requests, revisits and metadata give no document.
 */
import type { Document, MetadataValue } from '../../document.ts';
import type { ByteParts } from '../bytes/byte-part.ts';
import { decodeHtml } from '../html/decode-html.ts';
import { htmlDocument } from '../html/html-document.ts';
import type { HeaderFields } from '../warc/header-fields.ts';
import { parseHttpResponse } from '../warc/parse-http-response.ts';
import { readArcRecords } from '../warc/read-arc-records.ts';
import { readWarcRecords, type WarcRecord } from '../warc/read-warc-records.ts';
import type { ReadContext } from './read-context.ts';

const WANTED_TYPES = new Set(['response', 'resource', 'conversion']);
const HTML_TYPE = /^(?:text\/html|application\/xhtml\+xml)\b/i;
/** Logs and arguments that crawlers store as resources of their own. */
const ABOUT_THE_CRAWL = /^(?:metadata|urn|dns|filedesc):/i;
const TEXT_TYPE = /^text\/plain\b/i;

const isHttp = (fields: HeaderFields): boolean => /^https?:/i.test(targetOf(fields));
/** Some writers put the address between angle brackets. */
const targetOf = (fields: HeaderFields): string => (fields.get('warc-target-uri') ?? '').replace(/^<(.*)>$/, '$1');

interface Page {
  readonly body: Buffer;
  readonly contentType: string;
}

type PageOrFault =
  | Page
  | { readonly reason: 'malformed' | 'unreadable' | 'compression_bomb' | string; readonly detail: string }
  | undefined;

function pageOf({ fields, content }: WarcRecord, maxBytes: number): PageOrFault {
  if (ABOUT_THE_CRAWL.test(targetOf(fields))) return undefined;
  if (fields.get('warc-type') !== 'response') return { body: content, contentType: fields.get('content-type') ?? '' };
  if (!isHttp(fields)) return undefined;
  const response = parseHttpResponse(content, maxBytes);
  if ('reason' in response) return response;
  if (response.status < 200 || response.status > 299 || response.body.length === 0) return undefined;
  return { body: response.body, contentType: response.fields.get('content-type') ?? '' };
}

function metadataOf({ fields, byteOffset, compressedOffset }: WarcRecord, path: string): Record<string, MetadataValue> {
  const metadata: Record<string, MetadataValue> = {
    url: targetOf(fields),
    path,
    offset: compressedOffset ?? byteOffset,
  };
  const date = fields.get('warc-date');
  if (date !== undefined) metadata.date = date;
  const identified = fields.get('warc-identified-content-language');
  if (identified !== undefined) metadata.identified_languages = identified;
  return metadata;
}

/** @returns documents in the order of records; ids are the records' own, without `<urn:uuid:` around them */
export async function* readWarc(parts: ByteParts, context: ReadContext): AsyncGenerator<Document> {
  const { file, report, maxDocumentBytes, language } = context;
  const { location } = file;
  const accept = (fields: HeaderFields): boolean =>
    WANTED_TYPES.has((fields.get('warc-type') ?? '').toLowerCase()) && fields.get('content-length') !== '0';
  const options = { location, maxRecordBytes: maxDocumentBytes, report, accept };
  for await (const record of (file.format === 'arc' ? readArcRecords : readWarcRecords)(parts, options)) {
    context.signal?.throwIfAborted();
    const { fields, content: _content, ...at } = record;
    const page = pageOf(record, maxDocumentBytes);
    if (page === undefined) continue;
    if ('reason' in page) {
      report({ location, ...at, ...(page as { reason: 'malformed'; detail: string }) });
      continue;
    }
    const id = (fields.get('warc-record-id') ?? `${file.name}:${record.byteOffset}`).replace(
      /^<(?:urn:uuid:)?(.*)>$/,
      '$1',
    );
    const metadata = metadataOf(record, file.name);
    if (HTML_TYPE.test(page.contentType)) {
      const result = htmlDocument(page.body, { id, language, metadata, contentType: page.contentType });
      if ('document' in result) yield result.document;
      else report({ location, ...at, ...result });
    } else if (TEXT_TYPE.test(page.contentType)) {
      const { text } = decodeHtml(page.body, page.contentType);
      if (text.trim() !== '') yield { id, text, language, metadata };
      else report({ location, ...at, reason: 'empty', detail: `${page.body.length} bytes without text` });
    }
  }
}
