/**
 * Opens safetensors bytes from any source: a file, memory, a Blob or an address.
 */
import type { ByteSource } from '../sources/byte-source.ts';
import { createTensorReader, type TensorReader } from '../tensors/tensor-reader.ts';
import { parseHeader, parseHeaderLength, refuser, type SafetensorsTensor } from './safetensors-header.ts';

/** An open safetensors file: its header at once, tensors one by one until `close`. */
export interface SafetensorsFile extends TensorReader {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * @param source closed with the returned file, or at once when this throws
 * @throws naming the source and the byte offset or tensor when it is damaged, truncated, or has overlapping or missing data
 */
export async function openSafetensorsFrom(source: ByteSource): Promise<SafetensorsFile> {
  const { path, sizeBytes } = source;
  const refuse = refuser('openSafetensors', path);
  try {
    const prefix = new Uint8Array(Math.min(8, sizeBytes));
    await source.read(prefix, 0);
    const headerBytes = new Uint8Array(parseHeaderLength(prefix, sizeBytes, refuse));
    await source.read(headerBytes, 8);
    const { tensors, metadata } = parseHeader(headerBytes, sizeBytes, refuse);
    return { path, tensors, metadata, ...createTensorReader(source, tensors, ({ dtype }) => dtype) };
  } catch (error) {
    await source.close();
    throw error;
  }
}
