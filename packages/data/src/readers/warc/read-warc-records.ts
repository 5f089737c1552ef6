/**
 * Records of a WARC file with their places; a damaged record is reported and reading goes on at the next header.
 *
 * Source: ISO 28500:2017 (WARC/1.1). Units: lengths in decompressed bytes.
 */
import type { ByteParts } from '../bytes/byte-part.ts';
import { createPartWindow, type PartWindow } from '../bytes/part-window.ts';
import type { FaultReason, ReportFault } from '../read-fault.ts';
import { type HeaderFields, parseHeaderFields } from './header-fields.ts';

export interface WarcRecord {
  /** By lower-case name. */
  readonly fields: HeaderFields;
  readonly content: Buffer;
  readonly byteOffset: number;
  readonly compressedOffset?: number;
}

export interface ReadWarcRecordsOptions {
  readonly location: string;
  readonly maxRecordBytes: number;
  readonly report: ReportFault;
  /** Records of other kinds are passed over without being held. */
  readonly accept: (fields: HeaderFields) => boolean;
}

const MAX_HEADER_BYTES = 1 << 16;
const VERSION = Buffer.from('WARC/');
const VERSION_LINE = /^WARC\/\d\.\d+\r?\n/;

/** @returns false where the file ends or is damaged before anything else */
export async function skipBlankLines(window: PartWindow): Promise<boolean> {
  while (await window.fill(1)) {
    const end = window.bytes.findIndex((byte) => byte !== 10 && byte !== 13);
    if (end >= 0) return window.skip(end);
    await window.skip(window.bytes.length);
  }
  return false;
}

/** @returns the bytes of the header with the blank line after it, or undefined where there is none */
async function headerEnd(window: PartWindow): Promise<number | undefined> {
  for (let wanted = VERSION.length; wanted <= MAX_HEADER_BYTES; wanted = window.bytes.length + 1) {
    const isThere = await window.fill(wanted);
    const end = window.bytes.indexOf('\r\n\r\n');
    if (end >= 0) return end + 4;
    const bareEnd = window.bytes.indexOf('\n\n');
    if (bareEnd >= 0) return bareEnd + 2;
    if (!isThere) return undefined;
  }
  return undefined;
}

/** @param parts contents of the file */
export async function* readWarcRecords(parts: ByteParts, options: ReadWarcRecordsOptions): AsyncGenerator<WarcRecord> {
  const { location, maxRecordBytes, report, accept } = options;
  const window = createPartWindow(parts);
  const place = () => ({
    byteOffset: window.offset,
    ...(window.compressedOffset === undefined ? {} : { compressedOffset: window.compressedOffset }),
  });
  const fault = (at: ReturnType<typeof place>, reason: FaultReason, detail: string): void =>
    report({ location, ...at, reason, detail });
  /** Reports what stands behind the window and passes it; true where there may be more records. */
  const passDamage = (): boolean => {
    if (window.damage === undefined) return false;
    const { offset, bytes: _none, ...damage } = window.damage;
    report({ location, byteOffset: offset, ...damage });
    window.passDamage();
    return true;
  };

  try {
    for (;;) {
      if (!(await skipBlankLines(window))) {
        if (passDamage()) continue;
        return;
      }
      const at = place();
      const end =
        (await window.fill(VERSION.length)) && window.bytes.indexOf(VERSION) === 0
          ? await headerEnd(window)
          : undefined;
      if (end === undefined) {
        const isDamaged = window.damage !== undefined;
        if (!isDamaged) fault(at, 'malformed', 'no WARC header');
        // At least one byte goes, so that a header that does not end is passed too.
        await window.skip(Math.min(1, window.bytes.length));
        if (!(await window.seek(VERSION)) && !passDamage()) return;
        continue;
      }
      const header = (await window.take(end))!.toString('utf8');
      const fields = parseHeaderFields(header.replace(VERSION_LINE, ''));
      const length = fields.get('content-length') ?? '';
      if (!VERSION_LINE.test(header) || !/^\d{1,15}$/.test(length)) {
        const got = VERSION_LINE.test(header)
          ? `Content-Length ${JSON.stringify(length)}`
          : JSON.stringify(header.slice(0, 40));
        fault(at, 'malformed', `a WARC header must give its version and a length, got ${got}`);
        if (!(await window.seek(VERSION)) && !passDamage()) return;
        continue;
      }
      const contentBytes = Number(length);
      const isTooLong = contentBytes > maxRecordBytes;
      const isWanted = accept(fields);
      const content = isWanted && !isTooLong ? await window.take(contentBytes) : undefined;
      const isWhole = content !== undefined || (!(isWanted && !isTooLong) && (await window.skip(contentBytes)));
      if (!isWhole) {
        if (window.damage === undefined) {
          fault(at, 'unreadable', `the file ends within a record of ${contentBytes} bytes`);
          return;
        }
        passDamage();
      } else if (content !== undefined) yield { fields, content, ...at };
      else if (isWanted) fault(at, 'too_long', `a record of ${contentBytes} bytes, at most ${maxRecordBytes} are read`);
    }
  } finally {
    await window.close();
  }
}
