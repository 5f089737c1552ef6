/**
 * Conversions between float32 and F16, BF16 and Q8_0, by vectors in WebAssembly (`assembly/index.ts`); the module is started at first use.
 *
 * Rounding is to nearest, ties to even, as in PyTorch; Q8_0 has the bytes that ggml's reference gives: blocks of 32 values, each an F16 scale d
 * and 32 signed bytes q, with value = d * q (`quantize_row_q8_0_ref` of ggml-quants.c).
 */
import { conversionsFixedWasm } from '../generated/conversions-fixed-wasm.ts';
import { conversionsRelaxedWasm } from '../generated/conversions-relaxed-wasm.ts';

export type PackedType = 'F16' | 'BF16' | 'Q8_0';

/** What the module's memory holds at once: it stays in the processor's nearer caches. */
const SLICE_ELEMENTS = 1 << 15;

const LAYOUT = {
  F16: { blockElements: 1, blockBytes: 2 },
  BF16: { blockElements: 1, blockBytes: 2 },
  Q8_0: { blockElements: 32, blockBytes: 34 },
} as const;

interface Module {
  readonly floatsAt: () => number;
  readonly blocksAt: () => number;
  readonly memory: WebAssembly.Memory;
  readonly decodeF16: (count: number) => void;
  readonly decodeBF16: (count: number) => void;
  readonly decodeQ8_0: (count: number) => void;
  readonly encodeF16: (count: number) => number;
  readonly encodeBF16: (count: number) => number;
  readonly encodeQ8_0: (count: number) => number;
}

interface Converter {
  readonly module: Module;
  readonly floats: Float32Array;
  readonly blocks: Uint8Array;
}

let started: Converter | undefined;

function converter(): Converter {
  if (started) return started;
  const decoded = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const relaxed = decoded(conversionsRelaxedWasm);
  const bytes = WebAssembly.validate(relaxed) ? relaxed : decoded(conversionsFixedWasm);
  const module = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Module;
  const { buffer } = module.memory;
  started = {
    module,
    floats: new Float32Array(buffer, module.floatsAt(), SLICE_ELEMENTS),
    blocks: new Uint8Array(buffer, module.blocksAt(), SLICE_ELEMENTS * 2),
  };
  return started;
}

/** Fills `target[offset...]` with the values of whole blocks. */
export function decodeFloats(type: PackedType, packed: Uint8Array, target: Float32Array, offset: number): void {
  const { module, floats, blocks } = converter();
  const { blockElements, blockBytes } = LAYOUT[type];
  const sliceBytes = (SLICE_ELEMENTS / blockElements) * blockBytes;
  for (let start = 0, to = offset; start < packed.length; start += sliceBytes, to += SLICE_ELEMENTS) {
    const slice = packed.subarray(start, start + sliceBytes);
    const count = (slice.length / blockBytes) * blockElements;
    blocks.set(slice);
    module[`decode${type}`](wholeVectors(count));
    target.set(floats.subarray(0, count), to);
  }
}

/**
 * @param values whole blocks
 * @param target room for as many blocks
 * @returns the index of the first value that does not fit: a finite one that would become infinite, or for Q8_0 one that is not finite or too
 * large for an F16 scale; -1 when all do
 */
export function encodeFloats(type: PackedType, values: Float32Array, target: Uint8Array): number {
  const { module, floats, blocks } = converter();
  const { blockElements, blockBytes } = LAYOUT[type];
  for (let start = 0, to = 0; start < values.length; start += SLICE_ELEMENTS) {
    const slice = values.subarray(start, start + SLICE_ELEMENTS);
    floats.set(slice);
    floats.fill(0, slice.length, wholeVectors(slice.length));
    const bad = module[`encode${type}`](wholeVectors(slice.length));
    if (bad >= 0) return start + bad;
    const sizeBytes = (slice.length / blockElements) * blockBytes;
    target.set(blocks.subarray(0, sizeBytes), to);
    to += sizeBytes;
  }
  return -1;
}

function wholeVectors(count: number): number {
  return (count + 127) & ~127;
}
