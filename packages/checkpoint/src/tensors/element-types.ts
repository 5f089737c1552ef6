/**
 * How the bytes of a tensor become numbers, for every type that `readArray` gives.
 *
 * Units: bytes; a block is the least number of elements that can be read alone.
 */
import { decodeFloats } from './conversions.ts';

type Target = Float32Array | Int32Array;

export interface ElementType {
  readonly blockElements: number;
  readonly blockBytes: number;
  readonly isFloat: boolean;
  /** Fills `target[offset...]` from whole blocks that begin at the start of their buffer; absent where the bytes are the numbers. */
  readonly decode?: (blocks: Uint8Array, target: Target, offset: number) => void;
}

/** The types that safetensors and GGUF files share have the same bytes in both. */
export const ELEMENT_TYPES: Readonly<Record<string, ElementType>> = {
  F32: { blockElements: 1, blockBytes: 4, isFloat: true },
  F16: float(2, (p, t, o) => decodeFloats('F16', p, t, o)),
  BF16: float(2, (p, t, o) => decodeFloats('BF16', p, t, o)),
  Q8_0: { ...float(34, (p, t, o) => decodeFloats('Q8_0', p, t, o)), blockElements: 32 },
  F64: float(8, (p, t, o) => t.set(new Float64Array(p.buffer, p.byteOffset, p.length / 8), o)),
  I64: integer(8, decodeI64),
  I32: { blockElements: 1, blockBytes: 4, isFloat: false },
  I16: integer(2, (p, t, o) => t.set(new Int16Array(p.buffer, p.byteOffset, p.length / 2), o)),
  I8: integer(1, (p, t, o) => t.set(new Int8Array(p.buffer, p.byteOffset, p.length), o)),
  U16: integer(2, (p, t, o) => t.set(new Uint16Array(p.buffer, p.byteOffset, p.length / 2), o)),
  U8: integer(1, (p, t, o) => t.set(p, o)),
  BOOL: integer(1, (p, t, o) => t.set(p, o)),
};

function float(
  blockBytes: number,
  decode: (blocks: Uint8Array, target: Float32Array, offset: number) => void,
): ElementType {
  return { blockElements: 1, blockBytes, isFloat: true, decode: (p, t, o) => decode(p, t as Float32Array, o) };
}

function integer(blockBytes: number, decode: NonNullable<ElementType['decode']>): ElementType {
  return { blockElements: 1, blockBytes, isFloat: false, decode };
}

/** @throws RangeError with the value and its index for one that does not fit 32 bits */
function decodeI64(blocks: Uint8Array, target: Target, offset: number): void {
  const values = new BigInt64Array(blocks.buffer, blocks.byteOffset, blocks.length / 8);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (value !== (value | 0)) throw new RangeError(`${values[i]} at element ${offset + i}`);
    target[offset + i] = value;
  }
}
