/**
 * Turns the shared memory import of a wasm module into an ordinary one, for pages without SharedArrayBuffer.
 *
 * Source: WebAssembly core specification 3.0, section 5.5 (import section) and 5.3.12 (limits: flag 3 is "shared with maximum", 1 "with maximum").
 */

/** Reads an unsigned LEB128 number; returns [value, next offset]. */
function readNumber(bytes: Uint8Array, offset: number): [number, number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[offset++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, offset];
  }
}

/**
 * @param module a wasm module whose first import is its memory; not changed
 * @returns the same module with that memory not shared
 * @throws Error when the first import is not a shared memory
 */
export function unshareMemory(module: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = module.slice();
  let offset = 8;
  while (offset < copy.length) {
    const section = copy[offset]!;
    const [size, start] = readNumber(copy, offset + 1);
    if (section === 2) {
      let [, at] = readNumber(copy, start);
      for (let part = 0; part < 2; part++) {
        const [length, next] = readNumber(copy, at);
        at = next + length;
      }
      if (copy[at] === 2 && copy[at + 1] === 3) {
        copy[at + 1] = 1;
        return copy;
      }
      break;
    }
    offset = start + size;
  }
  throw new Error(
    '[@marco-ts/backend-wasm] unshareMemory: the first import must be a shared memory, got another module. Build it with scripts/build-wasm.mjs.',
  );
}
