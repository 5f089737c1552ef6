/**
 * Puts the fused kernels beside tfjs's own under the backend name `webgpu`, and our product before tfjs's for large matrices.
 */
import * as tf from '@tensorflow/tfjs-core';
import { adamW } from './adamw.ts';
import { attention } from './attention.ts';
import { attentionGrad } from './attention-grad.ts';
import { embeddingGrad } from './embedding-grad.ts';
import { createGather, float16Storage } from './float16-storage.ts';
import type { KernelArguments, KernelTable } from './kernel-types.ts';
import { createLinearCrossEntropy } from './linear-cross-entropy.ts';
import { createMatMul } from './mat-mul.ts';
import { rmsNorm, rmsNormGrad } from './rms-norm.ts';
import { rope } from './rope.ts';
import { sumOfSquares } from './sum-of-squares.ts';
import { swiglu, swigluGrad } from './swiglu.ts';

const linearCrossEntropy = createLinearCrossEntropy();

const FUSED_KERNELS: KernelTable = {
  MarcoEmbeddingGrad: embeddingGrad,
  MarcoRmsNorm: rmsNorm,
  MarcoRmsNormGrad: rmsNormGrad,
  MarcoRope: rope,
  MarcoAttention: attention,
  MarcoAttentionGrad: attentionGrad,
  MarcoSwiglu: swiglu,
  MarcoSwigluGrad: swigluGrad,
  MarcoLinearCrossEntropy: linearCrossEntropy.forward,
  MarcoLinearCrossEntropyGrad: linearCrossEntropy.backward,
  MarcoAdamW: adamW,
  MarcoSumOfSquares: sumOfSquares,
};

/** To be called once, after tfjs-backend-webgpu was imported, which registers its own kernels. */
export function registerKernels({ storesHalves }: { readonly storesHalves: boolean }): void {
  const kernels = storesHalves ? { ...FUSED_KERNELS, MarcoFloat16Storage: float16Storage } : FUSED_KERNELS;
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    tf.registerKernel({ kernelName, backendName: 'webgpu', kernelFunc: (args) => kernel(withAttributes(args)) });
  }
  replaceKernel('BatchMatMul', createMatMul);
  replaceKernel('_FusedMatMul', createMatMul);
  replaceKernel('GatherV2', createGather);
}

function replaceKernel(
  kernelName: string,
  create: (tfjsKernel: tf.KernelFunc) => (args: KernelArguments) => tf.TensorInfo | tf.TensorInfo[],
): void {
  const tfjsKernel = tf.getKernel(kernelName, 'webgpu');
  const kernel = create(tfjsKernel.kernelFunc);
  tf.unregisterKernel(kernelName, 'webgpu');
  tf.registerKernel({ ...tfjsKernel, kernelFunc: (args) => kernel(withAttributes(args)) });
}

/** tfjs leaves attributes out where the caller gave none. */
function withAttributes({ inputs, attrs, backend }: Parameters<tf.KernelFunc>[0]): KernelArguments {
  return { inputs, attrs: attrs ?? {}, backend: backend as KernelArguments['backend'] };
}
