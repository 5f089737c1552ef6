/**
 * Conversions between float32 and the 16-bit formats F16 (IEEE 754 binary16) and BF16 (the upper half of a float32).
 *
 * Rounding is to nearest, ties to even, as in PyTorch.
 */

const floatView = new Float32Array(1);
const bitsView = new Uint32Array(floatView.buffer);

let halfTable: Float32Array | undefined;

/** All 65,536 values of F16, made at first use (256 KiB). */
export function halfValues(): Float32Array {
  if (halfTable) return halfTable;
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 31) table[bits] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  halfTable = table;
  return table;
}

/** Fills `target[offset...]` with the values of F16 `bits`. */
export function decodeF16(bits: Uint16Array, target: Float32Array, offset: number): void {
  const table = halfValues();
  for (let i = 0; i < bits.length; i++) target[offset + i] = table[bits[i]!]!;
}

/** Fills `target[offset...]` with the values of BF16 `bits`; two at a time, where the memory allows it, for twice the speed. */
export function decodeBF16(bits: Uint16Array, target: Float32Array, offset: number): void {
  const targetBits = new Int32Array(target.buffer, target.byteOffset, target.length);
  const numPairs = bits.byteOffset % 4 === 0 && LITTLE_ENDIAN ? bits.length >> 1 : 0;
  const pairs = new Int32Array(bits.buffer, numPairs > 0 ? bits.byteOffset : 0, numPairs);
  for (let i = 0, to = offset; i < numPairs; i++, to += 2) {
    targetBits[to] = pairs[i]! << 16;
    targetBits[to + 1] = pairs[i]! & 0xffff0000;
  }
  for (let i = 2 * numPairs; i < bits.length; i++) targetBits[offset + i] = bits[i]! << 16;
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The F16 bits nearest to `value`; beyond 65,504 (after rounding) they are those of infinity. */
export function toF16(value: number): number {
  floatView[0] = value;
  const bits = bitsView[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    // A normal F16: move the exponent's origin from 127 to 15 and round away 13 bits; a carry may rightly reach infinity.
    const rebased = magnitude - 0x38000000;
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  if (magnitude < 0x33000000) return sign;
  // A subnormal F16 counts units of 2^-24.
  const shift = 126 - (magnitude >>> 23);
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const floor = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (floor + (rest > half || (rest === half && floor & 1) ? 1 : 0));
}

/** The BF16 bits nearest to `value`. */
export function toBF16(value: number): number {
  floatView[0] = value;
  const bits = bitsView[0]!;
  if ((bits & 0x7fffffff) > 0x7f800000) return ((bits >>> 16) & 0x8000) | 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/**
 * Converts `values` into `target`, to the bits that `toF16` and `toBF16` give.
 *
 * @returns the index of the first finite value that became infinite, or -1
 */
export function encodeHalf(dtype: 'F16' | 'BF16', values: Float32Array, target: Uint16Array): number {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  return dtype === 'F16' ? encodeF16(bits, values, target) : encodeBF16(bits, values, target);
}

/** The first branch is `toF16` for normal numbers that stay finite, in integers alone: nearly all weights. */
function encodeF16(bits: Int32Array, values: Float32Array, target: Uint16Array): number {
  let overflow = -1;
  for (let i = 0; i < bits.length; i++) {
    const magnitude = bits[i]! & 0x7fffffff;
    if (magnitude >= 0x38800000 && magnitude < 0x477ff000) {
      const half = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
      target[i] = ((bits[i]! >>> 16) & 0x8000) | half;
    } else {
      target[i] = toF16(values[i]!);
      if (overflow < 0 && magnitude >= 0x477ff000 && magnitude < 0x7f800000) overflow = i;
    }
  }
  return overflow;
}

function encodeBF16(bits: Int32Array, values: Float32Array, target: Uint16Array): number {
  let overflow = -1;
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const magnitude = word & 0x7fffffff;
    if (magnitude < 0x7f7f8000) target[i] = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
    else {
      target[i] = toBF16(values[i]!);
      if (overflow < 0 && magnitude < 0x7f800000) overflow = i;
    }
  }
  return overflow;
}
