/**
 * Opens GGUF bytes from any source: a file, memory, a Blob or an address.
 */
import type { ByteSource } from '../sources/byte-source.ts';
import { createTensorReader, type TensorReader } from '../tensors/tensor-reader.ts';
import { ggufRefuser } from './gguf-cursor.ts';
import { type GgufTensor, type GgufValue, MAX_HEADER_BYTES } from './gguf-format.ts';
import { type GgufHeader, parseGgufHeader } from './gguf-header.ts';

/** An open GGUF file: metadata at once, tensors one by one until `close`. */
export interface GgufFile extends TensorReader {
  readonly path: string;
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

const FIRST_READ_BYTES = 1 << 20;

/**
 * @param source closed with the returned file, or at once when this throws
 * @throws naming the source and the byte offset, key or tensor when it is damaged, truncated, or has overlapping or missing data
 */
export async function openGgufFrom(source: ByteSource): Promise<GgufFile> {
  try {
    const header = await readHeader(source);
    return { path: source.path, ...header, ...createTensorReader(source, header.tensors, ({ type }) => type) };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function readHeader(source: ByteSource): Promise<GgufHeader> {
  const refuse = ggufRefuser('openGguf', source.path);
  for (let size = FIRST_READ_BYTES; ; size *= 4) {
    const prefix = new Uint8Array(Math.min(size, source.sizeBytes, MAX_HEADER_BYTES));
    await source.read(prefix, 0);
    const header = parseGgufHeader(prefix, source.sizeBytes, refuse);
    if (header) return header;
  }
}
