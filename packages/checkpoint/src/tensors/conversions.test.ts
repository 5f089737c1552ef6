import { describe, expect, test, vi } from 'vitest';
import { decodeFloats, encodeFloats } from './conversions.ts';

const ALL = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** Nearest value of an ascending table, ties to the even index: the definition of rounding, by search. */
function nearest(table: Float32Array, value: number): number {
  let low = 0;
  let high = table.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (table[middle]! <= value) low = middle;
    else high = middle;
  }
  const below = value - table[low]!;
  const above = table[high]! - value;
  return below < above || (below === above && low % 2 === 0) ? low : high;
}

describe.each([
  ['F16', 0x7c00, 65504],
  ['BF16', 0x7f80, 3.3895313892515355e38],
] as const)('%s', (type, infinity, largest) => {
  const decode = (bits: Uint16Array, target: Float32Array, offset: number) =>
    decodeFloats(type, new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength), target, offset);
  /** The bits, and infinity's for a value that overflows. */
  const encode = (value: number): number => {
    const bits = new Uint16Array(1);
    const bad = encodeFloats(type, Float32Array.of(value), new Uint8Array(bits.buffer));
    return bad < 0 ? bits[0]! : value < 0 ? infinity | 0x8000 : infinity;
  };
  const values = new Float32Array(65536);
  decode(ALL, values, 0);

  test('knows its landmarks', () => {
    expect(values[infinity - 1]).toBe(largest);
    expect(values[infinity]).toBe(Number.POSITIVE_INFINITY);
    expect(values[0x8000 | infinity]).toBe(Number.NEGATIVE_INFINITY);
    expect(values[infinity + 1]).toBeNaN();
    expect(Object.is(values[0x8000], -0)).toBe(true);
  });

  test('any part decodes to its place, wherever it lies in memory', () => {
    for (const [from, to, at] of [
      [0, 7, 0],
      [1, 8, 1],
      [3, 3, 2],
      [4, 5, 3],
      [5, 9, 0],
    ] as const) {
      const part = new Float32Array(12).fill(9);
      decode(ALL.subarray(0x3f80 + from, 0x3f80 + to), part, at);
      const expected = new Float32Array(12).fill(9);
      expected.set(values.subarray(0x3f80 + from, 0x3f80 + to), at);
      expect(part).toEqual(expected);
    }
  });

  test('every number encodes to its own bits', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const back = encode(values[bits]!);
      if (Number.isNaN(values[bits]!)) {
        expect(back & infinity).toBe(infinity);
        expect(back & ~infinity & 0x7fff).not.toBe(0);
      } else if (back !== bits) throw new Error(`${bits} came back as ${back}`);
    }
  });

  test('float32 values round to the nearest, ties to even, in both signs', () => {
    const positive = values.subarray(0, infinity);
    let state = 1;
    const scratch = new Float32Array(1);
    const bits = new Uint32Array(scratch.buffer);
    for (let i = 0; i < 20_000; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const at = state % (infinity - 1);
      // Half of the cases are exact midpoints between neighbours, or their float32 neighbours.
      scratch[0] = (positive[at]! + positive[at + 1]!) / 2;
      bits[0] = bits[0]! + (i % 4 === 0 ? 0 : i % 4 === 1 ? 1 : i % 4 === 2 ? -1 : (state >>> 8) % 64);
      const value = scratch[0]!;
      if (!(value <= largest)) continue;
      expect(encode(value)).toBe(nearest(positive, value));
      expect(encode(-value)).toBe(nearest(positive, value) | 0x8000);
    }
  });

  test('many at once have the bits of each alone, and the first that overflows is named', () => {
    const words = Uint32Array.from({ length: 60_000 }, (_, i) => Math.imul(i, 2654435761));
    // The neighbours of every border between normal, subnormal, too small and too large numbers.
    const borders = [0, 0x33000000, 0x38800000, 0x477fe000, 0x477ff000, 0x47800000, 0x7f7f8000, 0x7f800000, 0x7fc00000];
    words.set(borders.flatMap((border) => [-1, 0, 1].flatMap((by) => [border + by, (border + by) | 0x80000000])));
    const many = new Float32Array(words.buffer);
    const target = new Uint16Array(many.length);
    const overflow = many.findIndex((value) => Number.isFinite(value) && (encode(value) & 0x7fff) === infinity);
    expect(encodeFloats(type, many, new Uint8Array(target.buffer))).toBe(overflow);
    expect(encodeFloats(type, many.subarray(0, overflow), new Uint8Array(target.buffer))).toBe(-1);
    const fitting = many.filter((value) => !Number.isFinite(value) || (encode(value) & 0x7fff) !== infinity);
    expect(fitting.length).toBeGreaterThan(30_000);
    expect(encodeFloats(type, fitting, new Uint8Array(target.buffer))).toBe(-1);
    expect(target.subarray(0, fitting.length)).toEqual(Uint16Array.from(fitting, (value) => encode(value)));
  });
});

test('an engine without relaxed SIMD gives the same bytes and numbers', async () => {
  const values = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i * 12.9898) * 10 ** (i % 9) * 1e-5);
  // Halves, and their neighbours, of a block with the scale 1.
  values.set([127, 0.5, -0.5, 1.5, -1.5, 2.5, 126.5, -126.5, 0.49999997, -0.49999997, 0.50000006, 63.499996], 32);
  const convert = (conversions: { encodeFloats: typeof encodeFloats; decodeFloats: typeof decodeFloats }) =>
    (['Q8_0', 'F16', 'BF16'] as const).map((type) => {
      const packed = new Uint8Array(type === 'Q8_0' ? (values.length / 32) * 34 : values.length * 2);
      expect(conversions.encodeFloats(type, values, packed)).toBe(-1);
      const back = new Float32Array(values.length);
      conversions.decodeFloats(type, packed, back, 0);
      return { packed, back };
    });
  const expected = convert({ encodeFloats, decodeFloats });
  vi.resetModules();
  const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  const compiled = vi.spyOn(WebAssembly, 'Module');
  try {
    expect(convert(await import('./conversions.ts'))).toEqual(expected);
    const { conversionsFixedWasm } = await import('../generated/conversions-fixed-wasm.ts');
    expect(Buffer.from(compiled.mock.calls[0]![0] as Uint8Array).toString('base64')).toBe(conversionsFixedWasm);
  } finally {
    validate.mockRestore();
    compiled.mockRestore();
  }
});
