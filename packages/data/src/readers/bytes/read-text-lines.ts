/**
 * Lines as text, each with its place; a line that is no UTF-8 is reported, an empty one is passed over and counted.
 */
import type { ReportFault } from '../read-fault.ts';
import type { ByteParts } from './byte-part.ts';
import { decodeStrictly } from './decode-strictly.ts';
import { readLines } from './read-lines.ts';

export interface TextLineOptions {
  readonly location: string;
  readonly maxLineBytes: number;
  readonly report: ReportFault;
  readonly signal?: AbortSignal | undefined;
}

/** @throws the signal's reason when aborted */
export async function* readTextLines(parts: ByteParts, { location, maxLineBytes, report, signal }: TextLineOptions) {
  for await (const line of readLines(parts, { location, maxLineBytes, report })) {
    signal?.throwIfAborted();
    const { bytes, number, ...offsets } = line;
    const at = { location, line: number, ...offsets };
    const decoded = decodeStrictly(bytes);
    if ('invalidAt' in decoded) {
      const byteOffset = at.byteOffset + decoded.invalidAt;
      report({ ...at, byteOffset, reason: 'invalid_utf8', detail: `no UTF-8 from byte ${byteOffset} on` });
      continue;
    }
    if (decoded.text.trim() !== '') yield { text: decoded.text, number, at };
  }
}
