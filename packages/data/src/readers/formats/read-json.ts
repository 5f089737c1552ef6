/**
 * Documents from a `.json` file: one array of objects, objects one after another (JSON lines are that too), or SQuAD's nested articles.
 *
 * What is held is one object. After bytes that are no JSON between objects nothing more of the file is read, because where the next object begins
 * cannot be told; an object that is too long is passed over. Ids: the rows' own, or `name:number` from 1.
 */
import type { Document } from '../../document.ts';
import type { ByteParts } from '../bytes/byte-part.ts';
import { decodeStrictly } from '../bytes/decode-strictly.ts';
import { type JsonValue, splitJson } from '../bytes/split-json.ts';
import type { ReadContext } from './read-context.ts';
import { squadRows } from './squad-rows.ts';

/** @returns documents in the order of the file */
export async function* readJson(parts: ByteParts, context: ReadContext): AsyncGenerator<Document> {
  const { file, report, signal } = context;
  let number = 0;
  for await (const value of splitJson(parts, { location: file.location, maxBytes: context.maxDocumentBytes, report })) {
    signal?.throwIfAborted();
    const at = { location: file.location, ...value.at };
    const parsed = parse(value);
    if ('detail' in parsed) {
      report({ ...at, ...parsed });
      continue;
    }
    for (const row of squadRows(parsed.row)) {
      const result = context.documentOfRow(row, `${file.name}:${++number}`, context);
      if ('document' in result) yield result.document;
      else report({ ...at, ...result });
    }
  }
}

type Parsed = { readonly row: unknown } | { readonly reason: 'invalid_utf8' | 'malformed'; readonly detail: string };

function parse({ bytes, at }: JsonValue): Parsed {
  const decoded = decodeStrictly(bytes);
  if ('invalidAt' in decoded)
    return { reason: 'invalid_utf8', detail: `no UTF-8 from byte ${at.byteOffset + decoded.invalidAt} on` };
  try {
    return { row: JSON.parse(decoded.text) };
  } catch (error) {
    return { reason: 'malformed', detail: (error as Error).message };
  }
}
