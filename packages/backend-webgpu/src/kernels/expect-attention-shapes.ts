/**
 * Checks the inputs that attention and its gradient share.
 */
import type { NamedTensorInfoMap } from '@tensorflow/tfjs-core';
import { webGpuError } from '../webgpu-error.ts';
import { type ExpectedInput, expectKernelShapes } from './expect-kernel-shapes.ts';

export type AttentionSizes = Readonly<Record<'B' | 'L' | 'S' | 'N' | 'K' | 'H', number>>;

const SHAPES = {
  q: { shape: 'BLNH' },
  k: { shape: 'BSKH' },
  v: { shape: 'BSKH' },
  querySegmentIds: { shape: 'BL', dtype: 'int32' },
  keySegmentIds: { shape: 'BS', dtype: 'int32' },
} as const;

/** Beyond, an invocation's part of a row no longer fits its registers. */
const MAX_HEAD_SIZE = 256;

/** @throws Error when a shape does not fit, K does not divide N, there are fewer keys than queries, or heads are too large */
export function expectAttentionShapes(
  kernel: string,
  inputs: NamedTensorInfoMap,
  more: Readonly<Record<string, ExpectedInput>>,
): AttentionSizes {
  const sizes = expectKernelShapes<keyof AttentionSizes>(kernel, inputs, { ...SHAPES, ...more });
  const { L, S, N, K, H } = sizes;
  const advice = 'Check the shapes against docs/architecture.md.';
  if (N % K !== 0) throw webGpuError(kernel, `key/value heads must divide query heads, got K ${K} and N ${N}.`, advice);
  if (S < L)
    throw webGpuError(kernel, `there must be at least as many keys as queries, got S ${S} and L ${L}.`, advice);
  if (H > MAX_HEAD_SIZE) {
    throw webGpuError(kernel, `heads must have at most ${MAX_HEAD_SIZE} values, got H ${H}.`, 'Use the wasm backend.');
  }
  return sizes;
}
