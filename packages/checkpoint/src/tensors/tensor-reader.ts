/**
 * Reads the tensors of an open file one by one, whatever its format: as numbers, as bytes, in pieces.
 *
 * Memory: one tensor, whose bytes are read into the end of the numbers that they become and widened from the front; two pieces of 1 MiB at most
 * for the types that get narrower.
 */
import { explainFileError } from '../files/explain-file-error.ts';
import { elementCount, type NamedArray } from '../named-array.ts';
import type { ByteSource } from '../sources/byte-source.ts';
import { PIECE_BYTES, readPieces } from '../sources/read-pieces.ts';
import { ELEMENT_TYPES } from './element-types.ts';

/** Where a tensor lies, and what its bytes are. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** Counted from the start of the file. */
  readonly byteOffset: number;
  readonly sizeBytes: number;
}

export interface TensorReader {
  /**
   * Floating-point types become a Float32Array; integers and BOOL an Int32Array.
   *
   * @param into memory that the values overwrite from its start, for callers that are done with the tensor before; new memory takes longer to get
   * than most tensors take to read. The array that is given back is a view of it.
   * @throws for an unknown name, for a 64-bit integer that does not fit 32 bits, for the types that only `readBytes` gives, and for an `into` that
   * is too short or holds the other kind of number
   */
  readArray(name: string, into?: Float32Array | Int32Array): Promise<NamedArray>;
  /** The bytes as they lie in the file, in a buffer of their own. */
  readBytes(name: string): Promise<Uint8Array>;
  /** The same bytes in pieces of 1 MiB, for tensors that are passed on; each piece is valid until the next one is asked for. */
  readPieces(name: string): AsyncIterable<Uint8Array>;
  /** Closes the source; tensors cannot be read after it. */
  close(): Promise<void>;
}

/** @param typeOf the tensor's type by its name in the format */
export function createTensorReader<Tensor extends StoredTensor>(
  source: ByteSource,
  tensors: ReadonlyMap<string, Tensor>,
  typeOf: (tensor: Tensor) => string,
): TensorReader {
  const find = (functionName: string, name: string): Tensor => {
    const tensor = tensors.get(name);
    if (tensor) return tensor;
    const some = [...tensors.keys()].slice(0, 5).join(', ');
    throw new Error(
      `[@marco-ts/checkpoint] ${functionName}: the tensor must be in the file, got ${JSON.stringify(name)} at ${source.path}. It holds ${tensors.size} tensors: ${some}${tensors.size > 5 ? ', ...' : ''}`,
    );
  };
  const explain = (functionName: string, error: unknown) => explainFileError(functionName, 'read', source.path, error);
  return {
    async readArray(name, into) {
      const tensor = find('readArray', name);
      try {
        return await readNumbers(source, name, tensor, typeOf(tensor), into);
      } catch (error) {
        throw explain('readArray', error);
      }
    },
    async readBytes(name) {
      const { sizeBytes, byteOffset } = find('readBytes', name);
      const bytes = new Uint8Array(sizeBytes);
      try {
        await source.read(bytes, byteOffset);
      } catch (error) {
        throw explain('readBytes', error);
      }
      return bytes;
    },
    async *readPieces(name) {
      const { sizeBytes, byteOffset } = find('readPieces', name);
      try {
        yield* readPieces(source, byteOffset, sizeBytes);
      } catch (error) {
        throw explain('readPieces', error);
      }
    },
    close: () => source.close(),
  };
}

async function readNumbers(
  source: ByteSource,
  name: string,
  tensor: StoredTensor,
  type: string,
  into: Float32Array | Int32Array | undefined,
): Promise<NamedArray> {
  const { shape, byteOffset, sizeBytes } = tensor;
  const fault = (rule: string, got: string, nextStep = 'Take its bytes with readBytes, or a file of another type.') =>
    new Error(
      `[@marco-ts/checkpoint] readArray: ${rule}, got ${got} at tensor ${JSON.stringify(name)} of ${source.path}. ${nextStep}`,
    );
  const elements = ELEMENT_TYPES[type];
  if (!elements) throw fault(`the type must be one of ${Object.keys(ELEMENT_TYPES).join(' ')}`, type);
  const { blockElements, blockBytes, isFloat, decode } = elements;
  const Numbers = isFloat ? Float32Array : Int32Array;
  const length = elementCount(shape);
  if (into && !(into instanceof Numbers && into.length >= length)) {
    const got = `${into.constructor.name} of ${into.length}`;
    throw fault(`into must be room for ${length} values of ${Numbers.name}`, got, 'Leave it out for new memory.');
  }
  const values = into?.subarray(0, length) ?? new Numbers(length);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (!decode) {
    await source.read(bytes, byteOffset);
    return { shape, data: values };
  }
  const room = sizeBytes <= bytes.length ? bytes.subarray(bytes.length - sizeBytes) : undefined;
  const pieceBytes = Math.floor(PIECE_BYTES / blockBytes) * blockBytes;
  let offset = 0;
  for await (const piece of readPieces(source, byteOffset, sizeBytes, pieceBytes, room)) {
    try {
      decode(piece, values, offset);
    } catch (error) {
      if (error instanceof RangeError) throw fault('64-bit integers must fit 32 bits', error.message);
      throw error;
    }
    offset += (piece.length / blockBytes) * blockElements;
  }
  return { shape, data: values };
}
