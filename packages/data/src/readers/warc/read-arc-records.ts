/**
 * Records of an ARC file, the format before WARC, as WARC records: after a line that is no header, reading goes on at the next one that is.
 *
 * Source: Burner and Kahle 1996, Arc File Format, version 1 record headers: address, IP address, date, media type and length on one line.
 * Differs: an address may hold spaces, as crawlers wrote them. Units: lengths in decompressed bytes.
 */
import type { ByteParts } from '../bytes/byte-part.ts';
import { createPartWindow, type PartWindow } from '../bytes/part-window.ts';
import { type ReadWarcRecordsOptions, skipBlankLines, type WarcRecord } from './read-warc-records.ts';

const MAX_LINE_BYTES = 1 << 16;
const LINE_FEED = 10;
const HEADER = /^([a-z][a-z0-9+.-]*:.*) \S+ (\d{12,18}) (\S+) (\d{1,15})\r?$/i;

/** The next line without its end, taken; of a longer one the first `MAX_LINE_BYTES`. */
async function takeLine(window: PartWindow): Promise<string> {
  for (let wanted = 1; wanted <= MAX_LINE_BYTES && (await window.fill(wanted)); wanted = window.bytes.length + 1)
    if (window.bytes.includes(LINE_FEED)) break;
  const end = window.bytes.indexOf(LINE_FEED);
  const length = end < 0 ? Math.min(window.bytes.length, MAX_LINE_BYTES) : end;
  const line = window.bytes.toString('utf8', 0, length);
  await window.skip(end < 0 ? length : length + 1);
  return line;
}

/** `20140301000000` as WARC writes it. */
const warcDate = (date: string): string =>
  date.replace(
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?.*$/,
    (_, y, m, d, hour, min, s = '00') => `${y}-${m}-${d}T${hour}:${min}:${s}Z`,
  );

/** @param parts contents of the file @returns responses: what stands under an http address */
export async function* readArcRecords(
  parts: ByteParts,
  { location, maxRecordBytes, report }: Omit<ReadWarcRecordsOptions, 'accept'>,
): AsyncGenerator<WarcRecord> {
  const window = createPartWindow(parts);
  let isLost = false;
  try {
    for (;;) {
      if (!(await skipBlankLines(window))) {
        if (window.damage === undefined) return;
        const { offset, bytes: _none, ...damage } = window.damage;
        report({ location, byteOffset: offset, ...damage });
        window.passDamage();
        isLost = true;
        continue;
      }
      const { offset: byteOffset, compressedOffset } = window;
      const at = { byteOffset, ...(compressedOffset === undefined ? {} : { compressedOffset }) };
      const line = await takeLine(window);
      const [, url, date, mediaType, length] = HEADER.exec(line) ?? [];
      if (url === undefined || date === undefined) {
        const detail = `an ARC header must end in a date, a media type and a length, got ${JSON.stringify(line.slice(0, 80))}`;
        if (!isLost) report({ location, ...at, reason: 'malformed', detail });
        isLost = true;
        continue;
      }
      isLost = false;
      const contentBytes = Number(length);
      const isWanted = /^https?:/i.test(url) && contentBytes > 0;
      if (isWanted && contentBytes > maxRecordBytes) {
        const detail = `a record of ${contentBytes} bytes, at most ${maxRecordBytes} are read`;
        report({ location, ...at, reason: 'too_long', detail });
      }
      const content = isWanted && contentBytes <= maxRecordBytes ? await window.take(contentBytes) : undefined;
      if (content !== undefined) {
        const fields = {
          'warc-type': 'response',
          'warc-target-uri': url,
          'warc-date': warcDate(date),
          'content-type': mediaType!,
        };
        yield { fields: new Map(Object.entries(fields)), content, ...at };
      } else if ((isWanted && contentBytes <= maxRecordBytes) || !(await window.skip(contentBytes))) {
        if (window.damage !== undefined) continue;
        const detail = `the file ends within a record of ${contentBytes} bytes`;
        report({ location, ...at, reason: 'unreadable', detail });
        return;
      }
    }
  } finally {
    await window.close();
  }
}
