/**
 * All bytes of a file that is one document, up to a limit.
 */
import type { ReportFault } from '../read-fault.ts';
import type { ByteParts } from './byte-part.ts';

/** @returns undefined where the file is damaged or longer than `maxBytes`; that was reported */
export async function readWhole(
  parts: ByteParts,
  options: { readonly location: string; readonly maxBytes: number; readonly report: ReportFault },
): Promise<Uint8Array | undefined> {
  const { location, maxBytes, report } = options;
  const held: Uint8Array[] = [];
  let length = 0;
  for await (const part of parts) {
    if (part.bytes === undefined) {
      const { offset, bytes: _none, ...damage } = part;
      report({ location, byteOffset: offset, ...damage });
      return undefined;
    }
    length += part.bytes.length;
    if (length > maxBytes) {
      report({ location, byteOffset: 0, reason: 'too_long', detail: `more than ${maxBytes} bytes` });
      return undefined;
    }
    held.push(part.bytes);
  }
  return Buffer.concat(held);
}
