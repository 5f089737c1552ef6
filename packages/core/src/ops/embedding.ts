/**
 * Token embedding: row lookup whose gradient adds up the rows of each word.
 *
 * Source: `torch.nn.Embedding`.
 * Differs: tfjs's own gradient of `gather` needs a kernel that its WebAssembly backend lacks; this one scatters and adds.
 */
import { coreError } from '../core-error.ts';
import { expectShape } from '../shape/expect-shape.ts';
import { tf } from '../tf.ts';
import { customOp, hasKernel, runKernel } from './custom-op.ts';

/**
 * @param ids_BL int32 rows of the table; not disposed. Ids outside of [0, V) are the caller's to refuse: they cannot be read here
 *   without stopping the device
 * @param weight_VD table; not disposed
 * @returns [B, L, D], owned by the caller
 */
export function embedding(ids_BL: tf.Tensor2D, weight_VD: tf.Tensor2D): tf.Tensor3D {
  const { B, L, V, D } = expectShape('embedding', { ids_BL, weight_VD });
  if (ids_BL.dtype !== 'int32') throw coreError('embedding', `ids must be int32, got ${ids_BL.dtype} at ids_BL.`);
  return customOp(
    [weight_VD],
    () => {
      const ids_T = tf.reshape(ids_BL, [B * L]);
      return { value: tf.reshape(tf.gather(weight_VD, ids_T), [B, L, D]) as tf.Tensor3D, saved: [ids_T] };
    },
    (dy_BLD, [ids_T]) => [scatterRows(tf.reshape(dy_BLD, [B * L, D]), ids_T as tf.Tensor1D, V)],
  );
}

/** @returns [V, D]: row v is the sum of the rows t of `rows_TD` with `ids_T[t]` = v */
export function scatterRows(rows_TD: tf.Tensor2D, ids_T: tf.Tensor1D, V: number): tf.Tensor2D {
  if (hasKernel('MarcoEmbeddingGrad')) {
    return runKernel('MarcoEmbeddingGrad', { dy: rows_TD, ids: ids_T }, { vocabSize: V })[0] as tf.Tensor2D;
  }
  return tf.tidy(() => tf.scatterND(tf.expandDims(ids_T, 1), rows_TD, [V, rows_TD.shape[1]]) as tf.Tensor2D);
}
