/** The form of our kernels: like tfjs's, with the cpu kernel at hand for cases the fast path does not take. */
import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { MarcoWasmBackend } from '../wasm-backend.ts';

export interface KernelArguments {
  readonly inputs: NamedTensorInfoMap;
  readonly attrs: NamedAttrMap;
  readonly backend: MarcoWasmBackend;
}

export type WasmKernel = (
  args: KernelArguments,
  cpuKernel: (args: KernelArguments) => TensorInfo | TensorInfo[],
) => TensorInfo | TensorInfo[];

export type KernelTable = Readonly<Record<string, WasmKernel>>;

/** Elements that one task of a streaming kernel works on. */
export const CHUNK = 16384;

/** Streaming kernels below this many elements stay on the calling thread: waking another costs as much. */
export const SHARED_FROM = 4 * CHUNK;

/** The input of that name as a present tensor. */
export function input(inputs: NamedTensorInfoMap, name: string): TensorInfo {
  return inputs[name]!;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
