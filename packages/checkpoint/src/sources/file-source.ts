/**
 * A file on the disk as a source, read by position.
 *
 * Units: bytes.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { type ByteSource, endedEarly } from './byte-source.ts';

/** Large targets are read in parts of this size, two at a time: the kernel's copying then uses two cores. */
const PART_BYTES = 1 << 22;

/** @throws the operating system's error */
export async function openFileSource(path: string): Promise<ByteSource> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return {
      path,
      sizeBytes: size,
      read: (target, position) => readFully(file, target, position, path),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @throws when the file ends before `target` is full */
export async function readFully(file: FileHandle, target: Uint8Array, position: number, path: string): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < target.length) {
      let done = next;
      const end = Math.min(target.length, done + PART_BYTES);
      next = end;
      while (done < end) {
        const { bytesRead } = await file.read(target, done, end - done, position + done);
        if (bytesRead === 0) {
          next = target.length;
          throw endedEarly(path, position + done);
        }
        done += bytesRead;
      }
    }
  };
  await (target.length > PART_BYTES ? Promise.all([lane(), lane()]) : lane());
}
