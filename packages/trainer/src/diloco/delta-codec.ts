/**
 * Named float arrays as bytes to send: as they are, in bfloat16, or in 8 bits with a scale per block of 128.
 *
 * Layout: that of a safetensors file, so that any reader opens it; with `int8` each tensor has its scales under `<name>.scale`. The metadata
 * holds the SHA-256 of what follows the header.
 */
import { createHash } from 'node:crypto';

/** How floats are sent: four bytes, two, or one with a scale per block. */
export type DeltaFormat = 'f32' | 'bf16' | 'int8';

/** Float arrays under the names of their parameters. */
export type FloatArrays = ReadonlyMap<string, Float32Array>;

/** Values that share a scale; 4 bytes of scale per 128 values. */
const BLOCK = 128;

type Dtype = 'F32' | 'BF16' | 'I8';
interface Part {
  readonly name: string;
  readonly dtype: Dtype;
  readonly size: number;
  readonly bytes: Uint8Array;
}

/**
 * Arrays as the bytes of a safetensors file in one of the formats.
 *
 * @param arrays not changed; int8 rounds each value to 1/127 of the largest of its block
 */
export function encodeDelta(arrays: FloatArrays, format: DeltaFormat): Uint8Array {
  const parts = [...arrays].flatMap(([name, values]) => encodeArray(name, values, format));
  const hash = createHash('sha256');
  for (const { bytes } of parts) hash.update(bytes);
  const header: Record<string, unknown> = { __metadata__: { sha256: hash.digest('hex'), format } };
  let offset = 0;
  for (const { name, dtype, size, bytes } of parts) {
    header[name] = { dtype, shape: [size], data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
  }
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(text.length + ((8 - (Buffer.byteLength(text) % 8)) % 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts.map(({ bytes }) => bytes)]);
}

/** @throws Error when the bytes are cut off or altered, or a tensor of `expected` is missing or of another size */
export function decodeDelta(bytes: Uint8Array, expected: ReadonlyMap<string, number>, place: string): FloatArrays {
  const fault = (what: string) =>
    new Error(
      `[@marco-ts/trainer] decodeDelta: a message must be whole and of this model, got ${what} at ${place}. Was it written by this run?`,
    );
  const headerLength = bytes.length < 8 ? -1 : Number(Buffer.from(bytes.subarray(0, 8)).readBigUInt64LE());
  if (headerLength < 0 || 8 + headerLength > bytes.length) throw fault(`${bytes.length} bytes`);
  const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + headerLength)).toString()) as Record<
    string,
    { dtype: Dtype; data_offsets: [number, number] }
  > & { __metadata__: { sha256: string; format: DeltaFormat } };
  // A copy: a Node Buffer's slice would not be one.
  const body = new Uint8Array(bytes.subarray(8 + headerLength));
  if (createHash('sha256').update(body).digest('hex') !== header.__metadata__.sha256) throw fault('another checksum');
  const partOf = (name: string): Uint8Array => {
    const entry = header[name];
    if (entry === undefined) throw fault(`no ${name}`);
    return body.slice(...entry.data_offsets);
  };
  const { format } = header.__metadata__;
  const arrays = new Map<string, Float32Array>();
  for (const [name, size] of expected) {
    const values = decodeArray(name, partOf, format);
    if (values.length !== size) throw fault(`${values.length} values of ${name} instead of ${size}`);
    arrays.set(name, values);
  }
  return arrays;
}

function encodeArray(name: string, values: Float32Array, format: DeltaFormat): Part[] {
  const size = values.length;
  const bytesOf = (array: Float32Array | Uint16Array | Int8Array) =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  if (format === 'f32') return [{ name, dtype: 'F32', size, bytes: bytesOf(values) }];
  if (format === 'bf16') {
    const bits = new Uint32Array(values.slice().buffer);
    // Round to nearest, ties to even; NaN stays NaN.
    const half = Uint16Array.from(bits, (bit, i) =>
      Number.isNaN(values[i]) ? 0x7fc0 : (bit + 0x7fff + ((bit >>> 16) & 1)) >>> 16,
    );
    return [{ name, dtype: 'BF16', size, bytes: bytesOf(half) }];
  }
  const scales = new Float32Array(Math.ceil(size / BLOCK));
  const quantized = new Int8Array(size);
  for (let block = 0; block < scales.length; block++) {
    const end = Math.min(size, (block + 1) * BLOCK);
    let largest = 0;
    for (let i = block * BLOCK; i < end; i++) largest = Math.max(largest, Math.abs(values[i]!));
    const scale = Math.fround(largest / 127);
    scales[block] = scale;
    if (scale > 0) for (let i = block * BLOCK; i < end; i++) quantized[i] = Math.round(values[i]! / scale);
  }
  return [
    { name, dtype: 'I8', size, bytes: bytesOf(quantized) },
    { name: `${name}.scale`, dtype: 'F32', size: scales.length, bytes: bytesOf(scales) },
  ];
}

function decodeArray(name: string, partOf: (name: string) => Uint8Array, format: DeltaFormat): Float32Array {
  const bytes = partOf(name);
  if (format === 'f32') return new Float32Array(bytes.buffer);
  if (format === 'bf16') {
    const bits = Uint32Array.from(new Uint16Array(bytes.buffer), (half) => half << 16);
    return new Float32Array(bits.buffer);
  }
  const scales = new Float32Array(partOf(`${name}.scale`).buffer);
  return Float32Array.from(new Int8Array(bytes.buffer), (value, i) => value * scales[Math.floor(i / BLOCK)]!);
}
