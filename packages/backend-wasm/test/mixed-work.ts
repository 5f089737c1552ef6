/** A little of everything, large enough that work is shared out: the same bits are due on any number of threads, in Node and in pages. */
import * as tf from '@tensorflow/tfjs-core';
import { kernel, randomFloats } from './variants.ts';

/** @returns results of products, reductions, softmax and the fused kernels, to be read and disposed by the caller */
export function mixedWork(): tf.Tensor[] {
  const t = (shape: number[], seed: number) =>
    tf.tensor(
      randomFloats(
        shape.reduce((p, d) => p * d, 1),
        seed,
      ),
      shape,
    );
  const ids = (n: number, limit: number) =>
    tf.tensor1d(
      Int32Array.from({ length: n }, (_, i) => (i * 31) % limit),
      'int32',
    );
  const [x, w] = [t([384, 200], 1), t([500, 200], 2)];
  const zeros = tf.zeros([2, 192], 'int32');
  const attention = {
    q: t([2, 192, 4, 16], 3),
    k: t([2, 192, 2, 16], 4),
    v: t([2, 192, 2, 16], 5),
    querySegmentIds: zeros,
    keySegmentIds: zeros,
  };
  const [out, logSumExp] = kernel('MarcoAttention', attention, { scale: 0.3 }) as [tf.Tensor, tf.Tensor];
  const [y, rstd] = kernel('MarcoRmsNorm', { x, weight: t([200], 6) }, { eps: 1e-6 }) as [tf.Tensor, tf.Tensor];
  const entropy = { hidden: x, weight: w, labels: ids(384, 500) };
  const [nll, lse] = kernel('MarcoLinearCrossEntropy', entropy, { ignoreIndex: -100 }) as [tf.Tensor, tf.Tensor];
  return [
    tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true),
    tf.matMul(t([23, 199], 7) as tf.Tensor2D, t([501, 199], 8) as tf.Tensor2D, false, true),
    tf.sum(x),
    tf.sum(x, 0),
    tf.softmax(w as tf.Tensor2D),
    out,
    logSumExp,
    y,
    nll,
    ...kernel('MarcoAttentionGrad', { ...attention, dout: t([2, 192, 4, 16], 7), out, logSumExp }, { scale: 0.3 }),
    ...kernel('MarcoRmsNormGrad', { dy: x, x, weight: t([200], 6), rstd }),
    ...kernel('MarcoLinearCrossEntropyGrad', { ...entropy, dnll: t([384], 8), logSumExp: lse }, { ignoreIndex: -100 }),
    ...kernel('MarcoEmbeddingGrad', { dy: x, ids: ids(384, 40) }, { vocabSize: 40 }),
    ...kernel('MarcoSumOfSquares', { x: w }),
  ];
}
