/**
 * MarcoRope: rotary position embedding in the rotate-half layout.
 *
 * Source: Su et al. 2021, arXiv:2104.09864; Qwen2RotaryEmbedding in transformers, whose float32 rounding of the angles is kept.
 * Shapes: x [B, L, N, H], positionIds [B, L].
 */
import { KERNEL } from '../../runtime/kernel-numbers.ts';
import { floatBits, type WasmRuntime } from '../../runtime/wasm-runtime.ts';
import { CHUNK, input, type KernelTable, type WasmKernel } from '../kernel-types.ts';
import { expectKernelShapes, expectNumber } from './expect-kernel-shapes.ts';

/** Tables are kept for positions below this; others are computed for the call. */
const TABLE_LIMIT = 1 << 17;

interface Table {
  readonly numPositions: number;
  readonly cos: number;
  readonly sin: number;
}

const tables = new WeakMap<WasmRuntime, Map<string, Table>>();

/** Writes cos and sin of each position's angles; [positions, H / 2]. */
function fillTable(
  runtime: WasmRuntime,
  cos: number,
  sin: number,
  positions: ArrayLike<number>,
  theta: number,
  half: number,
): void {
  const { fround } = Math;
  const frequencies = Float32Array.from({ length: half }, (_, i) => 1 / fround(theta ** fround((2 * i) / (2 * half))));
  const cosines = runtime.floats(cos, positions.length * half);
  const sines = runtime.floats(sin, positions.length * half);
  for (let p = 0; p < positions.length; p++) {
    for (let i = 0; i < half; i++) {
      const angle = fround(positions[p]! * frequencies[i]!);
      cosines[p * half + i] = Math.cos(angle);
      sines[p * half + i] = Math.sin(angle);
    }
  }
}

/** The kept table of this theta and head size, grown to hold `highest`. */
function tableFor(runtime: WasmRuntime, theta: number, half: number, highest: number): Table {
  const ofRuntime = tables.get(runtime) ?? new Map<string, Table>();
  tables.set(runtime, ofRuntime);
  const key = `${theta} ${half}`;
  const kept = ofRuntime.get(key);
  if (kept && kept.numPositions > highest) return kept;
  const numPositions = Math.max(256, 2 ** Math.ceil(Math.log2(highest + 1)));
  const bytes = numPositions * half * 4;
  const cos = runtime.allocate(2 * bytes, () => `the rotary table of ${numPositions} positions`);
  fillTable(
    runtime,
    cos,
    cos + bytes,
    Array.from({ length: numPositions }, (_, p) => p),
    theta,
    half,
  );
  if (kept) runtime.free(kept.cos);
  const table = { numPositions, cos, sin: cos + bytes };
  ofRuntime.set(key, table);
  return table;
}

const rope: WasmKernel = ({ inputs, attrs, backend }) => {
  const { B, L, N, H } = expectKernelShapes('MarcoRope', inputs, {
    x: { shape: 'BLNH' },
    positionIds: { shape: 'BL', dtype: 'int32' },
  }) as { B: number; L: number; N: number; H: number };
  if (H % 2 !== 0)
    throw new Error(
      `[@marco-ts/backend-wasm] MarcoRope: the head size must be even, got ${H}. Check numAttentionHeads.`,
    );
  const theta = expectNumber('MarcoRope', attrs, 'theta');
  const { runtime } = backend;
  const half = H / 2;
  const rows = B * L;
  const x = backend.address(input(inputs, 'x'));
  const positions = backend.address(input(inputs, 'positionIds'));
  const y = backend.output([B, L, N, H]);
  if (rows * N * H === 0) return y.info;
  let highest = 0;
  let lowest = 0;
  for (const position of runtime.integers(positions, rows)) {
    if (position > highest) highest = position;
    if (position < lowest) lowest = position;
  }
  const perTask = Math.max(1, Math.floor(CHUNK / (N * H)));
  const apply = (index: number, cos: number, sin: number) =>
    runtime.run(KERNEL.rope, Math.ceil(rows / perTask), [
      x,
      index,
      y.address,
      rows,
      N,
      H,
      perTask,
      cos,
      sin,
      floatBits(attrs.inverse ? -1 : 1),
    ]);
  if (lowest >= 0 && highest < TABLE_LIMIT) {
    const table = tableFor(runtime, theta, half, highest);
    apply(positions, table.cos, table.sin);
  } else {
    const bytes = rows * half * 4;
    runtime.withScratch(2 * bytes + rows * 4, (cos) => {
      fillTable(runtime, cos, cos + bytes, runtime.integers(positions, rows), theta, half);
      const index = runtime.integers(cos + 2 * bytes, rows);
      for (let r = 0; r < rows; r++) index[r] = r;
      apply(cos + 2 * bytes, cos, cos + bytes);
    });
  }
  return y.info;
};

export const ropeKernels: KernelTable = { MarcoRope: rope };
