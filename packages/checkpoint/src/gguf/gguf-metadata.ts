/**
 * The metadata of a GGUF header: keys, and values of every type the format has.
 *
 * Source: docs/gguf.md of https://github.com/ggml-org/ggml.
 */
import type { GgufCursor, Refuse } from './gguf-cursor.ts';
import {
  type GgufArray,
  type GgufItem,
  type GgufValue,
  type GgufValueType,
  MAX_ARRAY_DEPTH,
  MAX_ARRAY_ITEMS,
  MAX_HEADER_BYTES,
  MAX_KEY_BYTES,
  VALUE_TYPES,
} from './gguf-format.ts';

/** @returns the pairs in the order of the file */
export function parseMetadata(
  cursor: GgufCursor,
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

function parseValueType(cursor: GgufCursor, key: string, refuse: Refuse): GgufValueType {
  const at = cursor.offset();
  const id = cursor.u32();
  const type = VALUE_TYPES[id];
  if (!type) throw refuse('a value type must be below 13', `${id} for ${JSON.stringify(key)}`, `byte ${at}`);
  return type.name;
}

function parseArray(cursor: GgufCursor, key: string, depth: number, fileBytes: number, refuse: Refuse): GgufArray {
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
  cursor: GgufCursor,
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
