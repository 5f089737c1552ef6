/**
 * The header of a safetensors file: parsed and checked in full before any tensor is read.
 *
 * Source: https://github.com/huggingface/safetensors (README "Format" and safetensors/src/tensor.rs): 8 bytes little-endian header
 * length, JSON header, data; offsets relative to the data, without holes or overlaps, covering all of it.
 * Units: bytes; offsets in errors count from the start of the file.
 */
import { elementCount } from '../named-array.ts';

/** The reference implementation's limit on the header. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Bytes per element of every whole-byte dtype that the format names. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
  C64: 8,
} as const;

/** A type of number by the format's name, such as `BF16` or `I8`. */
export type SafetensorsDtype = keyof typeof DTYPE_BYTES;

/** A tensor of a safetensors file, as its header describes it. */
export interface SafetensorsTensor {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Where its bytes begin, counted from the start of the file. */
  readonly byteOffset: number;
  readonly sizeBytes: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

type Refuse = (rule: string, got: string, at: string) => Error;

/** @returns a maker of errors for one file */
export function refuser(functionName: string, path: string): Refuse {
  return (rule, got, at) =>
    new Error(
      `[@marco-ts/checkpoint] ${functionName}: ${rule}, got ${got} at ${at} of ${path}. The file is damaged or no safetensors file; fetch or write it again.`,
    );
}

/**
 * @param prefix the first 8 bytes of the file, or fewer when it is shorter
 * @returns the length of the JSON header in bytes, known to fit in the file
 */
export function parseHeaderLength(prefix: Uint8Array, fileBytes: number, refuse: Refuse): number {
  if (prefix.length < 8)
    throw refuse('the file must begin with 8 bytes of header length', `${prefix.length} bytes`, 'byte 0');
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw refuse(`the header must be at most ${MAX_HEADER_BYTES} bytes (header too large)`, `${length}`, 'byte 0');
  }
  if (length < 2n) throw refuse('the header must hold at least "{}"', `a length of ${length}`, 'byte 0');
  if (Number(length) + 8 > fileBytes) {
    throw refuse(
      `the header of ${length} bytes must fit in the file`,
      `${fileBytes} bytes in all (truncated)`,
      'byte 0',
    );
  }
  return Number(length);
}

/**
 * @param headerBytes the JSON header
 * @param fileBytes size of the whole file
 * @throws for anything that is not exactly a set of named tensors that tile the rest of the file
 */
export function parseHeader(headerBytes: Uint8Array, fileBytes: number, refuse: Refuse): SafetensorsHeader {
  if (headerBytes[0] !== 0x7b) throw refuse('the header must begin with "{"', `byte ${headerBytes[0]}`, 'byte 8');
  let text: string;
  let json: Record<string, unknown>;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(headerBytes);
    json = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw refuse('the header must be JSON in UTF-8', (error as Error).message, 'byte 8');
  }
  const duplicate = firstDuplicateKey(text);
  if (duplicate !== null) throw refuse('names must be unique', `${JSON.stringify(duplicate)} twice`, 'byte 8');

  let metadata: Record<string, string> = {};
  const dataStart = 8 + headerBytes.length;
  const tensors: SafetensorsTensor[] = [];
  for (const [name, entry] of Object.entries(json)) {
    if (name === '__metadata__') metadata = parseMetadata(entry, refuse);
    else tensors.push(parseTensor(name, entry, dataStart, fileBytes, refuse));
  }
  checkTiling(tensors, dataStart, fileBytes, refuse);
  return { tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), metadata };
}

function parseMetadata(entry: unknown, refuse: Refuse): Record<string, string> {
  const isObject = typeof entry === 'object' && entry !== null && !Array.isArray(entry);
  if (!isObject || !Object.values(entry).every((value) => typeof value === 'string')) {
    throw refuse('__metadata__ must map strings to strings', JSON.stringify(entry).slice(0, 80), 'byte 8');
  }
  return entry as Record<string, string>;
}

function parseTensor(
  name: string,
  entry: unknown,
  dataStart: number,
  fileBytes: number,
  refuse: Refuse,
): SafetensorsTensor {
  const at = `tensor ${JSON.stringify(name)}`;
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BYTES, dtype)) {
    throw refuse(`dtype must be one of ${Object.keys(DTYPE_BYTES).join(' ')}`, JSON.stringify(dtype) ?? 'none', at);
  }
  if (!isListOfCounts(shape))
    throw refuse('shape must be a list of whole numbers', JSON.stringify(shape) ?? 'none', at);
  if (!isListOfCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw refuse('data_offsets must be [begin, end] with begin <= end', JSON.stringify(offsets) ?? 'none', at);
  }
  const [begin, end] = offsets as [number, number];
  if (dataStart + end > fileBytes) {
    throw refuse(
      `data must lie within the ${fileBytes} bytes of the file (truncated)`,
      `bytes up to ${dataStart + end}`,
      at,
    );
  }
  const count = elementCount(shape);
  const sizeBytes = count * DTYPE_BYTES[dtype as SafetensorsDtype];
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes !== end - begin) {
    throw refuse(
      `[${shape}] of ${dtype} must take ${sizeBytes} bytes`,
      `${end - begin} from byte ${dataStart + begin}`,
      at,
    );
  }
  return { name, dtype: dtype as SafetensorsDtype, shape, byteOffset: dataStart + begin, sizeBytes };
}

function isListOfCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** The tensors must follow one another from the first byte of the data to the last. */
function checkTiling(
  tensors: readonly SafetensorsTensor[],
  dataStart: number,
  fileBytes: number,
  refuse: Refuse,
): void {
  const ordered = [...tensors].sort((a, b) => a.byteOffset - b.byteOffset || a.sizeBytes - b.sizeBytes);
  let cursor = dataStart;
  for (const { name, byteOffset, sizeBytes } of ordered) {
    const at = `tensor ${JSON.stringify(name)}`;
    if (byteOffset < cursor) throw refuse('tensors must not overlap', `byte ${byteOffset} before ${cursor}`, at);
    if (byteOffset > cursor) throw refuse('tensors must leave no holes', `byte ${byteOffset} after ${cursor}`, at);
    cursor = byteOffset + sizeBytes;
  }
  if (cursor !== fileBytes)
    throw refuse('the tensors must cover the file', `${fileBytes - cursor} more bytes`, `byte ${cursor}`);
}

/** The first key that the outermost object of valid JSON `text` holds twice; `JSON.parse` would keep the last silently. */
function firstDuplicateKey(text: string): string | null {
  const seen = new Set<string>();
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;
  let depth = 0;
  let lastString = '';
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const found = match[0];
    if (found === '{' || found === '[') depth++;
    else if (found === '}' || found === ']') depth--;
    else if (found !== ':') lastString = found;
    else if (depth === 1) {
      const key = JSON.parse(lastString) as string;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return null;
}
