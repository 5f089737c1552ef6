/**
 * The numbers that the GGUF format gives to its value types and tensor types, and how many bytes each takes.
 *
 * Source: docs/gguf.md of https://github.com/ggml-org/ggml, and the type table of ggml.c (as in `GGML_QUANT_SIZES` of the Python package gguf).
 * Units: bytes; a quantized type stores blocks of `blockElements` values in `blockBytes` bytes.
 */

export const GGUF_MAGIC = 0x46554747;
export const GGUF_VERSION = 3;
export const DEFAULT_ALIGNMENT = 32;
/** Metadata and tensor list may take no more than this; those of a vocabulary of 150,000 words take 6 MB. */
export const MAX_HEADER_BYTES = 100_000_000;
export const MAX_ARRAY_ITEMS = 1 << 24;
export const MAX_ARRAY_DEPTH = 4;
/** ggml's limits: names take 64 bytes with their final zero, tensors have 4 dimensions, keys 65,535 bytes. */
export const MAX_TENSOR_NAME_BYTES = 63;
export const MAX_DIMENSIONS = 4;
export const MAX_KEY_BYTES = 65_535;

/** In the order of their numbers in a file; `bytes` is the least that one value takes. */
export const VALUE_TYPES = [
  { name: 'UINT8', bytes: 1 },
  { name: 'INT8', bytes: 1 },
  { name: 'UINT16', bytes: 2 },
  { name: 'INT16', bytes: 2 },
  { name: 'UINT32', bytes: 4 },
  { name: 'INT32', bytes: 4 },
  { name: 'FLOAT32', bytes: 4 },
  { name: 'BOOL', bytes: 1 },
  { name: 'STRING', bytes: 8 },
  { name: 'ARRAY', bytes: 12 },
  { name: 'UINT64', bytes: 8 },
  { name: 'INT64', bytes: 8 },
  { name: 'FLOAT64', bytes: 8 },
] as const;

/** A type of metadata value by the format's name, such as `uint32` or `string`. */
export type GgufValueType = (typeof VALUE_TYPES)[number]['name'];

/** A value of GGUF metadata as JavaScript has it: 64-bit integers are bigints. */
export type GgufItem = number | bigint | boolean | string | GgufArray;

/** A list of values of one type; 64-bit integers are bigints. */
export interface GgufArray {
  readonly type: 'ARRAY';
  readonly itemType: GgufValueType;
  readonly value: readonly GgufItem[];
}

/** One metadata value with the type that it has in the file. */
export type GgufValue =
  | {
      readonly type: 'UINT8' | 'INT8' | 'UINT16' | 'INT16' | 'UINT32' | 'INT32' | 'FLOAT32' | 'FLOAT64';
      readonly value: number;
    }
  | { readonly type: 'UINT64' | 'INT64'; readonly value: bigint }
  | { readonly type: 'BOOL'; readonly value: boolean }
  | { readonly type: 'STRING'; readonly value: string }
  | GgufArray;

interface TensorLayout {
  readonly id: number;
  readonly blockElements: number;
  readonly blockBytes: number;
}

const layout = (id: number, blockElements: number, blockBytes: number): TensorLayout => ({
  id,
  blockElements,
  blockBytes,
});

/** Every tensor type in use; `readArray` gives numbers for the first ten lines, for the others `readBytes` gives the blocks. */
export const TENSOR_TYPES = {
  F32: layout(0, 1, 4),
  F16: layout(1, 1, 2),
  BF16: layout(30, 1, 2),
  Q8_0: layout(8, 32, 34),
  F64: layout(28, 1, 8),
  I8: layout(24, 1, 1),
  I16: layout(25, 1, 2),
  I32: layout(26, 1, 4),
  I64: layout(27, 1, 8),
  Q4_0: layout(2, 32, 18),
  Q4_1: layout(3, 32, 20),
  Q5_0: layout(6, 32, 22),
  Q5_1: layout(7, 32, 24),
  Q8_1: layout(9, 32, 40),
  Q2_K: layout(10, 256, 84),
  Q3_K: layout(11, 256, 110),
  Q4_K: layout(12, 256, 144),
  Q5_K: layout(13, 256, 176),
  Q6_K: layout(14, 256, 210),
  Q8_K: layout(15, 256, 292),
  IQ2_XXS: layout(16, 256, 66),
  IQ2_XS: layout(17, 256, 74),
  IQ3_XXS: layout(18, 256, 98),
  IQ1_S: layout(19, 256, 50),
  IQ4_NL: layout(20, 32, 18),
  IQ3_S: layout(21, 256, 110),
  IQ2_S: layout(22, 256, 82),
  IQ4_XS: layout(23, 256, 136),
  IQ1_M: layout(29, 256, 56),
  TQ1_0: layout(34, 256, 54),
  TQ2_0: layout(35, 256, 66),
  MXFP4: layout(39, 32, 17),
  NVFP4: layout(40, 64, 36),
} as const;

/** A type of tensor by ggml's name, such as `F16` or `Q8_0`. */
export type GgufTensorType = keyof typeof TENSOR_TYPES;

/** The types that are written here. */
export type GgufFloatType = 'F32' | 'F16' | 'BF16' | 'Q8_0';

/** A tensor of a GGUF file, as its header describes it. */
export interface GgufTensor {
  readonly name: string;
  readonly type: GgufTensorType;
  /** Row-major, slowest first, as in Hugging Face files; the file itself lists the dimensions the other way round. */
  readonly shape: readonly number[];
  /** Where its bytes begin, counted from the start of the file. */
  readonly byteOffset: number;
  readonly sizeBytes: number;
}

/** `offset` moved up to the next multiple of `alignment`. */
export function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}
