/**
 * The header of a GGUF file: metadata and tensor list, parsed and checked in full before any tensor is read.
 *
 * Source: docs/gguf.md of https://github.com/ggml-org/ggml, versions 2 and 3, little-endian; the checks of `gguf_init_from_file` in ggml.
 * Units: bytes; offsets in errors count from the start of the file.
 * Differs: bytes after the last tensor and its padding are refused.
 */
import { elementCount } from '../named-array.ts';
import {
  alignUp,
  DEFAULT_ALIGNMENT,
  GGUF_MAGIC,
  type GgufArray,
  type GgufItem,
  type GgufTensor,
  type GgufTensorType,
  type GgufValue,
  type GgufValueType,
  MAX_ARRAY_DEPTH,
  MAX_ARRAY_ITEMS,
  MAX_DIMENSIONS,
  MAX_HEADER_BYTES,
  MAX_KEY_BYTES,
  MAX_TENSOR_NAME_BYTES,
  TENSOR_TYPES,
  VALUE_TYPES,
} from './gguf-format.ts';

export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

export type Refuse = (rule: string, got: string, at: string) => Error;

/** @returns a maker of errors for one file */
export function ggufRefuser(functionName: string, path: string): Refuse {
  return (rule, got, at) =>
    new Error(
      `[@marco-ts/checkpoint] ${functionName}: ${rule}, got ${got} at ${at} of ${path}. The file is damaged or no GGUF file of version 2 or 3; fetch or write it again.`,
    );
}

const TYPE_NAMES = new Map<number, GgufTensorType>(
  Object.entries(TENSOR_TYPES).map(([name, { id }]) => [id, name as GgufTensorType]),
);
const MIN_PAIR_BYTES = 8 + 1 + 4 + 1;
const MIN_TENSOR_BYTES = 8 + 1 + 4 + 4 + 8;

/**
 * @param prefix the first bytes of the file
 * @param fileBytes size of the whole file
 * @returns null when `prefix` ends inside the header and the file goes on: call again with more of it, up to `MAX_HEADER_BYTES`
 * @throws for anything that is not metadata and a set of named tensors that follow one another to the end of the file
 */
export function parseGgufHeader(prefix: Uint8Array, fileBytes: number, refuse: Refuse): GgufHeader | null {
  try {
    return parse(createCursor(prefix, fileBytes, refuse), fileBytes, refuse);
  } catch (error) {
    if (error === NEED_MORE) return null;
    throw error;
  }
}

const NEED_MORE = Symbol('the prefix ends inside the header');

interface Cursor {
  offset(): number;
  /** Moves on by `size` bytes, known to be there, and gives where they began. */
  take(size: number): number;
  u32(): number;
  /** A 64-bit count that fits a double exactly. */
  u64(what: string): number;
  text(what: string, maxBytes: number): string;
  readonly view: DataView;
}

