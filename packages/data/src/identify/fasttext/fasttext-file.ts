/**
 * Reads fastText's `.bin` and `.ftz` files of supervised models, plain or quantized.
 *
 * Source: the file format of fastText 0.9 (Joulin et al. 2016, arXiv:1607.01759; FastText.zip, arXiv:1612.03651), version 11 and 12.
 * Shapes: R rows (words and buckets), C columns (the size of a vector), L labels.
 * Units: everything little-endian; matrices are read straight into typed arrays, so that a file takes its own size in memory.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export type FastTextLoss = 'hierarchical_softmax' | 'negative_sampling' | 'softmax' | 'one_versus_all';

export interface FastTextArguments {
  readonly version: number;
  readonly size: number;
  readonly loss: FastTextLoss;
  readonly wordNGrams: number;
  readonly numBuckets: number;
  readonly minNGram: number;
  readonly maxNGram: number;
}

export interface FastTextDictionary {
  readonly words: readonly string[];
  /** With the prefix `__label__`. */
  readonly labels: readonly string[];
  readonly labelCounts: readonly number[];
  /** Bucket to row of a pruned model; null: every bucket has its row. */
  readonly prunedBuckets: ReadonlyMap<number, number> | null;
}

/** Codes [R, ceil(C / subSize)] of centroids; every part has 256. */
export interface ProductQuantizer {
  readonly size: number;
  readonly numParts: number;
  readonly partSize: number;
  readonly lastPartSize: number;
  readonly centroids: Float32Array;
}

export type FastTextMatrix =
  | { readonly kind: 'dense'; readonly numRows: number; readonly numColumns: number; readonly values: Float32Array }
  | {
      readonly kind: 'quantized';
      readonly numRows: number;
      readonly numColumns: number;
      readonly codes: Uint8Array;
      readonly quantizer: ProductQuantizer;
      readonly norms: { readonly codes: Uint8Array; readonly quantizer: ProductQuantizer } | null;
    };

/** A model file as it is: arguments, dictionary of R rows and L labels, and two matrices of C columns. */
export interface FastTextFile {
  readonly arguments: FastTextArguments;
  readonly dictionary: FastTextDictionary;
  /** [R, C] */
  readonly input: FastTextMatrix;
  /** [L, C] */
  readonly output: FastTextMatrix;
}

const MAGIC = 793_712_314;
const NEWEST_VERSION = 12;
const NUM_CENTROIDS = 256;
const BUFFER_BYTES = 1 << 20;
const MAX_READ = 1 << 30;
const LOSSES: Readonly<Record<number, FastTextLoss>> = {
  1: 'hierarchical_softmax',
  2: 'negative_sampling',
  3: 'softmax',
  4: 'one_versus_all',
};
const SUPERVISED = 3;

/** A cursor over an open file: small values through a buffer, arrays directly. */
function createCursor(descriptor: number, path: string) {
  const sizeBytes = fstatSync(descriptor).size;
  const buffer = Buffer.alloc(BUFFER_BYTES);
  let bufferStart = 0;
  let buffered = 0;
  let position = 0;
  const refuse = (rule: string, got: string, at = position): Error =>
    new Error(
      `[@marco-ts/data] readFastTextFile: ${rule}, got ${got} at byte ${at} of ${path}. Give a supervised model saved by fastText.`,
    );
  const need = (bytes: number): void => {
    if (position + bytes > sizeBytes) throw refuse(`there must be ${bytes} more bytes`, `the end after ${sizeBytes}`);
  };
  const take = (bytes: number): number => {
    need(bytes);
    if (position < bufferStart || position + bytes > bufferStart + buffered) {
      bufferStart = position;
      buffered = readSync(descriptor, buffer, 0, BUFFER_BYTES, position);
    }
    const offset = position - bufferStart;
    position += bytes;
    return offset;
  };
  const readInto = (bytes: Uint8Array): void => {
    need(bytes.length);
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(descriptor, bytes, done, Math.min(MAX_READ, bytes.length - done), position + done);
      if (read === 0) throw refuse('there must be more bytes', 'the end of the file', position + done);
      done += read;
    }
    position += bytes.length;
  };
  const int64 = (): number => Number(buffer.readBigInt64LE(take(8)));
  return {
    refuse,
    int32: () => buffer.readInt32LE(take(4)),
    int64,
    float64: () => buffer.readDoubleLE(take(8)),
    boolean: () => buffer[take(1)]! !== 0,
    byte: () => buffer[take(1)]!,
    /** UTF-8 up to a zero byte. */
    text: (): string => {
      const bytes: number[] = [];
      for (let byte = buffer[take(1)]!; byte !== 0; byte = buffer[take(1)]!) bytes.push(byte);
      return Buffer.from(bytes).toString('utf8');
    },
    /** A length that the rest of the file can hold, so that a lying number costs no memory. */
    length: (value: number, bytesEach: number, what: string): number => {
      if (value < 0 || !Number.isSafeInteger(value) || position + value * bytesEach > sizeBytes)
        throw refuse(`${what} must fit the file of ${sizeBytes} bytes`, `${value}`);
      return value;
    },
    floats: (length: number): Float32Array => {
      need(length * 4);
      const values = new Float32Array(length);
      readInto(new Uint8Array(values.buffer));
      return values;
    },
    bytes: (length: number): Uint8Array => {
      need(length);
      const values = new Uint8Array(length);
      readInto(values);
      return values;
    },
    isAtEnd: () => position === sizeBytes,
  };
}

type Cursor = ReturnType<typeof createCursor>;

