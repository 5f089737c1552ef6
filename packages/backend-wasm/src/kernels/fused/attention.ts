/**
 * MarcoAttention and MarcoAttentionGrad: causal grouped-query attention with document masks, without the L x S matrix.
 *
 * Source: Dao 2023, FlashAttention-2, arXiv:2307.08691.
 * Shapes: q [B, L, N, H], k and v [B, S, K, H], querySegmentIds [B, L], keySegmentIds [B, S], logSumExp [B, N, L].
 */
import { KERNEL } from '../../runtime/kernel-numbers.ts';
import { floatBits } from '../../runtime/wasm-runtime.ts';
import { input, type KernelArguments, type KernelTable, type WasmKernel } from '../kernel-types.ts';
import { runReduction } from '../reductions.ts';
import { type ExpectedInput, expectKernelShapes, expectNumber } from './expect-kernel-shapes.ts';

const TILE_ROWS = 48;
const TILE_KEYS = 96;
const GRAD_TILE_ROWS = 48;
const GRAD_TILE_KEYS = 48;
/** Up to this many queries are answered row by row, without packing the keys. */
const FEW_QUERIES = 4;

const COMMON: Readonly<Record<string, ExpectedInput>> = {
  q: { shape: 'BLNH' },
  k: { shape: 'BSKH' },
  v: { shape: 'BSKH' },
  querySegmentIds: { shape: 'BL', dtype: 'int32' },
  keySegmentIds: { shape: 'BS', dtype: 'int32' },
};
type Sizes = Record<'B' | 'L' | 'S' | 'N' | 'K' | 'H', number>;

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

function checkedSizes(kernel: string, args: KernelArguments, expected: Readonly<Record<string, ExpectedInput>>): Sizes {
  const sizes = expectKernelShapes(kernel, args.inputs, expected) as unknown as Sizes;
  if (sizes.K === 0 || sizes.N % sizes.K !== 0) {
    throw new Error(
      `[@marco-ts/backend-wasm] ${kernel}: query heads must be a multiple of key heads, got ${sizes.N} and ${sizes.K}. Check numKeyValueHeads.`,
    );
  }
  return sizes;
}

const attention: WasmKernel = (args) => {
  const { inputs, attrs, backend } = args;
  const { B, L, S, N, K, H } = checkedSizes('MarcoAttention', args, COMMON);
  const scale = floatBits(expectNumber('MarcoAttention', attrs, 'scale'));
  const { runtime } = backend;
  const sources = Object.keys(COMMON).map((name) => backend.address(input(inputs, name)));
  const out = backend.output([B, L, N, H]);
  const logSumExp = backend.output([B, N, L]);
  const head = [...sources, out.address, logSumExp.address, B, L, S, N, K, H, scale, TILE_ROWS, TILE_KEYS];
  if (B * L * N * H === 0) return [out.info, logSumExp.info];
  if (L <= FEW_QUERIES) {
    const perThread = roundUp(S * 4 + 64, 64);
    runtime.withScratch(perThread * runtime.numThreads, (scratch) => {
      runtime.run(KERNEL.attentionRows, B * N, [...head, 0, 0, scratch, perThread], B * N * L * S * H > 32768);
    });
    return [out.info, logSumExp.info];
  }
  const tiles = Math.ceil(S / TILE_KEYS);
  const keyBytes = roundUp(B * K * tiles * TILE_KEYS * H * 4, 64);
  const valueBytes = roundUp(B * K * tiles * TILE_KEYS * roundUp(H, runtime.panelColumns) * 4, 64);
  const perThread = roundUp((TILE_ROWS * H + 2 * TILE_ROWS * TILE_KEYS + 2 * TILE_ROWS) * 4, 64);
  runtime.withScratch(keyBytes + valueBytes + perThread * runtime.numThreads, (packed) => {
    const parameters = [...head, packed, packed + keyBytes, packed + keyBytes + valueBytes, perThread];
    runtime.run(KERNEL.attentionPack, B * K * tiles, parameters);
    runtime.run(KERNEL.attention, B * N * Math.ceil(L / TILE_ROWS), parameters);
  });
  return [out.info, logSumExp.info];
};

const attentionGrad: WasmKernel = (args) => {
  const { inputs, attrs, backend } = args;
  const { B, L, S, N, K, H } = checkedSizes('MarcoAttentionGrad', args, {
    ...COMMON,
    dout: { shape: 'BLNH' },
    out: { shape: 'BLNH' },
    logSumExp: { shape: 'BNL' },
  });
  const scale = floatBits(expectNumber('MarcoAttentionGrad', attrs, 'scale'));
  const { runtime } = backend;
  const names = [...Object.keys(COMMON), 'out', 'logSumExp'];
  const sources = names.map((name) => backend.address(input(inputs, name)));
  const dout = backend.address(input(inputs, 'dout'));
  const dq = backend.output([B, L, N, H]);
  const dk = backend.output([B, S, K, H]);
  const dv = backend.output([B, S, K, H]);
  const padded = roundUp(H, runtime.panelColumns);
  const floats =
    GRAD_TILE_KEYS * (2 * H + padded) +
    GRAD_TILE_ROWS * (H + padded) +
    2 * GRAD_TILE_ROWS * GRAD_TILE_KEYS +
    (GRAD_TILE_ROWS + 8) * (GRAD_TILE_KEYS + 8) +
    L;
  const perThread = roundUp(floats * 4, 64);
  const group = N / K;
  const gradientBytes = B * S * K * H * 4;
  const partsBytes = group > 1 ? group * gradientBytes : 0;
  runtime.withScratch(2 * partsBytes + perThread * runtime.numThreads, (scratch) => {
    const [dkParts, dvParts] = group > 1 ? [scratch, scratch + partsBytes] : [dk.address, dv.address];
    runtime.run(KERNEL.attentionGrad, B * N, [
      ...sources,
      B,
      L,
      S,
      N,
      K,
      H,
      scale,
      GRAD_TILE_ROWS,
      GRAD_TILE_KEYS,
      0,
      0,
      scratch + 2 * partsBytes,
      perThread,
      dout,
      dq.address,
      dkParts,
      dvParts,
    ]);
    if (group === 1) return;
    const sum = { outer: B, reduced: group, inner: S * K * H, operation: 'sum' } as const;
    runReduction(backend, { ...sum, source: dkParts, target: dk.address });
    runReduction(backend, { ...sum, source: dvParts, target: dv.address });
  });
  return [dq.info, dk.info, dv.info];
};

export const attentionKernels: KernelTable = { MarcoAttention: attention, MarcoAttentionGrad: attentionGrad };
