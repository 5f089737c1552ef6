/**
 * Opens a safetensors file: the header is read and checked at once, each tensor only when asked for, by positional reads.
 *
 * Memory: one tensor plus two buffers of 1 MiB at most. A damaged file is refused before anything larger than its header is allocated.
 */

import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { explainFileError } from '../files/explain-file-error.ts';
import { PIECE_BYTES, readFully, readPieces } from '../files/read-pieces.ts';
import { elementCount, type NamedArray } from '../named-array.ts';
import { decodeBF16, decodeF16 } from './half-precision.ts';
import {
  parseHeader,
  parseHeaderLength,
  refuser,
  type SafetensorsDtype,
  type SafetensorsTensor,
} from './safetensors-header.ts';

export interface SafetensorsFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * F32, F16, BF16 and F64 become a Float32Array; integers and BOOL an Int32Array.
   *
   * @throws for an unknown name, for a 64-bit integer that does not fit 32 bits, and for the dtypes that only `readBytes` gives
   */
  readArray(name: string): Promise<NamedArray>;
  /** The bytes as they lie in the file, in a buffer of their own. */
  readBytes(name: string): Promise<Uint8Array>;
  /** The same bytes in pieces of 1 MiB, for tensors that are passed on; each piece is valid until the next one is asked for. */
  readPieces(name: string): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/**
 * @throws naming the path and the byte offset or tensor when the file is damaged, truncated, has overlapping or missing data, or cannot be read
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const refuse = refuser('openSafetensors', path);
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const fileBytes = (await file.stat()).size;
    const prefix = new Uint8Array(8);
    const { bytesRead } = await file.read(prefix, 0, 8, 0);
    const headerBytes = new Uint8Array(parseHeaderLength(prefix.subarray(0, bytesRead), fileBytes, refuse));
    await readFully(file, headerBytes, 8, shrunk(path));
    const { tensors, metadata } = parseHeader(headerBytes, fileBytes, refuse);
    return createFile(path, file, tensors, metadata);
  } catch (error) {
    await file?.close();
    throw explainFileError('openSafetensors', 'read', path, error);
  }
}

function createFile(
  path: string,
  file: FileHandle,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>>,
): SafetensorsFile {
  const find = (functionName: string, name: string): SafetensorsTensor => {
    const tensor = tensors.get(name);
    if (tensor) return tensor;
    const some = [...tensors.keys()].slice(0, 5).join(', ');
    throw new Error(
      `[@marco-ts/checkpoint] ${functionName}: the tensor must be in the file, got ${JSON.stringify(name)} at ${path}. It holds ${tensors.size} tensors: ${some}${tensors.size > 5 ? ', ...' : ''}`,
    );
  };
  return {
    path,
    tensors,
    metadata,
    async readArray(name) {
      const tensor = find('readArray', name);
      try {
        return await readTensor(file, tensor, path);
      } catch (error) {
        throw explainFileError('readArray', 'read', path, error);
      }
    },
    async readBytes(name) {
      const { sizeBytes, byteOffset } = find('readBytes', name);
      const bytes = new Uint8Array(sizeBytes);
      try {
        await readFully(file, bytes, byteOffset, shrunk(path));
      } catch (error) {
        throw explainFileError('readBytes', 'read', path, error);
      }
      return bytes;
    },
    async *readPieces(name) {
      const { sizeBytes, byteOffset } = find('readPieces', name);
      try {
        yield* readPieces(file, byteOffset, sizeBytes, PIECE_BYTES, shrunk(path));
      } catch (error) {
        throw explainFileError('readPieces', 'read', path, error);
      }
    },
    async close() {
      await file.close();
    },
  };
}

const shrunk = (path: string) => (position: number) =>
  refuser('openSafetensors', path)('the file must not shrink while it is read', 'its end', `byte ${position}`);

type Decode = (chunk: Uint8Array, target: Float32Array | Int32Array, offset: number) => void;

/** How a chunk of whole elements becomes numbers; the chunk starts at the beginning of its buffer, so that every view is aligned. */
const DECODERS: Partial<
  Record<SafetensorsDtype, { readonly bytes: number; readonly float: boolean; readonly decode: Decode }>
> = {
  F16: { bytes: 2, float: true, decode: (c, t, o) => decodeF16(view(c, Uint16Array), t as Float32Array, o) },
  BF16: { bytes: 2, float: true, decode: (c, t, o) => decodeBF16(view(c, Uint16Array), t as Float32Array, o) },
  F64: { bytes: 8, float: true, decode: (c, t, o) => t.set(view(c, Float64Array), o) },
  I8: { bytes: 1, float: false, decode: (c, t, o) => t.set(view(c, Int8Array), o) },
  U8: { bytes: 1, float: false, decode: (c, t, o) => t.set(c, o) },
  BOOL: { bytes: 1, float: false, decode: (c, t, o) => t.set(c, o) },
  I16: { bytes: 2, float: false, decode: (c, t, o) => t.set(view(c, Int16Array), o) },
  U16: { bytes: 2, float: false, decode: (c, t, o) => t.set(view(c, Uint16Array), o) },
  I64: {
    bytes: 8,
    float: false,
    decode: (c, t, o) => {
      const values = view(c, BigInt64Array);
      for (let i = 0; i < values.length; i++) {
        const value = Number(values[i]);
        if (value !== (value | 0)) throw new RangeError(`${values[i]} at element ${o + i}`);
        t[o + i] = value;
      }
    },
  },
};

function view<T>(
  chunk: Uint8Array,
  Type: { new (buffer: ArrayBufferLike, offset: number, length: number): T; BYTES_PER_ELEMENT: number },
): T {
  return new Type(chunk.buffer, chunk.byteOffset, chunk.byteLength / Type.BYTES_PER_ELEMENT);
}

async function readTensor(file: FileHandle, tensor: SafetensorsTensor, path: string): Promise<NamedArray> {
  const { name, dtype, shape, sizeBytes, byteOffset } = tensor;
  const count = elementCount(shape);
  if (dtype === 'F32' || dtype === 'I32') {
    const array = dtype === 'F32' ? new Float32Array(count) : new Int32Array(count);
    await readFully(file, new Uint8Array(array.buffer), byteOffset, shrunk(path));
    return { shape, data: array };
  }
  const decoder = DECODERS[dtype];
  if (!decoder) {
    throw new Error(
      `[@marco-ts/checkpoint] readArray: the dtype must be F32 F16 BF16 F64 I64 I32 I16 I8 U16 U8 or BOOL, got ${dtype} at tensor ${JSON.stringify(name)} of ${path}. Take its bytes with readBytes.`,
    );
  }
  const array = decoder.float ? new Float32Array(count) : new Int32Array(count);
  let done = 0;
  for await (const piece of readPieces(file, byteOffset, sizeBytes, pieceBytes(sizeBytes), shrunk(path))) {
    try {
      decoder.decode(piece, array, done / decoder.bytes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Error(
        `[@marco-ts/checkpoint] readArray: 64-bit integers must fit 32 bits, got ${error.message} of tensor ${JSON.stringify(name)} of ${path}. Take its bytes with readBytes.`,
      );
    }
    done += piece.length;
  }
  return { shape, data: array };
}

/** Two pieces stay under a twentieth of a large tensor; every piece holds whole elements. */
function pieceBytes(sizeBytes: number): number {
  return Math.max(1 << 16, Math.min(PIECE_BYTES, Math.floor(sizeBytes / 40 / 8) * 8));
}
