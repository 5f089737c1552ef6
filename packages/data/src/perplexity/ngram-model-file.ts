/**
 * n-gram models as one compact binary file, read in a small part of the time that ARPA takes.
 *
 * Layout, little-endian: `MARCONGM`, Uint32 version, Uint32 length of a JSON header { vocabulary, sizes }, the header padded to four bytes, then
 * for each order n with G n-grams: Int32 ids [G * n] (not for order 1, whose index is the id), Float32 logProbs [G], Float32 backoffs [G] (not
 * for the last order); at last Uint32 checksum of all before.
 */
import { type NGramModel, ngramModelFromTables } from './ngram-model.ts';
import { createNGramTable } from './ngram-table.ts';

const MAGIC = 'MARCONGM';
const VERSION = 1;
const PREFIX = MAGIC.length + 8;

/** Adler-like sums over 32-bit words: finds cut and changed files, and costs next to nothing. */
function checksum(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  let a = 1;
  let b = 0;
  for (const word of words) {
    a = (Math.imul(a ^ word, 0x9e3779b1) + 1) | 0;
    b = (b + a) | 0;
  }
  return (a ^ b) >>> 0;
}

interface Header {
  readonly vocabulary: readonly string[];
  readonly sizes: readonly number[];
}

/** @returns the bytes of a file */
export function encodeNGramModel(model: NGramModel): Uint8Array<ArrayBuffer> {
  const json = JSON.stringify({ vocabulary: model.vocabulary, sizes: model.numNGrams } satisfies Header);
  const header = new TextEncoder().encode(json + ' '.repeat((4 - (Buffer.byteLength(json) % 4)) % 4));
  const sections: (Int32Array | Float32Array)[] = [];
  for (const { order, size, ids, logProbs, backoffs } of model.tables) {
    if (order > 1) sections.push(ids.subarray(0, size * order));
    sections.push(logProbs.subarray(0, size));
    if (order < model.order) sections.push(backoffs.subarray(0, size));
  }
  const length = PREFIX + header.length + sections.reduce((sum, section) => sum + section.byteLength, 0) + 4;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint32(MAGIC.length, VERSION, true);
  view.setUint32(MAGIC.length + 4, header.length, true);
  bytes.set(header, PREFIX);
  let offset = PREFIX + header.length;
  for (const section of sections) {
    bytes.set(new Uint8Array(section.buffer, section.byteOffset, section.byteLength), offset);
    offset += section.byteLength;
  }
  view.setUint32(offset, checksum(bytes.subarray(0, offset)), true);
  return bytes;
}

/** @throws Error for bytes that are no such file, cut off or changed */
export function decodeNGramModel(file: Uint8Array): NGramModel {
  const refuse = (rule: string, got: string): Error =>
    new Error(`[@marco-ts/data] decodeNGramModel: ${rule}, got ${got}. Write the model again with encodeNGramModel.`);
  const bytes = Uint8Array.from(file);
  const view = new DataView(bytes.buffer);
  if (bytes.length < PREFIX + 4 || new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) !== MAGIC)
    throw refuse(`a file must begin with ${MAGIC}`, `${bytes.length} other bytes`);
  if (view.getUint32(MAGIC.length, true) !== VERSION)
    throw refuse(`the version must be ${VERSION}`, `${view.getUint32(MAGIC.length, true)}`);
  if (bytes.length % 4 !== 0 || checksum(bytes.subarray(0, -4)) !== view.getUint32(bytes.length - 4, true))
    throw refuse('the checksum must be that of the content', `another one for ${bytes.length} bytes`);
  const headerLength = view.getUint32(MAGIC.length + 4, true);
  const { vocabulary, sizes }: Header = JSON.parse(
    new TextDecoder().decode(bytes.subarray(PREFIX, PREFIX + headerLength)),
  );
  let offset = PREFIX + headerLength;
  const tables = sizes.map((size, index) => {
    const order = index + 1;
    const table = createNGramTable(order, size);
    const ids =
      order === 1
        ? Int32Array.from({ length: size }, (_, id) => id)
        : new Int32Array(bytes.buffer, offset, size * order);
    if (order > 1) offset += ids.byteLength;
    for (let i = 0; i < size; i++) table.add(ids, i * order);
    table.logProbs.set(new Float32Array(bytes.buffer, offset, size));
    offset += 4 * size;
    if (order < sizes.length) {
      table.backoffs.set(new Float32Array(bytes.buffer, offset, size));
      offset += 4 * size;
    }
    return table;
  });
  return ngramModelFromTables(vocabulary, tables);
}
