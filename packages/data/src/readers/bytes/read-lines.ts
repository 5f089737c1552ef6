/**
 * Lines of a byte stream with their offsets; what is held is one line, and of a line longer than allowed nothing.
 */
import type { ReportFault } from '../read-fault.ts';
import type { ByteParts } from './byte-part.ts';

export interface Line {
  /** Without the line feed (and a carriage return before it). */
  readonly bytes: Uint8Array;
  /** From 1. */
  readonly number: number;
  readonly byteOffset: number;
  readonly compressedOffset?: number;
}

export interface ReadLinesOptions {
  readonly location: string;
  readonly maxLineBytes: number;
  readonly report: ReportFault;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * @returns every line, empty ones too; lines that are too long or cut off by damage are reported and left out. After damage the rest of the
 *   broken line is skipped, and line numbers count what can be read.
 */
export async function* readLines(parts: ByteParts, options: ReadLinesOptions): AsyncGenerator<Line> {
  const { location, maxLineBytes, report } = options;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let lineOffset = 0;
  let lineCompressedOffset: number | undefined;
  let number = 1;
  let isSkipping = false;

  const at = () => ({
    byteOffset: lineOffset,
    ...(lineCompressedOffset === undefined ? {} : { compressedOffset: lineCompressedOffset }),
  });
  const hold = (bytes: Uint8Array): void => {
    heldBytes += bytes.length;
    if (heldBytes > maxLineBytes) held = [];
    else if (bytes.length > 0) held.push(bytes);
  };
  const take = (): Line | undefined => {
    const lineNumber = number++;
    if (heldBytes > maxLineBytes) {
      const detail = `a line of ${heldBytes} bytes, at most ${maxLineBytes} are read`;
      report({ location, line: lineNumber, ...at(), reason: 'too_long', detail });
      return undefined;
    }
    const bytes = held.length === 1 ? held[0]! : Buffer.concat(held);
    return {
      bytes: bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes,
      number: lineNumber,
      ...at(),
    };
  };
  const startAt = (offset: number, compressedOffset: number | undefined): void => {
    held = [];
    heldBytes = 0;
    lineOffset = offset;
    lineCompressedOffset = compressedOffset;
  };

  for await (const part of parts) {
    const { bytes, offset, compressedOffset } = part;
    if (bytes === undefined) {
      report({
        location,
        line: number,
        byteOffset: offset,
        ...(compressedOffset === undefined ? {} : { compressedOffset }),
        reason: part.reason,
        detail: part.detail,
      });
      isSkipping = true;
      startAt(offset, compressedOffset);
      continue;
    }
    let start = 0;
    if (heldBytes === 0) startAt(offset, compressedOffset);
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      if (isSkipping) {
        isSkipping = false;
        number++;
      } else {
        hold(bytes.subarray(start, end));
        const line = take();
        if (line !== undefined) yield line;
      }
      start = end + 1;
      startAt(offset + start, compressedOffset);
    }
    // A chunk may be reused or large: what is held over is copied out of it.
    if (!isSkipping) hold(bytes.slice(start));
  }
  if (heldBytes > 0 && !isSkipping) {
    const line = take();
    if (line !== undefined) yield line;
  }
}
