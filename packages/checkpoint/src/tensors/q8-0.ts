/**
 * Q8_0: blocks of 32 values, each block an F16 scale d and 32 signed bytes q, with value = d * q.
 *
 * Source: `quantize_row_q8_0_ref` and `dequantize_row_q8_0` of ggml (ggml-quants.c); the arithmetic is float32, so that the bytes are equal.
 */
import { halfValues, toF16 } from './half-precision.ts';

const Q8_0_ELEMENTS = 32;
const Q8_0_BYTES = 34;
const MAX_F16 = 65504;

/**
 * @param values whole blocks
 * @param target at least 34 bytes for every 32 values
 * @returns the index of the first value that is not finite or too large for an F16 scale, or -1
 */
export function encodeQ8_0(values: Float32Array, target: Uint8Array): number {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const signed = new Int8Array(target.buffer, target.byteOffset, target.length);
  for (let from = 0, to = 0; from < values.length; from += Q8_0_ELEMENTS, to += Q8_0_BYTES) {
    // Of numbers without their sign the larger one has the larger bits; infinity and NaN are above all.
    let largestBits = 0;
    for (let i = from; i < from + Q8_0_ELEMENTS; i++) {
      const magnitude = bits[i]! & 0x7fffffff;
      if (magnitude > largestBits) largestBits = magnitude;
    }
    bitsView[0] = largestBits;
    const scale = Math.fround(floatView[0]! / 127);
    if (!(scale <= MAX_F16)) return firstWith(bits, from, largestBits);
    const half = toF16(scale);
    target[to] = half & 0xff;
    target[to + 1] = half >>> 8;
    const inverse = Math.fround(1 / scale);
    if (scale === 0 || inverse === Number.POSITIVE_INFINITY) {
      target.fill(0, to + 2, to + Q8_0_BYTES);
      continue;
    }
    for (let i = 0; i < Q8_0_ELEMENTS; i++) {
      // Halves go away from zero: round the magnitude up from there, then give the sign back, without a branch.
      const magnitude = (Math.fround(Math.abs(values[from + i]!) * inverse) + 0.5) | 0;
      const sign = bits[from + i]! >> 31;
      signed[to + 2 + i] = (magnitude ^ sign) - sign;
    }
  }
  return -1;
}

const bitsView = new Int32Array(1);
const floatView = new Float32Array(bitsView.buffer);

function firstWith(bits: Int32Array, from: number, magnitude: number): number {
  let i = from;
  while ((bits[i]! & 0x7fffffff) !== magnitude) i++;
  return i;
}

/** Fills `target[offset...]` with the values of whole blocks. */
export function decodeQ8_0(blocks: Uint8Array, target: Float32Array, offset: number): void {
  const table = halfValues();
  const signed = new Int8Array(blocks.buffer, blocks.byteOffset, blocks.length);
  for (let from = 0; from < blocks.length; from += Q8_0_BYTES, offset += Q8_0_ELEMENTS) {
    const scale = table[blocks[from]! | (blocks[from + 1]! << 8)]!;
    for (let i = 0; i < Q8_0_ELEMENTS; i++) target[offset + i] = scale * signed[from + 2 + i]!;
  }
}
