/**
 * The body of an HTTP response as a crawler stored it, with transfer and content encoding undone.
 *
 * Source: RFC 9112 (chunked), RFC 9110 (content codings). Differs: crawlers often store bodies that are decoded already under headers that say
 * otherwise; what does not look encoded is taken as it is.
 */
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { FaultReason } from '../read-fault.ts';
import { type HeaderFields, parseHeaderFields } from './header-fields.ts';

export interface HttpResponse {
  readonly status: number;
  readonly fields: HeaderFields;
  readonly body: Buffer;
}

export type HttpFault = { readonly reason: FaultReason; readonly detail: string };

const CHUNK_SIZE_LINE = /^([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n/i;

/** @returns the body without its chunk sizes; as it is where it does not begin with one; what came before a wrong size where one is wrong */
function withoutChunks(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = CHUNK_SIZE_LINE.exec(body.toString('latin1', at, at + 256));
    if (line === null) break;
    const size = Number.parseInt(line[1]!, 16);
    at += line[0].length;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(body.subarray(at, at + size));
    at += size;
    if (body[at] === 13) at++;
    if (body[at] === 10) at++;
  }
  if (chunks.length === 0) return body;
  // A body that merely looks chunked at first: its "size" reached past the end, or what follows is no size.
  return at >= body.length ? Buffer.concat(chunks) : body;
}

function decodeContent(coding: string, body: Buffer, maxOutputLength: number): Buffer {
  const options = { maxOutputLength };
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body, options) : body;
    case 'deflate':
      return (body[0]! & 15) === 8 && (body[0]! * 256 + body[1]!) % 31 === 0
        ? inflateSync(body, options)
        : inflateRawSync(body, options);
    case 'br':
      return brotliDecompressSync(body, options);
    case 'zstd':
      return body.readUInt32LE(0) === 0xfd2fb528 ? zstdDecompressSync(body, options) : body;
    default:
      return body;
  }
}

/** Text starts with a character a person reads; brotli and raw deflate have no mark to be known by. */
const looksLikeText = (body: Buffer): boolean => /^[\s\ufeff]*[<{\p{L}]/u.test(body.toString('utf8', 0, 64));

/**
 * @param content of a WARC `response` record
 * @param maxBodyBytes what the body may decode to
 */
export function parseHttpResponse(content: Buffer, maxBodyBytes: number): HttpResponse | HttpFault {
  const end = /\r?\n\r?\n/.exec(content.toString('latin1', 0, 1 << 16));
  const head = end === null ? undefined : content.toString('latin1', 0, end.index);
  const status = /^HTTP\/\d(?:\.\d)? (\d{3})/.exec(head ?? '');
  if (end === null || head === undefined || status === null) {
    return { reason: 'malformed', detail: `no HTTP header, got ${JSON.stringify(content.toString('latin1', 0, 40))}` };
  }
  const fields = parseHeaderFields(head);
  let body = content.subarray(end.index + end[0].length);
  if (/chunked/i.test(fields.get('transfer-encoding') ?? '')) body = withoutChunks(body);
  const codings = (fields.get('content-encoding') ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .reverse();
  for (const coding of codings.filter((name) => name !== '' && name !== 'identity')) {
    try {
      if (body.length > 0) body = decodeContent(coding, body, maxBodyBytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
        return {
          reason: 'compression_bomb',
          detail: `${body.length} bytes of ${coding} hold more than ${maxBodyBytes}`,
        };
      }
      if (!looksLikeText(body)) return { reason: 'unreadable', detail: `${coding}: ${(error as Error).message}` };
    }
  }
  return { status: Number(status[1]), fields, body };
}
