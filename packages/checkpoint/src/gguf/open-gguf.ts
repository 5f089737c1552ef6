/**
 * Opens a GGUF file: metadata and tensor list are read and checked at once, each tensor only when asked for, by positional reads.
 *
 * Source: docs/gguf.md of https://github.com/ggml-org/ggml.
 * Memory: the header; one tensor plus two buffers of 1 MiB at most. A damaged file is refused before anything larger than it can hold is allocated.
 */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { explainFileError } from '../files/explain-file-error.ts';
import { PIECE_BYTES, readFully, readPieces } from '../files/read-pieces.ts';
import { elementCount, type NamedArray } from '../named-array.ts';
import { decodeBF16, decodeF16, halfValues } from '../safetensors/half-precision.ts';
import { ggufRefuser } from './gguf-cursor.ts';
import { type GgufTensor, type GgufTensorType, type GgufValue, MAX_HEADER_BYTES, TENSOR_TYPES } from './gguf-format.ts';
import { type GgufHeader, parseGgufHeader } from './gguf-header.ts';
import { decodeQ8_0 } from './q8-0.ts';

export interface GgufFile {
  readonly path: string;
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /**
   * F32, F16, BF16, Q8_0 and F64 become a Float32Array, I8, I16 and I32 an Int32Array.
   *
   * @throws for an unknown name, and naming the type for the other quantizations, which only `readBytes` gives
   */
  readArray(name: string): Promise<NamedArray>;
  /** The bytes as they lie in the file, in a buffer of their own. */
  readBytes(name: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

const FIRST_READ_BYTES = 1 << 20;

/**
 * @throws naming the path and the byte offset, key or tensor when the file is damaged, truncated, has overlapping or missing data, or cannot be read
 */
export async function openGguf(path: string): Promise<GgufFile> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    return createFile(path, file, await readHeader(file, path));
  } catch (error) {
    await file?.close();
    throw explainFileError('openGguf', 'read', path, error);
  }
}

const shrunk = (path: string) => (position: number) =>
  ggufRefuser('openGguf', path)('the file must not shrink while it is read', 'its end', `byte ${position}`);

async function readHeader(file: FileHandle, path: string): Promise<GgufHeader> {
  const fileBytes = (await file.stat()).size;
  const refuse = ggufRefuser('openGguf', path);
  for (let size = FIRST_READ_BYTES; ; size *= 4) {
    const prefix = new Uint8Array(Math.min(size, fileBytes, MAX_HEADER_BYTES));
    await readFully(file, prefix, 0, shrunk(path));
    const header = parseGgufHeader(prefix, fileBytes, refuse);
    if (header) return header;
  }
}

function createFile(path: string, file: FileHandle, header: GgufHeader): GgufFile {
  const { tensors } = header;
  const find = (functionName: string, name: string): GgufTensor => {
    const tensor = tensors.get(name);
    if (tensor) return tensor;
    const some = [...tensors.keys()].slice(0, 5).join(', ');
    throw new Error(
      `[@marco-ts/checkpoint] ${functionName}: the tensor must be in the file, got ${JSON.stringify(name)} at ${path}. It holds ${tensors.size} tensors: ${some}${tensors.size > 5 ? ', ...' : ''}`,
    );
  };
  return {
    path,
    ...header,
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
    async close() {
      await file.close();
    },
  };
}

type Decode = (piece: Uint8Array, target: Float32Array | Int32Array, offset: number) => void;

/** How a piece of whole blocks becomes numbers; pieces begin at the start of their buffer, so that every view is aligned. */
const DECODERS: Partial<Record<GgufTensorType, Decode>> = {
  F16: (p, t, o) => decodeF16(new Uint16Array(p.buffer, 0, p.length / 2), t as Float32Array, o),
  BF16: (p, t, o) => decodeBF16(new Uint16Array(p.buffer, 0, p.length / 2), t as Float32Array, o),
  Q8_0: (p, t, o) => decodeQ8_0(p, t as Float32Array, o, halfValues()),
  F64: (p, t, o) => t.set(new Float64Array(p.buffer, 0, p.length / 8), o),
  I8: (p, t, o) => t.set(new Int8Array(p.buffer, 0, p.length), o),
  I16: (p, t, o) => t.set(new Int16Array(p.buffer, 0, p.length / 2), o),
};

async function readTensor(file: FileHandle, tensor: GgufTensor, path: string): Promise<NamedArray> {
  const { name, type, shape, sizeBytes, byteOffset } = tensor;
  const decode = DECODERS[type];
  if (!decode && type !== 'F32' && type !== 'I32') {
    throw new Error(
      `[@marco-ts/checkpoint] readArray: the type must be F32 F16 BF16 Q8_0 F64 I32 I16 or I8, got ${type} at tensor ${JSON.stringify(name)} of ${path}. Take its bytes with readBytes, or a file of another type.`,
    );
  }
  const isInteger = type === 'I8' || type === 'I16' || type === 'I32';
  const data = isInteger ? new Int32Array(elementCount(shape)) : new Float32Array(elementCount(shape));
  if (!decode) {
    await readFully(file, new Uint8Array(data.buffer), byteOffset, shrunk(path));
    return { shape, data };
  }
  const { blockElements, blockBytes } = TENSOR_TYPES[type];
  // Two pieces stay under a twentieth of a large tensor; every piece holds whole blocks.
  const pieceBlocks = Math.floor(Math.max(1 << 16, Math.min(PIECE_BYTES, sizeBytes / 40)) / blockBytes);
  let offset = 0;
  for await (const piece of readPieces(file, byteOffset, sizeBytes, pieceBlocks * blockBytes, shrunk(path))) {
    decode(piece, data, offset);
    offset += (piece.length / blockBytes) * blockElements;
  }
  return { shape, data };
}
