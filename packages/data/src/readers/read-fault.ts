/**
 * What could not be read and where: the document or file is left out and reading goes on, or the first fault stops it, as the caller says.
 *
 * Units: offsets in bytes from the start of the file; for compressed files from the start of what it decompresses to.
 */

export type FaultReason =
  | 'unreadable'
  | 'invalid_utf8'
  | 'empty'
  | 'malformed'
  /** A code file whose licence is not among those that were asked for. */
  | 'licence'
  | 'too_long'
  | 'compression_bomb'
  | 'too_complex';

/** What could not be read, where, and why. */
export interface ReadFault {
  readonly location: string;
  /** Where the record, line or damage begins, in decompressed bytes. */
  readonly byteOffset: number;
  /** Where in the file the gzip member or zstd frame begins that it lies in; absent in plain files. */
  readonly compressedOffset?: number;
  /** Line, or row of a Parquet file, from 1. */
  readonly line?: number;
  readonly reason: FaultReason;
  readonly detail: string;
}

/** `location:line (byte 17)`, as messages name a place. */
export function faultPlace({ location, line, byteOffset, compressedOffset }: ReadFault): string {
  const member = compressedOffset === undefined ? '' : `, compressed block at byte ${compressedOffset}`;
  return `${location}${line === undefined ? '' : `:${line}`} (byte ${byteOffset}${member})`;
}

/** Thrown for the first fault where none may be passed over. */
export class ReadFaultError extends Error {
  readonly fault: ReadFault;

  constructor(fault: ReadFault, functionName: string) {
    super(
      `[@marco-ts/data] ${functionName}: every file, line and record must be readable, got ${fault.reason} (${fault.detail}) at ${faultPlace(fault)}. Mend it, or pass onFault to go on without it.`,
    );
    this.name = 'ReadFaultError';
    this.fault = fault;
  }
}

/** Tells the caller of a fault, or stops. */
export type ReportFault = (fault: ReadFault) => void;

/** @returns `onFault`, or without one a function that throws */
export function reporter(functionName: string, onFault: ReportFault | undefined): ReportFault {
  return (
    onFault ??
    ((fault) => {
      throw new ReadFaultError(fault, functionName);
    })
  );
}
