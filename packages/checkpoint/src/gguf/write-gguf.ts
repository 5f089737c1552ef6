/**
 * Writes metadata and tensors as one GGUF file (version 3), atomically; tensors come as arrays or in pieces, and are converted piece by piece.
 *
 * Source: docs/gguf.md of https://github.com/ggml-org/ggml; order and padding as `GGUFWriter` of the Python package gguf.
 * Memory: four pieces of at most 1 MiB, and what the sources hold.
 */
import { writeFileAtomicWith } from '../files/write-file-atomic.ts';
import { createPieceWriter, PIECE_BYTES, type PieceWriter } from '../files/write-pieces.ts';
import { elementCount } from '../named-array.ts';
import { encodeFloats } from '../tensors/conversions.ts';
import {
  alignUp,
  DEFAULT_ALIGNMENT,
  type GgufFloatType,
  type GgufValue,
  MAX_DIMENSIONS,
  TENSOR_TYPES,
} from './gguf-format.ts';
import { renderGgufHeader } from './render-gguf-header.ts';

/** A tensor to be written, its values at hand or made while the file is written. */
export interface GgufTensorSource {
  readonly name: string;
  /** Row-major, slowest first. */
  readonly shape: readonly number[];
  readonly type: GgufFloatType;
  /**
   * The values, or a function that gives them in pieces: Float32Arrays of whole blocks (32 values for Q8_0), or bytes already in the type of the
   * tensor. A piece must stay as it is until the next one is asked for.
   */
  readonly data: Float32Array | (() => AsyncIterable<Float32Array | Uint8Array>);
}

/** What a GGUF file is to hold. */
export interface GgufContents {
  /** In the order in which they are written. `general.alignment` is obeyed. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensorSource[];
}

/**
 * @throws when a name, value or shape does not fit the format, a source gives more or fewer values than its shape, a value does not fit its
 * type, or the file cannot be written; an existing file is then unchanged
 */
export async function writeGguf(path: string, contents: GgufContents): Promise<void> {
  const { metadata, tensors } = contents;
  const alignment = alignmentOf(metadata, path);
  const names = new Set<string>();
  let end = 0;
  const listed = tensors.map((tensor) => {
    const sizeBytes = checkTensor(tensor, names, path);
    const offset = end;
    end = alignUp(offset + sizeBytes, alignment);
    return { ...tensor, offset, sizeBytes };
  });
  const header = renderGgufHeader(metadata, listed, path);
  await writeFileAtomicWith('writeGguf', path, async (file) => {
    const writer = createPieceWriter(file);
    writer.write(header);
    writer.write(new Uint8Array(alignUp(header.length, alignment) - header.length));
    for (const tensor of listed) {
      await writeTensor(writer, tensor, tensor.sizeBytes, path);
      writer.write(new Uint8Array(alignUp(tensor.sizeBytes, alignment) - tensor.sizeBytes));
    }
    await writer.finish();
  });
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, path: string): number {
  const value = metadata.get('general.alignment');
  if (!value) return DEFAULT_ALIGNMENT;
  if (
    value.type === 'UINT32' &&
    value.value >= 8 &&
    value.value <= 1 << 20 &&
    (value.value & (value.value - 1)) === 0
  ) {
    return value.value;
  }
  throw fault(
    'general.alignment must be a UINT32 and a power of two from 8 to 2^20',
    `${value.type} ${String(value.value)}`,
    path,
  );
}

function checkTensor(tensor: GgufTensorSource, names: Set<string>, path: string): number {
  const { name, shape, type, data } = tensor;
  const at = `tensor ${JSON.stringify(name)} of ${path}`;
  if (names.has(name)) throw fault('tensor names must be unique', 'one twice', at);
  names.add(name);
  if (!['F32', 'F16', 'BF16', 'Q8_0'].includes(type)) throw fault('the type must be F32, F16, BF16 or Q8_0', type, at);
  if (shape.length > MAX_DIMENSIONS || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw fault(`a shape must be at most ${MAX_DIMENSIONS} whole numbers`, `[${shape}]`, at);
  }
  const { blockElements, blockBytes } = TENSOR_TYPES[type];
  if ((shape.at(-1) ?? 1) % blockElements !== 0) {
    throw fault(
      `rows of ${type} must be whole blocks of ${blockElements} values`,
      `[${shape}]`,
      at,
      'Write the tensor as F16.',
    );
  }
  if (data instanceof Float32Array ? data.length !== elementCount(shape) : typeof data !== 'function') {
    const got = data instanceof Float32Array ? `[${shape}] and ${data.length}` : typeof data;
    throw fault('data must be a Float32Array as large as the shape, or a function', got, at);
  }
  const sizeBytes = (elementCount(shape) / blockElements) * blockBytes;
  if (!Number.isSafeInteger(sizeBytes)) throw fault('a tensor must be below 2^53 bytes', `[${shape}]`, at);
  return sizeBytes;
}

async function writeTensor(
  writer: PieceWriter,
  tensor: GgufTensorSource,
  sizeBytes: number,
  path: string,
): Promise<void> {
  const { name, type, data } = tensor;
  const { blockElements, blockBytes } = TENSOR_TYPES[type];
  const at = `tensor ${JSON.stringify(name)} of ${path}`;
  const pieceElements = Math.floor(PIECE_BYTES / blockBytes) * blockElements;
  let numBytes = 0;
  const count = (more: number) => {
    numBytes += more;
    if (numBytes > sizeBytes) throw fault('a source must give as many values as its shape', 'more', at);
  };
  for await (const piece of typeof data === 'function' ? data() : [data]) {
    if (piece instanceof Uint8Array || type === 'F32') {
      count(piece.byteLength);
      // Waited for: the source may use the memory of the piece again once it is asked for the next.
      await writer.write(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
      continue;
    }
    if (piece.length % blockElements !== 0)
      throw fault(`pieces must be whole blocks of ${blockElements} values`, `${piece.length} values`, at);
    for (let start = 0; start < piece.length; start += pieceElements) {
      const values = piece.subarray(start, start + pieceElements);
      const firstElement = (numBytes / blockBytes) * blockElements;
      const pieceBytes = (values.length / blockElements) * blockBytes;
      count(pieceBytes);
      await writer.writeMade(pieceBytes, (room) => {
        const bad = encodeFloats(type, values, room);
        if (bad < 0) return;
        const got = `${values[bad]} at element ${firstElement + bad}`;
        throw fault(`values must fit ${type}`, got, at, 'Write F32 or BF16.');
      });
    }
  }
  if (numBytes !== sizeBytes) throw fault('a source must give as many values as its shape', `${numBytes} bytes`, at);
}

function fault(rule: string, got: string, at: string, nextStep = 'Correct it; nothing was written.'): Error {
  return new Error(`[@marco-ts/checkpoint] writeGguf: ${rule}, got ${got} at ${at}. ${nextStep}`);
}
