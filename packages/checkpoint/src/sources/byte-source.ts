/**
 * Bytes that can be read at any position: a file, a Blob, an address, memory. The readers of tensor files ask for nothing else.
 *
 * Units: bytes.
 */
export interface ByteSource {
  /** Path, address or another name, for errors. */
  readonly path: string;
  readonly sizeBytes: number;
  /**
   * Fills `target` with the bytes from `position` on.
   *
   * @throws when they are not all there
   */
  read(target: Uint8Array, position: number): Promise<void>;
  /** Gives back what the source holds open; reads after it fail. */
  close(): Promise<void>;
}

/** The error for a source that ends before the bytes that it said it had. */
export function endedEarly(path: string, position: number): Error {
  return new Error(
    `[@marco-ts/checkpoint] read: the file must not shrink while it is read, got its end at byte ${position} of ${path}. Fetch or write it again.`,
  );
}