function createCursor(prefix: Uint8Array, fileBytes: number, refuse: Refuse): Cursor {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let offset = 0;
  const take = (size: number): number => {
    const start = offset;
    if (start + size > fileBytes) {
      throw refuse(
        `the header must fit in the file of ${fileBytes} bytes (truncated)`,
        `${size} more bytes needed`,
        `byte ${start}`,
      );
    }
    if (start + size > MAX_HEADER_BYTES) {
      throw refuse(
        `the header must be at most ${MAX_HEADER_BYTES} bytes (header too large)`,
        `${size} more bytes`,
        `byte ${start}`,
      );
    }
    if (start + size > prefix.length) throw NEED_MORE;
    offset += size;
    return start;
  };
  const u64 = (what: string): number => {
    const start = take(8);
    const value = view.getBigUint64(start, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw refuse(`${what} must be below 2^53`, String(value), `byte ${start}`);
    return Number(value);
  };
  return {
    view,
    offset: () => offset,
    take,
    u32: () => view.getUint32(take(4), true),
    u64,
    text(what, maxBytes) {
      const at = offset;
      const length = u64(`the length of ${what}`);
      if (length > maxBytes) throw refuse(`${what} must be at most ${maxBytes} bytes`, String(length), `byte ${at}`);
      const start = take(length);
      try {
        return decoder.decode(prefix.subarray(start, start + length));
      } catch {
        throw refuse(`${what} must be UTF-8`, 'other bytes', `byte ${start}`);
      }
    },
  };
}

function parse(cursor: Cursor, fileBytes: number, refuse: Refuse): GgufHeader {
  const magic = cursor.u32();
  if (magic !== GGUF_MAGIC)
    throw refuse('the file must begin with "GGUF"', `0x${magic.toString(16).padStart(8, '0')}`, 'byte 0');
  const version = cursor.u32();
  if (version !== 2 && version !== 3) {
    const what = (version & 0xffff) === 0 ? 'a big-endian file' : `version ${version}`;
    throw refuse('the version must be 2 or 3, little-endian', what, 'byte 4');
  }
  const tensorCount = cursor.u64('the number of tensors');
  const pairCount = cursor.u64('the number of metadata keys');
  const leastBytes = 24 + tensorCount * MIN_TENSOR_BYTES + pairCount * MIN_PAIR_BYTES;
  if (leastBytes > Math.min(fileBytes, MAX_HEADER_BYTES)) {
    throw refuse(
      `tensors and metadata keys must fit in the ${fileBytes} bytes of the file`,
      `${tensorCount} tensors and ${pairCount} keys`,
      'byte 8',
    );
  }
  const metadata = parseMetadata(cursor, pairCount, fileBytes, refuse);
  const alignment = alignmentOf(metadata, refuse);
  const listed = Array.from({ length: tensorCount }, () => parseTensor(cursor, alignment, refuse));
  const tensors = placeTensors(listed, cursor.offset(), alignment, fileBytes, refuse);
  return { version, metadata, tensors };
}

function parseMetadata(
  cursor: Cursor,
  pairCount: number,
  fileBytes: number,
  refuse: Refuse,
): ReadonlyMap<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < pairCount; i++) {
    const at = cursor.offset();
    const key = cursor.text('a metadata key', MAX_KEY_BYTES);
    if (key === '') throw refuse('a metadata key must not be empty', 'an empty one', `byte ${at}`);
    if (metadata.has(key)) throw refuse('metadata keys must be unique', `${JSON.stringify(key)} twice`, `byte ${at}`);
    const type = parseValueType(cursor, key, refuse);
    const value = type === 'ARRAY' ? parseArray(cursor, key, 1, fileBytes, refuse) : parseScalar(cursor, type, refuse);
    metadata.set(key, (type === 'ARRAY' ? value : { type, value }) as GgufValue);
  }
  return metadata;
}

function parseValueType(cursor: Cursor, key: string, refuse: Refuse): GgufValueType {
  const at = cursor.offset();
  const id = cursor.u32();
  const type = VALUE_TYPES[id];
  if (!type) throw refuse('a value type must be below 13', `${id} for ${JSON.stringify(key)}`, `byte ${at}`);
  return type.name;
}

function parseArray(cursor: Cursor, key: string, depth: number, fileBytes: number, refuse: Refuse): GgufArray {
  const at = cursor.offset();
  const itemType = parseValueType(cursor, key, refuse);
  const count = cursor.u64('the length of an array');
  const itemBytes = VALUE_TYPES.find(({ name }) => name === itemType)!.bytes;
  if (count > MAX_ARRAY_ITEMS || count * itemBytes > fileBytes - cursor.offset()) {
    throw refuse(
      `an array must fit in the file and have at most ${MAX_ARRAY_ITEMS} items`,
      `${count} of ${itemType} for ${JSON.stringify(key)}`,
      `byte ${at}`,
    );
  }
  if (itemType === 'ARRAY' && depth === MAX_ARRAY_DEPTH) {
    throw refuse(
      `arrays must be nested at most ${MAX_ARRAY_DEPTH} deep`,
      `more for ${JSON.stringify(key)}`,
      `byte ${at}`,
    );
  }
  const value: GgufItem[] = [];
  for (let i = 0; i < count; i++) {
    value.push(
      itemType === 'ARRAY'
        ? parseArray(cursor, key, depth + 1, fileBytes, refuse)
        : parseScalar(cursor, itemType, refuse),
    );
  }
  return { type: 'ARRAY', itemType, value };
}

