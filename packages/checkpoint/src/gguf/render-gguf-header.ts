/**
 * The bytes of a GGUF header (version 3): counts, metadata and the list of tensors.
 *
 * Source: docs/gguf.md of https://github.com/ggml-org/ggml.
 */
import {
  GGUF_MAGIC,
  GGUF_VERSION,
  type GgufArray,
  type GgufFloatType,
  type GgufItem,
  type GgufValue,
  type GgufValueType,
  MAX_ARRAY_DEPTH,
  MAX_ARRAY_ITEMS,
  MAX_HEADER_BYTES,
  MAX_KEY_BYTES,
  MAX_TENSOR_NAME_BYTES,
  TENSOR_TYPES,
  VALUE_TYPES,
} from './gguf-format.ts';

export interface ListedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: GgufFloatType;
  /** From the start of the data. */
  readonly offset: number;
}

/** @throws naming the key or tensor when a name or value does not fit its type */
export function renderGgufHeader(
  metadata: ReadonlyMap<string, GgufValue>,
  tensors: readonly ListedTensor[],
  path: string,
): Uint8Array {
  const sink = createSink();
  sink.u32(GGUF_MAGIC);
  sink.u32(GGUF_VERSION);
  sink.u64(BigInt(tensors.length));
  sink.u64(BigInt(metadata.size));
  for (const [key, value] of metadata) {
    const refuse = (rule: string, got: string) => fault(rule, got, `key ${JSON.stringify(key)} of ${path}`);
    sink.text(checkedText(key, 1, MAX_KEY_BYTES, refuse));
    sink.u32(valueTypeId(value.type, refuse));
    if (value.type === 'ARRAY') renderArray(sink, value, 1, refuse);
    else renderScalar(sink, value.type, value.value, refuse);
  }
  for (const { name, shape, type, offset } of tensors) {
    const refuse = (rule: string, got: string) => fault(rule, got, `tensor ${JSON.stringify(name)} of ${path}`);
    sink.text(checkedText(name, 1, MAX_TENSOR_NAME_BYTES, refuse));
    sink.u32(shape.length);
    for (const size of [...shape].reverse()) sink.u64(BigInt(size));
    sink.u32(TENSOR_TYPES[type].id);
    sink.u64(BigInt(offset));
  }
  const header = sink.bytes();
  if (header.length > MAX_HEADER_BYTES)
    throw fault(`the header must be at most ${MAX_HEADER_BYTES} bytes`, String(header.length), path);
  return header;
}

type RefuseValue = (rule: string, got: string) => Error;

function valueTypeId(type: string, refuse: RefuseValue): number {
  const id = VALUE_TYPES.findIndex(({ name }) => name === type);
  if (id < 0) throw refuse(`the type must be one of ${VALUE_TYPES.map(({ name }) => name).join(' ')}`, type);
  return id;
}

function renderArray(sink: Sink, { itemType, value }: GgufArray, depth: number, refuse: RefuseValue): void {
  if (depth > MAX_ARRAY_DEPTH) throw refuse(`arrays must be nested at most ${MAX_ARRAY_DEPTH} deep`, 'more');
  if (value.length > MAX_ARRAY_ITEMS)
    throw refuse(`an array must have at most ${MAX_ARRAY_ITEMS} items`, String(value.length));
  sink.u32(valueTypeId(itemType, refuse));
  sink.u64(BigInt(value.length));
  for (const item of value) {
    if (itemType !== 'ARRAY') renderScalar(sink, itemType, item, refuse);
    else if (typeof item === 'object') renderArray(sink, item, depth + 1, refuse);
    else throw refuse('items of ARRAY must be arrays', typeof item);
  }
}

/** Lowest and highest value of the integers that are numbers here. */
const RANGES = {
  UINT8: [0, 0xff],
  INT8: [-0x80, 0x7f],
  UINT16: [0, 0xffff],
  INT16: [-0x8000, 0x7fff],
  UINT32: [0, 0xffffffff],
  INT32: [-0x80000000, 0x7fffffff],
} as const;

function renderScalar(sink: Sink, type: Exclude<GgufValueType, 'ARRAY'>, value: GgufItem, refuse: RefuseValue): void {
  const wrong = () => refuse(`a value must be ${type}`, `${typeof value} ${String(value)}`);
  if (type === 'STRING') {
    if (typeof value !== 'string') throw wrong();
    sink.text(checkedText(value, 0, MAX_HEADER_BYTES, refuse));
  } else if (type === 'BOOL') {
    if (typeof value !== 'boolean') throw wrong();
    sink.number(1, (view, at) => view.setUint8(at, value ? 1 : 0));
  } else if (type === 'UINT64' || type === 'INT64') {
    if (typeof value !== 'bigint') throw wrong();
    if ((type === 'UINT64' ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value)) !== value) throw wrong();
    sink.u64(BigInt.asUintN(64, value));
  } else if (typeof value !== 'number') throw wrong();
  else if (type === 'FLOAT32') sink.number(4, (view, at) => view.setFloat32(at, value, true));
  else if (type === 'FLOAT64') sink.number(8, (view, at) => view.setFloat64(at, value, true));
  else {
    const [least, most] = RANGES[type];
    if (!Number.isInteger(value) || value < least || value > most) throw wrong();
    const bytes = VALUE_TYPES.find(({ name }) => name === type)!.bytes;
    // The lowest bytes of the two's complement, whatever the sign.
    sink.number(bytes, (view, at) => {
      for (let i = 0; i < bytes; i++) view.setUint8(at + i, (value >> (8 * i)) & 0xff);
    });
  }
}

function checkedText(text: string, least: number, most: number, refuse: RefuseValue): Uint8Array {
  if (!text.isWellFormed()) throw refuse('text must be Unicode', 'a lone surrogate');
  const bytes = new TextEncoder().encode(text);
  if (bytes.length < least || bytes.length > most)
    throw refuse(`text must be ${least} to ${most} bytes`, `${bytes.length}`);
  return bytes;
}

interface Sink {
  number(bytes: number, set: (view: DataView, at: number) => void): void;
  u32(value: number): void;
  u64(value: bigint): void;
  text(bytes: Uint8Array): void;
  bytes(): Uint8Array;
}

function createSink(): Sink {
  let buffer = new Uint8Array(1 << 16);
  let view = new DataView(buffer.buffer);
  let length = 0;
  const grow = (bytes: number): number => {
    if (length + bytes > buffer.length) {
      const larger = new Uint8Array(2 * (length + bytes));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
      view = new DataView(buffer.buffer);
    }
    length += bytes;
    return length - bytes;
  };
  const u64 = (value: bigint) => {
    const at = grow(8);
    view.setBigUint64(at, value, true);
  };
  return {
    number(bytes, set) {
      const at = grow(bytes);
      set(view, at);
    },
    u32(value) {
      const at = grow(4);
      view.setUint32(at, value, true);
    },
    u64,
    text(bytes) {
      u64(BigInt(bytes.length));
      const at = grow(bytes.length);
      buffer.set(bytes, at);
    },
    bytes: () => buffer.subarray(0, length),
  };
}

function fault(rule: string, got: string, at: string): Error {
  return new Error(`[@marco-ts/checkpoint] writeGguf: ${rule}, got ${got} at ${at}. Correct it; nothing was written.`);
}
