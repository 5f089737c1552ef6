/**
 * The form of our kernels: tfjs's, with the backend's type known.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';

export interface KernelArguments {
  readonly inputs: NamedTensorInfoMap;
  readonly attrs: NamedAttrMap;
  readonly backend: WebGPUBackend;
}

/** @returns the outputs in the order of docs/architecture.md, owned by the caller */
export type WebGpuKernel = (args: KernelArguments) => TensorInfo[];

export type KernelTable = Readonly<Record<string, WebGpuKernel>>;

/** The input of that name, whose presence was checked. */
export function input(inputs: NamedTensorInfoMap, name: string): TensorInfo {
  return inputs[name]!;
}
