/** Registers every kernel of tfjs-backend-cpu under our backend's name, the hot ones replaced by wasm, and the fused `Marco*` kernels. */
import {
  getKernel,
  getKernelsForBackend,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { elementwiseKernels } from './elementwise.ts';
import { attentionKernels } from './fused/attention.ts';
import { fusedRowKernels } from './fused/fused-rows.ts';
import { linearCrossEntropyKernels } from './fused/linear-cross-entropy.ts';
import { ropeKernels } from './fused/rope.ts';
import { gatherKernels } from './gather.ts';
import type { KernelArguments, KernelTable, WasmKernel } from './kernel-types.ts';
import { matMulKernels } from './mat-mul.ts';
import { rearrangeKernels } from './rearrange.ts';
import { reductionKernels } from './reductions.ts';

/** For a fused kernel there is no cpu kernel to fall back to. */
const noFallback = (name: string) => (): never => {
  throw new Error(
    `[@marco-ts/backend-wasm] ${name}: the cpu backend has no such kernel, got a case that only it could take. This is a fault of the backend.`,
  );
};

export function registerKernels(backendName: string): void {
  const begin =
    (kernel: (args: KernelArguments) => TensorInfo | TensorInfo[]): KernelFunc =>
    (args) => {
      const ours = args as unknown as KernelArguments;
      ours.backend.beginKernel();
      return kernel(ours);
    };
  const runKernel = (name: string, args: unknown): TensorInfo =>
    getKernel(name, backendName).kernelFunc(args as Parameters<KernelFunc>[0]) as TensorInfo;
  const table: KernelTable = {
    ...elementwiseKernels,
    ...matMulKernels(runKernel),
    ...reductionKernels,
    ...rearrangeKernels,
    ...gatherKernels,
    ...fusedRowKernels,
    ...ropeKernels,
    ...attentionKernels,
    ...linearCrossEntropyKernels,
  };
  const remaining = new Map<string, WasmKernel>(Object.entries(table));
  for (const config of getKernelsForBackend('cpu')) {
    const ours = remaining.get(config.kernelName);
    remaining.delete(config.kernelName);
    const cpuKernel = config.kernelFunc as unknown as (args: KernelArguments) => TensorInfo | TensorInfo[];
    registerKernel({ ...config, backendName, kernelFunc: begin(ours ? (args) => ours(args, cpuKernel) : cpuKernel) });
  }
  for (const [kernelName, ours] of remaining) {
    registerKernel({ kernelName, backendName, kernelFunc: begin((args) => ours(args, noFallback(kernelName))) });
  }
}