function readArguments(cursor: Cursor): FastTextArguments {
  const magic = cursor.int32();
  if (magic !== MAGIC) throw cursor.refuse(`the first number must be ${MAGIC}`, `${magic}`, 0);
  const version = cursor.int32();
  if (version < 11 || version > NEWEST_VERSION) throw cursor.refuse('the version must be 11 or 12', `${version}`, 4);
  const names = 'size window epochs minCount negatives wordNGrams loss model numBuckets minNGram maxNGram updateRate';
  const values = Object.fromEntries(names.split(' ').map((name) => [name, cursor.int32()])) as Record<string, number>;
  cursor.float64();
  if (values.model !== SUPERVISED) throw cursor.refuse('the model must be supervised (3)', `${values.model}`);
  const loss = LOSSES[values.loss!];
  if (loss === undefined) throw cursor.refuse('the loss must be 1 to 4', `${values.loss}`);
  if (values.size! < 1 || values.numBuckets! < 0) throw cursor.refuse('sizes must be positive', `${values.size}`);
  return {
    version,
    size: values.size!,
    loss,
    wordNGrams: values.wordNGrams!,
    numBuckets: values.numBuckets!,
    minNGram: values.minNGram!,
    // Old classifiers were trained without subwords, whatever they say.
    maxNGram: version === 11 ? 0 : values.maxNGram!,
  };
}

function readDictionary(cursor: Cursor): FastTextDictionary {
  const size = cursor.int32();
  const numWords = cursor.int32();
  const numLabels = cursor.int32();
  cursor.int64();
  const numPruned = cursor.int64();
  cursor.length(size, 10, 'the number of words');
  if (numWords + numLabels !== size || numLabels < 1)
    throw cursor.refuse('words and labels must make up the dictionary', `${numWords} + ${numLabels} for ${size}`);
  const words: string[] = [];
  const labels: string[] = [];
  const labelCounts: number[] = [];
  for (let i = 0; i < size; i++) {
    const text = cursor.text();
    const count = cursor.int64();
    const isLabel = cursor.byte() === 1;
    if (isLabel !== i >= numWords) throw cursor.refuse('labels must come after words', JSON.stringify(text));
    if (isLabel) {
      labels.push(text);
      labelCounts.push(count);
    } else words.push(text);
  }
  if (numPruned < 0) return { words, labels, labelCounts, prunedBuckets: null };
  cursor.length(numPruned, 8, 'the number of buckets');
  const prunedBuckets = new Map<number, number>();
  for (let i = 0; i < numPruned; i++) {
    const bucket = cursor.int32();
    prunedBuckets.set(bucket, cursor.int32());
  }
  return { words, labels, labelCounts, prunedBuckets };
}

function readQuantizer(cursor: Cursor): ProductQuantizer {
  const size = cursor.int32();
  const numParts = cursor.int32();
  const partSize = cursor.int32();
  const lastPartSize = cursor.int32();
  if (size < 1 || (numParts - 1) * partSize + lastPartSize !== size)
    throw cursor.refuse('parts of a vector must make up its size', `${numParts} of ${partSize} for ${size}`);
  return { size, numParts, partSize, lastPartSize, centroids: cursor.floats(size * NUM_CENTROIDS) };
}

function readMatrix(cursor: Cursor, isQuantized: boolean): FastTextMatrix {
  if (!isQuantized) {
    const numRows = cursor.int64();
    const numColumns = cursor.int64();
    const length = cursor.length(numRows * numColumns, 4, 'the size of a matrix');
    return { kind: 'dense', numRows, numColumns, values: cursor.floats(length) };
  }
  const hasNorms = cursor.boolean();
  const numRows = cursor.int64();
  const numColumns = cursor.int64();
  const codes = cursor.bytes(cursor.length(cursor.int32(), 1, 'the number of codes'));
  const quantizer = readQuantizer(cursor);
  if (quantizer.size !== numColumns || codes.length !== numRows * quantizer.numParts)
    throw cursor.refuse('codes must be those of the rows', `${codes.length} for ${numRows} x ${quantizer.numParts}`);
  const norms = hasNorms
    ? { codes: cursor.bytes(cursor.length(numRows, 1, 'the number of rows')), quantizer: readQuantizer(cursor) }
    : null;
  return { kind: 'quantized', numRows, numColumns, codes, quantizer, norms };
}

/** @throws Error naming the file and the byte for anything that is no supervised fastText model */
export function readFastTextFile(path: string): FastTextFile {
  const descriptor = openSync(path, 'r');
  try {
    const cursor = createCursor(descriptor, path);
    const read = readArguments(cursor);
    const dictionary = readDictionary(cursor);
    const isQuantized = cursor.boolean();
    const input = readMatrix(cursor, isQuantized);
    const isOutputQuantized = cursor.boolean();
    const output = readMatrix(cursor, isQuantized && isOutputQuantized);
    if (!cursor.isAtEnd()) throw cursor.refuse('the file must end after the output matrix', 'more bytes');
    const { words, labels, prunedBuckets } = dictionary;
    const numRows = words.length + (prunedBuckets === null ? read.numBuckets : prunedBuckets.size);
    if (input.numColumns !== read.size || output.numColumns !== read.size || output.numRows !== labels.length)
      throw cursor.refuse('matrices must have the sizes of the arguments', `${output.numRows} x ${output.numColumns}`);
    if (input.numRows < numRows)
      throw cursor.refuse('every word and bucket must have a row', `${input.numRows} rows for ${numRows}`);
    return { arguments: read, dictionary, input, output };
  } finally {
    closeSync(descriptor);
  }
}
