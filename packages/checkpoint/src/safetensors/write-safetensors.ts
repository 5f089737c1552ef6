/**
 * Writes named arrays as one safetensors file, atomically, converting to half precision in pieces of 1 MiB.
 *
 * Source: serialize in https://github.com/huggingface/safetensors (safetensors/src/tensor.rs): tensors by falling element size, then by name; the
 * header is padded with spaces so that the data begins at a multiple of 8 bytes.
 */
import { writeFileAtomicWith } from '../files/write-file-atomic.ts';
import { createPieceWriter, PIECE_BYTES, type PieceWriter } from '../files/write-pieces.ts';
import { type ArrayMap, elementCount, type NamedArray } from '../named-array.ts';
import { encodeFloats } from '../tensors/conversions.ts';
import { DTYPE_BYTES, MAX_HEADER_BYTES } from './safetensors-header.ts';

/** The types in which floating-point weights are written. */
export type FloatDtype = 'F32' | 'F16' | 'BF16';

/** How the arrays are stored and what the header says beside them. */
export interface WriteSafetensorsOptions {
  /** How Float32Arrays are stored; Int32Arrays are stored as I32. @default 'F32' */
  readonly dtype?: FloatDtype;
  /** @default { format: 'pt' }, which transformers asks for */
  readonly metadata?: Readonly<Record<string, string>>;
}

const CHUNK_ELEMENTS = PIECE_BYTES / 2;

interface Placed {
  readonly name: string;
  readonly array: NamedArray;
  readonly dtype: FloatDtype | 'I32';
  readonly sizeBytes: number;
}

/**
 * @throws when a shape disagrees with its data, a finite value overflows F16 or BF16, or the file cannot be written; an existing file is then unchanged
 */
export async function writeSafetensors(
  path: string,
  arrays: ArrayMap,
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  const { dtype = 'F32', metadata = { format: 'pt' } } = options;
  const placed = placeArrays(arrays, dtype, path);
  const header = renderHeader(placed, metadata, path);
  await writeFileAtomicWith('writeSafetensors', path, async (file) => {
    const writer = createPieceWriter(file);
    writer.write(header);
    for (const tensor of placed) await writeTensor(writer, tensor, path);
    await writer.finish();
  });
}

/** Bytes that an array takes in a file of `dtype`. */
export function storedBytes(array: NamedArray, dtype: FloatDtype): number {
  return array.data.length * DTYPE_BYTES[array.data instanceof Int32Array ? 'I32' : dtype];
}

function placeArrays(arrays: ArrayMap, dtype: FloatDtype, path: string): Placed[] {
  if (!['F32', 'F16', 'BF16'].includes(dtype)) {
    throw new Error(
      `[@marco-ts/checkpoint] writeSafetensors: dtype must be F32, F16 or BF16, got ${dtype} at ${path}.`,
    );
  }
  const placed: Placed[] = [];
  for (const [name, array] of arrays) {
    if (name === '__metadata__') {
      throw new Error(
        `[@marco-ts/checkpoint] writeSafetensors: "__metadata__" is no tensor name, got one at ${path}. Rename the tensor.`,
      );
    }
    if (!(array.data instanceof Float32Array || array.data instanceof Int32Array)) {
      throw new Error(
        `[@marco-ts/checkpoint] writeSafetensors: data must be a Float32Array or Int32Array, got ${Object.prototype.toString.call(array.data)} at tensor ${JSON.stringify(name)} of ${path}. Convert it first.`,
      );
    }
    const whole = array.shape.every((size) => Number.isSafeInteger(size) && size >= 0);
    if (!whole || elementCount(array.shape) !== array.data.length) {
      throw new Error(
        `[@marco-ts/checkpoint] writeSafetensors: the shape must hold as many elements as the data, got [${array.shape}] and ${array.data.length} at tensor ${JSON.stringify(name)} of ${path}. Pass the true shape.`,
      );
    }
    const stored = array.data instanceof Int32Array ? 'I32' : dtype;
    placed.push({ name, array, dtype: stored, sizeBytes: storedBytes(array, dtype) });
  }
  const byName = (a: Placed, b: Placed) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  return placed.sort((a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype] || byName(a, b));
}

function renderHeader(placed: readonly Placed[], metadata: Readonly<Record<string, string>>, path: string): Uint8Array {
  const entries: string[] = [];
  if (Object.keys(metadata).length > 0) entries.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let offset = 0;
  for (const { name, array, dtype, sizeBytes } of placed) {
    const entry = { dtype, shape: array.shape, data_offsets: [offset, offset + sizeBytes] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    offset += sizeBytes;
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    throw new Error(
      `[@marco-ts/checkpoint] writeSafetensors: the header must be at most ${MAX_HEADER_BYTES} bytes, got ${length} at ${path}. Spread the tensors over several files.`,
    );
  }
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}

async function writeTensor(writer: PieceWriter, { name, array, dtype }: Placed, path: string): Promise<void> {
  const { data } = array;
  if (dtype === 'F32' || dtype === 'I32') {
    await writer.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return;
  }
  for (let start = 0; start < data.length; start += CHUNK_ELEMENTS) {
    const values = (data as Float32Array).subarray(start, start + CHUNK_ELEMENTS);
    await writer.writeMade(values.length * 2, (room) => {
      const overflow = encodeFloats(dtype, values, room);
      if (overflow < 0) return;
      throw new Error(
        `[@marco-ts/checkpoint] writeSafetensors: values must fit ${dtype}, got ${values[overflow]} at element ${start + overflow} of tensor ${JSON.stringify(name)} of ${path}. Write F32${dtype === 'F16' ? ' or BF16' : ''}.`,
      );
    });
  }
}
