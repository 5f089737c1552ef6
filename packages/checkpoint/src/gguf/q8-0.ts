/**
 * Q8_0: blocks of 32 values, each block an F16 scale d and 32 signed bytes q, with value = d * q.
 *
 * Source: `quantize_row_q8_0_ref` and `dequantize_row_q8_0` of ggml (ggml-quants.c); the arithmetic is float32, so that the bytes are equal.
 */
import { toF16 } from '../safetensors/half-precision.ts';

export const Q8_0_ELEMENTS = 32;
export const Q8_0_BYTES = 34;
const MAX_F16 = 65504;

/**
 * @param values whole blocks
 * @param target at least 34 bytes for every 32 values
 * @returns the index of the first value that is not finite or too large for an F16 scale, or -1
 */
export function encodeQ8_0(values: Float32Array, target: Uint8Array): number {
  for (let block = 0; block * Q8_0_ELEMENTS < values.length; block++) {
    const from = block * Q8_0_ELEMENTS;
    const to = block * Q8_0_BYTES;
    let largest = 0;
    let largestAt = from;
    for (let i = from; i < from + Q8_0_ELEMENTS; i++) {
      const magnitude = Math.abs(values[i]!);
      if (magnitude > largest) {
        largest = magnitude;
        largestAt = i;
      } else if (Number.isNaN(magnitude)) return i;
    }
    const scale = Math.fround(largest / 127);
    if (scale > MAX_F16) return largestAt;
    const half = toF16(scale);
    target[to] = half & 0xff;
    target[to + 1] = half >>> 8;
    const inverse = Math.fround(1 / scale);
    if (scale === 0 || inverse === Number.POSITIVE_INFINITY) {
      target.fill(0, to + 2, to + Q8_0_BYTES);
      continue;
    }
    for (let i = 0; i < Q8_0_ELEMENTS; i++) {
      const scaled = Math.fround(values[from + i]! * inverse);
      target[to + 2 + i] = scaled < 0 ? scaled - 0.5 : scaled + 0.5;
    }
  }
  return -1;
}

/** Fills `target[offset...]` with the values of whole blocks. */
export function decodeQ8_0(blocks: Uint8Array, target: Float32Array, offset: number, halfValues: Float32Array): void {
  const signed = new Int8Array(blocks.buffer, blocks.byteOffset, blocks.length);
  for (let from = 0; from < blocks.length; from += Q8_0_BYTES, offset += Q8_0_ELEMENTS) {
    const scale = halfValues[blocks[from]! | (blocks[from + 1]! << 8)]!;
    for (let i = 0; i < Q8_0_ELEMENTS; i++) target[offset + i] = scale * signed[from + 2 + i]!;
  }
}
