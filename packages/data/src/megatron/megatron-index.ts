/**
 * The `.idx` file of Megatron-LM's indexed dataset: types, lengths and places of the sequences in the `.bin` file beside it.
 *
 * Format (Megatron-LM, `megatron/core/datasets/indexed_dataset.py`), little-endian: `MMIDIDX\0\0`, uint64 version 1, uint8 type code, uint64
 * number of sequences S, uint64 number of document bounds D, int32 lengths [S], int64 byte offsets [S], int64 first sequence of each document
 * and S at the end [D].
 */

const MAGIC = 'MMIDIDX\0\0';
const VERSION = 1n;
const HEADER_BYTES = MAGIC.length + 8 + 1 + 8 + 8;

/** Types of tokens that are whole numbers, by Megatron's code. */
const TYPES = {
  1: { dtype: 'uint8', bytesPerToken: 1 },
  4: { dtype: 'int32', bytesPerToken: 4 },
  5: { dtype: 'int64', bytesPerToken: 8 },
  8: { dtype: 'uint16', bytesPerToken: 2 },
} as const;
type TypeCode = keyof typeof TYPES;
export type MegatronDtype = (typeof TYPES)[TypeCode]['dtype'];

export interface MegatronIndex {
  readonly dtype: MegatronDtype;
  readonly bytesPerToken: number;
  /** [S] in tokens */
  readonly lengths: Int32Array;
  /** [S] in bytes */
  readonly offsets: Float64Array;
  /** [D] */
  readonly documents: Float64Array;
}

/** Megatron's own choice for a vocabulary. */
export const megatronDtype = (vocabSize: number): 'uint16' | 'int32' => (vocabSize < 65_500 ? 'uint16' : 'int32');

/** @param lengths tokens of each document; every document is one sequence */
export function encodeMegatronIndex(lengths: Int32Array, dtype: 'uint16' | 'int32'): Uint8Array {
  const numSequences = lengths.length;
  const bytes = new Uint8Array(HEADER_BYTES + numSequences * 12 + (numSequences + 1) * 8);
  const view = new DataView(bytes.buffer);
  new TextEncoder().encodeInto(MAGIC, bytes);
  let at = MAGIC.length;
  const uint64 = (value: number): void => {
    view.setBigUint64(at, BigInt(value), true);
    at += 8;
  };
  uint64(Number(VERSION));
  view.setUint8(at++, dtype === 'uint16' ? 8 : 4);
  uint64(numSequences);
  uint64(numSequences + 1);
  for (const length of lengths) {
    view.setInt32(at, length, true);
    at += 4;
  }
  const bytesPerToken = dtype === 'uint16' ? 2 : 4;
  let offset = 0;
  for (const length of lengths) {
    uint64(offset);
    offset += length * bytesPerToken;
  }
  for (let document = 0; document <= numSequences; document++) uint64(document);
  return bytes;
}

/** @throws Error with the byte where the file is not such an index */
export function decodeMegatronIndex(bytes: Uint8Array, path: string): MegatronIndex {
  const refuse = (rule: string, got: string, at: number): Error =>
    new Error(`[@marco-ts/data] openMegatron: ${rule}, got ${got} at byte ${at} of ${path}. Write the dataset again.`);
  if (bytes.length < HEADER_BYTES) throw refuse(`an index has at least ${HEADER_BYTES} bytes`, `${bytes.length}`, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder('latin1').decode(bytes.subarray(0, MAGIC.length)) !== MAGIC)
    throw refuse('an index must begin with MMIDIDX', 'other bytes', 0);
  const version = view.getBigUint64(9, true);
  if (version !== VERSION) throw refuse('the version must be 1', String(version), 9);
  const code = view.getUint8(17);
  if (!(code in TYPES)) throw refuse('tokens must be uint8, uint16, int32 or int64', `type code ${code}`, 17);
  const numSequences = Number(view.getBigUint64(18, true));
  const numBounds = Number(view.getBigUint64(26, true));
  const sizeBytes = HEADER_BYTES + numSequences * 12 + numBounds * 8;
  // Multimodal datasets have one byte more for each sequence.
  if (bytes.length !== sizeBytes && bytes.length !== sizeBytes + numSequences)
    throw refuse(`${numSequences} sequences and ${numBounds} bounds need ${sizeBytes} bytes`, `${bytes.length}`, 18);
  let at = HEADER_BYTES;
  const lengths = Int32Array.from({ length: numSequences }, (_, i) => view.getInt32(at + i * 4, true));
  at += numSequences * 4;
  const int64s = (count: number): Float64Array => {
    const values = Float64Array.from({ length: count }, (_, i) => Number(view.getBigInt64(at + i * 8, true)));
    at += count * 8;
    return values;
  };
  const offsets = int64s(numSequences);
  const documents = int64s(numBounds);
  if (documents.at(-1) !== numSequences || documents[0] !== 0)
    throw refuse(
      `documents must span sequences 0 to ${numSequences}`,
      `${documents[0]} to ${documents.at(-1)}`,
      at - numBounds * 8,
    );
  return { ...TYPES[code as TypeCode], lengths, offsets, documents };
}
