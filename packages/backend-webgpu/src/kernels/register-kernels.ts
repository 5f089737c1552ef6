/**
 * Puts the fused kernels beside tfjs's own under the backend name `webgpu`.
 */
import * as tf from '@tensorflow/tfjs-core';
import { adamW } from './adamw.ts';
import { attention } from './attention.ts';
import { attentionGrad } from './attention-grad.ts';
import { embeddingGrad } from './embedding-grad.ts';
import type { KernelArguments, KernelTable } from './kernel-types.ts';
import { createLinearCrossEntropy } from './linear-cross-entropy.ts';
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

/** Registers those that are not registered yet. */
export function registerKernels(): void {
  for (const [kernelName, kernel] of Object.entries(FUSED_KERNELS)) {
    if (tf.getKernel(kernelName, 'webgpu') !== undefined) continue;
    tf.registerKernel({
      kernelName,
      backendName: 'webgpu',
      kernelFunc: ({ inputs, attrs, backend }) =>
        kernel({ inputs, attrs: attrs ?? {}, backend: backend as KernelArguments['backend'] }),
    });
  }
}
