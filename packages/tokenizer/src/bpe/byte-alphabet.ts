/**
 * The printable stand-ins that byte-level BPE writes for the 256 bytes.
 *
 * Source: Radford et al. 2019 (GPT-2), whose vocabulary files hold these characters.
 */

/** Character of each byte. Printable Latin-1 stands for itself, the other 68 bytes take U+0100 and up in order. */
export const BYTE_TO_CHAR: readonly string[] = (() => {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
})();

/** Byte of each stand-in, by its UTF-16 code; -1 for a code that is none. Length 0x144. */
const CHAR_TO_BYTE: Int16Array = (() => {
  const table = new Int16Array(0x144).fill(-1);
  for (let byte = 0; byte < 256; byte++) table[BYTE_TO_CHAR[byte]!.charCodeAt(0)] = byte;
  return table;
})();

const encoder = new TextEncoder();

/** Bytes that a token of the vocabulary stands for: through the alphabet when all its characters are in it, else its own UTF-8. */
export function tokenToBytes(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const code = token.charCodeAt(i);
    const byte = code < CHAR_TO_BYTE.length ? CHAR_TO_BYTE[code]! : -1;
    if (byte < 0) return encoder.encode(token);
    bytes[i] = byte;
  }
  return bytes;
}
