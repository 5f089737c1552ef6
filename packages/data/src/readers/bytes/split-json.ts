/**
 * The values of a JSON file as stretches of bytes: elements of its one array, or objects one after another.
 *
 * Source: RFC 8259. Only brackets and strings are looked at; whether a value is JSON its reader finds out.
 */
import type { ReadFault, ReportFault } from '../read-fault.ts';
import type { ByteParts } from './byte-part.ts';

export interface JsonValue {
  readonly bytes: Uint8Array;
  readonly at: Pick<ReadFault, 'byteOffset' | 'compressedOffset'>;
}

export interface SplitJsonOptions {
  readonly location: string;
  /** Longer values are reported and passed over. */
  readonly maxBytes: number;
  readonly report: ReportFault;
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BYTE_ORDER_MARK = new Set([0xef, 0xbb, 0xbf]);
const isWhiteSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** @returns every value in order; nothing after damage or after bytes that stand where none may */
export async function* splitJson(parts: ByteParts, options: SplitJsonOptions): AsyncGenerator<JsonValue> {
  const { location, maxBytes, report } = options;
  let held: Uint8Array[] = [];
  let numBytes = 0;
  let at: JsonValue['at'] = { byteOffset: 0 };
  let isArray: boolean | undefined;
  let isOpen = true;
  let depth = 0;
  let isInString = false;
  let isEscaped = false;

  const hold = (bytes: Uint8Array): void => {
    numBytes += bytes.length;
    if (numBytes > maxBytes) held = [];
    else held.push(bytes);
  };
  const take = (): JsonValue | undefined => {
    const value = { bytes: Buffer.concat(held), at };
    const size = numBytes;
    [held, numBytes] = [[], 0];
    if (size <= maxBytes) return value;
    report({ location, ...at, reason: 'too_long', detail: `a value of ${size} bytes, at most ${maxBytes} are read` });
    return undefined;
  };

  for await (const part of parts) {
    const { bytes, offset, compressedOffset } = part;
    const place = (index: number): JsonValue['at'] => ({
      byteOffset: offset + index,
      ...(compressedOffset === undefined ? {} : { compressedOffset }),
    });
    if (bytes === undefined) {
      report({ location, ...place(0), reason: part.reason, detail: part.detail });
      return;
    }
    let start = 0;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (depth > 0) {
        if (isInString) {
          if (isEscaped) isEscaped = false;
          else if (byte === BACKSLASH) isEscaped = true;
          else if (byte === QUOTE) isInString = false;
        } else if (byte === QUOTE) isInString = true;
        else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
        else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth === 0) {
          hold(bytes.slice(start, i + 1));
          const value = take();
          if (value !== undefined) yield value;
        }
      } else if (byte === OPEN_OBJECT && isOpen) {
        isArray ??= false;
        depth = 1;
        start = i;
        at = place(i);
      } else if (byte === OPEN_ARRAY && isArray === undefined) isArray = true;
      else if (byte === CLOSE_ARRAY && isArray === true && isOpen) isOpen = false;
      else if (!isWhiteSpace(byte) && !(byte === COMMA && isArray === true && isOpen) && !BYTE_ORDER_MARK.has(byte)) {
        const detail = `an object must begin here, got byte 0x${byte.toString(16)}; nothing after it is read`;
        report({ location, ...place(i), reason: 'malformed', detail });
        return;
      }
    }
    if (depth > 0) hold(bytes.slice(start));
  }
  if (depth > 0) report({ location, ...at, reason: 'malformed', detail: 'the file ends within a value' });
  else if (isArray === true && isOpen)
    report({ location, ...at, reason: 'malformed', detail: 'the file ends within its array' });
}
