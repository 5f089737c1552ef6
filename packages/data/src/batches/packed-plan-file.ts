/**
 * A packed plan as bytes and back: a JSON header and the arrays behind it.
 *
 * Format: `MPLN`, uint32 version, uint32 header length, header (UTF-8 JSON), padding to a multiple of 8, then the arrays in the order of
 * `ARRAYS`, each padded to a multiple of 8. Little-endian.
 */
import type { PackedPlan } from './packed-plan.ts';

const MAGIC = 0x4e4c504d;
const VERSION = 1;
const ARRAYS = [
  ['sequenceOffsets', Uint32Array],
  ['pieceShard', Uint16Array],
  ['pieceDocument', Uint32Array],
  ['pieceStart', Uint32Array],
  ['pieceLength', Uint32Array],
  ['pieceSource', Uint16Array],
] as const;

const padded = (length: number): number => Math.ceil(length / 8) * 8;

/** @returns the bytes of a file that `decodePackedPlan` reads; the same plan gives the same bytes */
export function encodePackedPlan(plan: PackedPlan): Uint8Array {
  const { sequenceLength, seed, numSequences, sourceNames, shardNames, shardChecksums, plannedTokens, placedTokens } =
    plan;
  const header = new TextEncoder().encode(
    JSON.stringify({
      sequenceLength,
      seed,
      numSequences,
      sourceNames,
      shardNames,
      shardChecksums,
      plannedTokens,
      placedTokens,
      numPieces: plan.pieceLength.length,
    }),
  );
  const start = padded(12 + header.length);
  const size = ARRAYS.reduce((sum, [name]) => sum + padded(plan[name].byteLength), start);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, header.length, true);
  bytes.set(header, 12);
  let offset = start;
  for (const [name] of ARRAYS) {
    const array = plan[name];
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    offset += padded(array.byteLength);
  }
  return bytes;
}

/** @throws Error when the bytes are no whole plan of this version */
export function decodePackedPlan(bytes: Uint8Array): PackedPlan {
  const refuse: Refuse = (rule, got, at) =>
    new Error(`[@marco-ts/data] decodePackedPlan: ${rule}, got ${got} at byte ${at}. Pack the sequences again.`);
  if (bytes.length < 12) throw refuse('a plan must have at least 12 bytes', `${bytes.length}`, bytes.length);
  const owned = new Uint8Array(bytes); // a copy at an offset of 0; `slice` of a Buffer is a view
  const view = new DataView(owned.buffer);
  if (view.getUint32(0, true) !== MAGIC) throw refuse('a plan must begin with MPLN', 'other bytes', 0);
  if (view.getUint32(4, true) !== VERSION) throw refuse(`version must be ${VERSION}`, `${view.getUint32(4, true)}`, 4);
  const headerLength = view.getUint32(8, true);
  if (12 + headerLength > owned.length) throw refuse('the header must be whole', `${headerLength} bytes of header`, 8);
  const { numPieces, ...header } = readHeader(owned.subarray(12, 12 + headerLength), refuse);
  let offset = padded(12 + headerLength);
  const arrays: Record<string, Uint16Array | Uint32Array> = {};
  for (const [name, View] of ARRAYS) {
    const length = name === 'sequenceOffsets' ? header.numSequences + 1 : numPieces;
    const sizeBytes = length * View.BYTES_PER_ELEMENT;
    if (offset + sizeBytes > owned.length)
      throw refuse(`${name} must hold ${length} numbers`, 'the end of the file', owned.length);
    arrays[name] = new View(owned.buffer, offset, length);
    offset += padded(sizeBytes);
  }
  if (arrays.sequenceOffsets!.at(-1) !== numPieces)
    throw refuse(
      `sequences must end at piece ${numPieces}`,
      `${arrays.sequenceOffsets!.at(-1)}`,
      padded(12 + headerLength),
    );
  return { ...header, ...arrays } as unknown as PackedPlan;
}

type Refuse = (rule: string, got: string, at: number) => Error;

function readHeader(
  bytes: Uint8Array,
  refuse: Refuse,
): Record<string, unknown> & { numSequences: number; numPieces: number } {
  let header: ReturnType<typeof readHeader>;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw refuse('the header must be JSON', (error as Error).message, 12);
  }
  for (const name of ['sequenceLength', 'numSequences', 'numPieces']) {
    const value = header[name];
    if (!Number.isSafeInteger(value) || (value as number) < 0) {
      throw refuse(`${name} must be a whole number`, JSON.stringify(value) ?? 'none', 12);
    }
  }
  return header;
}
