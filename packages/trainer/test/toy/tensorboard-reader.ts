/**
 * Reads a TensorBoard file back: an implementation of its own, from the format's description, so that the writer is not checked by itself.
 *
 * The checksum is computed bit by bit here, without the writer's table.
 */

export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  readonly scalars: Readonly<Record<string, number>>;
  readonly startsSession: boolean;
}

/** @throws Error when a checksum does not hold or the file ends within a record */
export function readTensorBoardEvents(bytes: Uint8Array): ReadEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: ReadEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    if (view.getUint32(at + 8, true) !== masked(bytes.subarray(at, at + 8))) throw new Error(`length at ${at}`);
    const payload = bytes.subarray(at + 12, at + 12 + length);
    if (view.getUint32(at + 12 + length, true) !== masked(payload)) throw new Error(`payload at ${at}`);
    events.push(readEvent(payload));
    at += length + 16;
  }
  return events;
}

function readEvent(payload: Uint8Array): ReadEvent {
  const fields = readFields(payload);
  const one = (number: number) => fields.find((field) => field.number === number)?.value;
  const summary = one(5) as Uint8Array | undefined;
  const values = summary === undefined ? [] : readFields(summary).map(({ value }) => readFields(value as Uint8Array));
  const version = one(3) as Uint8Array | undefined;
  return {
    wallTime: one(1) as number,
    step: one(2) as number,
    ...(version === undefined ? {} : { fileVersion: new TextDecoder().decode(version) }),
    scalars: Object.fromEntries(
      values.map((parts) => [
        new TextDecoder().decode(parts.find(({ number }) => number === 1)!.value as Uint8Array),
        parts.find(({ number }) => number === 2)!.value as number,
      ]),
    ),
    startsSession: one(7) !== undefined,
  };
}

function readFields(bytes: Uint8Array): { number: number; value: number | Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): number => {
    at += length;
    return at - length;
  };
  const fields: { number: number; value: number | Uint8Array }[] = [];
  while (at < bytes.length) {
    const key = varint();
    const number = key >> 3;
    if ((key & 7) === 0) fields.push({ number, value: varint() });
    else if ((key & 7) === 1) fields.push({ number, value: view.getFloat64(take(8), true) });
    else if ((key & 7) === 5) fields.push({ number, value: view.getFloat32(take(4), true) });
    else {
      const length = varint();
      const start = take(length);
      fields.push({ number, value: bytes.subarray(start, start + length) });
    }
  }
  return fields;
}

function masked(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