function parseScalar(
  cursor: Cursor,
  type: Exclude<GgufValueType, 'ARRAY'>,
  refuse: Refuse,
): Exclude<GgufItem, GgufArray> {
  const { view } = cursor;
  switch (type) {
    case 'UINT8':
      return view.getUint8(cursor.take(1));
    case 'INT8':
      return view.getInt8(cursor.take(1));
    case 'UINT16':
      return view.getUint16(cursor.take(2), true);
    case 'INT16':
      return view.getInt16(cursor.take(2), true);
    case 'UINT32':
      return cursor.u32();
    case 'INT32':
      return view.getInt32(cursor.take(4), true);
    case 'FLOAT32':
      return view.getFloat32(cursor.take(4), true);
    case 'UINT64':
      return view.getBigUint64(cursor.take(8), true);
    case 'INT64':
      return view.getBigInt64(cursor.take(8), true);
    case 'FLOAT64':
      return view.getFloat64(cursor.take(8), true);
    case 'STRING':
      return cursor.text('a string', MAX_HEADER_BYTES);
    case 'BOOL': {
      const at = cursor.take(1);
      const byte = view.getUint8(at);
      if (byte > 1) throw refuse('a BOOL must be 0 or 1', String(byte), `byte ${at}`);
      return byte === 1;
    }
  }
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, refuse: Refuse): number {
  const value = metadata.get('general.alignment');
  if (!value) return DEFAULT_ALIGNMENT;
  if (value.type !== 'UINT32' || value.value === 0 || (value.value & (value.value - 1)) !== 0) {
    throw refuse(
      'the alignment must be a UINT32 and a power of two',
      `${value.type} ${String(value.value)}`,
      'key "general.alignment"',
    );
  }
  return value.value;
}

/** A tensor whose `byteOffset` still counts from the start of the data. */
function parseTensor(cursor: Cursor, alignment: number, refuse: Refuse): GgufTensor {
  const start = cursor.offset();
  const name = cursor.text('a tensor name', MAX_TENSOR_NAME_BYTES);
  const at = `tensor ${JSON.stringify(name)} (byte ${start})`;
  const numDimensions = cursor.u32();
  if (numDimensions > MAX_DIMENSIONS)
    throw refuse(`a tensor must have at most ${MAX_DIMENSIONS} dimensions`, String(numDimensions), at);
  const shape: number[] = [];
  for (let i = 0; i < numDimensions; i++) shape.unshift(cursor.u64('a dimension'));
  const typeId = cursor.u32();
  const type = TYPE_NAMES.get(typeId);
  if (!type) throw refuse('the tensor type must be one that ggml has', String(typeId), at);
  const byteOffset = cursor.u64('the offset of a tensor');
  if (byteOffset % alignment !== 0)
    throw refuse(`a tensor must begin at a multiple of ${alignment} bytes`, `offset ${byteOffset}`, at);
  const { blockElements, blockBytes } = TENSOR_TYPES[type];
  if ((shape.at(-1) ?? 1) % blockElements !== 0) {
    throw refuse(`rows of ${type} must be whole blocks of ${blockElements}`, `rows of ${shape.at(-1)}`, at);
  }
  const sizeBytes = (elementCount(shape) / blockElements) * blockBytes;
  if (!Number.isSafeInteger(sizeBytes)) throw refuse('a tensor must be below 2^53 bytes', `[${shape}] of ${type}`, at);
  return { name, type, shape, byteOffset, sizeBytes };
}

/** The tensors must follow one another, padded to the alignment, from the first byte of the data to the last. */
function placeTensors(
  listed: readonly GgufTensor[],
  headerBytes: number,
  alignment: number,
  fileBytes: number,
  refuse: Refuse,
): ReadonlyMap<string, GgufTensor> {
  const dataStart = alignUp(headerBytes, alignment);
  const tensors = new Map<string, GgufTensor>();
  for (const tensor of listed) {
    const at = `tensor ${JSON.stringify(tensor.name)}`;
    if (tensors.has(tensor.name)) throw refuse('tensor names must be unique', 'one twice', at);
    const placed = { ...tensor, byteOffset: dataStart + tensor.byteOffset };
    if (placed.byteOffset + placed.sizeBytes > fileBytes) {
      throw refuse(
        `data must lie within the ${fileBytes} bytes of the file (truncated)`,
        `bytes up to ${placed.byteOffset + placed.sizeBytes}`,
        at,
      );
    }
    tensors.set(tensor.name, placed);
  }
  let cursor = dataStart;
  let end = headerBytes;
  const ordered = [...tensors.values()].sort((a, b) => a.byteOffset - b.byteOffset || a.sizeBytes - b.sizeBytes);
  for (const { name, byteOffset, sizeBytes } of ordered) {
    const at = `tensor ${JSON.stringify(name)}`;
    if (byteOffset < cursor) throw refuse('tensors must not overlap', `byte ${byteOffset} before ${cursor}`, at);
    if (byteOffset > cursor) throw refuse('tensors must leave no holes', `byte ${byteOffset} after ${cursor}`, at);
    end = byteOffset + sizeBytes;
    cursor = alignUp(end, alignment);
  }
  if (fileBytes > alignUp(end, alignment)) {
    throw refuse('the tensors must cover the file', `${fileBytes - end} more bytes`, `byte ${end}`);
  }
  return tensors;
}
