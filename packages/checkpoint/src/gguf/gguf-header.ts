/**
 * The header of a GGUF file: metadata and tensor list, parsed and checked in full before any tensor is read.
 *
 * Source: docs/gguf.md of https://github.com/ggml-org/ggml, versions 2 and 3, little-endian; the checks of `gguf_init_from_file` in ggml.
 * Units: bytes; offsets in errors count from the start of the file.
 * Differs: bytes after the last tensor and its padding are refused.
 */
import { elementCount } from '../named-array.ts';
import { createCursor, type GgufCursor, NEED_MORE, type Refuse } from './gguf-cursor.ts';
import {
  alignUp,
  DEFAULT_ALIGNMENT,
  GGUF_MAGIC,
  type GgufTensor,
  type GgufTensorType,
  type GgufValue,
  MAX_DIMENSIONS,
  MAX_HEADER_BYTES,
  MAX_TENSOR_NAME_BYTES,
  TENSOR_TYPES,
} from './gguf-format.ts';
import { parseMetadata } from './gguf-metadata.ts';

export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

const TYPE_NAMES = new Map<number, GgufTensorType>(
  Object.entries(TENSOR_TYPES).map(([name, { id }]) => [id, name as GgufTensorType]),
);
const MIN_PAIR_BYTES = 8 + 1 + 4 + 1;
const MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;

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

function parse(cursor: GgufCursor, fileBytes: number, refuse: Refuse): GgufHeader {
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
function parseTensor(cursor: GgufCursor, alignment: number, refuse: Refuse): GgufTensor {
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
