/**
 * One event of a TensorBoard file as bytes: the protocol buffer message `Event` in a TFRecord frame.
 *
 * Source: `tensorboard/compat/proto/event.proto` and `summary.proto` (field numbers below); TFRecord: length, masked CRC-32C of it, payload,
 * masked CRC-32C of the payload.
 */
import { maskedCrc32c } from './crc32c.ts';

export interface TensorBoardEvent {
  /** seconds since 1970 */
  readonly wallTime: number;
  readonly step: number;
  /** only in the first event of a file */
  readonly fileVersion?: string;
  readonly scalars?: readonly (readonly [tag: string, value: number])[];
  /** Readers forget what earlier files say of this step and later ones. */
  readonly startsSession?: boolean;
}

/** @returns a whole record; numbers are stored as float32 */
export function tensorBoardRecord(event: TensorBoardEvent): Uint8Array<ArrayBuffer> {
  const payload = concat([
    field(1, 'double', event.wallTime),
    field(2, 'varint', event.step),
    ...(event.fileVersion === undefined ? [] : [field(3, 'bytes', utf8(event.fileVersion))]),
    ...(event.scalars === undefined ? [] : [field(5, 'bytes', concat(event.scalars.map(summaryValue)))]),
    // SessionLog.status = START
    ...(event.startsSession ? [field(7, 'bytes', field(1, 'varint', 1))] : []),
  ]);
  const record = new Uint8Array(payload.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(payload.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(payload, 12);
  view.setUint32(12 + payload.length, maskedCrc32c(payload), true);
  return record;
}

/** `Summary.value`: a tag and a simple value. */
function summaryValue([tag, value]: readonly [string, number]): Uint8Array {
  return field(1, 'bytes', concat([field(1, 'bytes', utf8(tag)), field(2, 'float', value)]));
}

type WireType = 'varint' | 'double' | 'bytes' | 'float';
const WIRE_TYPES: Readonly<Record<WireType, number>> = { varint: 0, double: 1, bytes: 2, float: 5 };

function field(number: number, type: 'bytes', value: Uint8Array): Uint8Array;
function field(number: number, type: Exclude<WireType, 'bytes'>, value: number): Uint8Array;
function field(number: number, type: WireType, value: number | Uint8Array): Uint8Array {
  const key = varint((number << 3) | WIRE_TYPES[type]);
  if (type === 'bytes') return concat([key, varint((value as Uint8Array).length), value as Uint8Array]);
  if (type === 'varint') return concat([key, varint(value as number)]);
  const fixed = new DataView(new ArrayBuffer(type === 'double' ? 8 : 4));
  if (type === 'double') fixed.setFloat64(0, value as number, true);
  else fixed.setFloat32(0, value as number, true);
  return concat([key, new Uint8Array(fixed.buffer)]);
}

/** @param value whole number >= 0 */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.of(...bytes, rest);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
