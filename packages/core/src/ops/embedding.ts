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
import { asRows } from './rows.ts';

/**
 * @param ids int32 rows of the table, [T] or [B, L]; not disposed. Ids outside of [0, V) are the caller's to refuse: they cannot be read
 *   here without stopping the device
 * @param weight_VD table; not disposed
 * @returns [T, D] or [B, L, D], owned by the caller
 */
export function embedding(ids: tf.Tensor1D, weight_VD: tf.Tensor2D): tf.Tensor2D;
export function embedding(ids: tf.Tensor2D, weight_VD: tf.Tensor2D): tf.Tensor3D;
export function embedding(ids: tf.Tensor1D | tf.Tensor2D, weight_VD: tf.Tensor2D): tf.Tensor2D | tf.Tensor3D {
  if (ids.rank === 1) expectShape('embedding', { ids_T: ids, weight_VD });
  else expectShape('embedding', { ids_BL: ids, weight_VD });
  if (ids.dtype !== 'int32') {
    const name = ids.rank === 1 ? 'ids_T' : 'ids_BL';
    throw coreError('embedding', `ids must be int32, got ${ids.dtype} at ${name}.`);
  }
  return customOp(
    [weight_VD],
    () => {
      const ids_T = ids.rank === 1 ? ids : tf.reshape(ids, [ids.size]);
      const rows_TD = tf.gather(weight_VD, ids_T) as tf.Tensor2D;
      const value = ids.rank === 1 ? rows_TD : tf.reshape(rows_TD, [...ids.shape, weight_VD.shape[1]]);
      return { value: value as tf.Tensor2D | tf.Tensor3D, saved: [ids_T] };
    },
    (dy, [ids_T]) => [scatterRows(asRows(dy), ids_T as tf.Tensor1D, weight_VD.shape[0])],
  );
}

/** @returns [V, D]: row v is the sum of the rows t of `rows_TD` with `ids_T[t]` = v */
export function scatterRows(rows_TD: tf.Tensor2D, ids_T: tf.Tensor1D, V: number): tf.Tensor2D {
  if (hasKernel('MarcoEmbeddingGrad')) {
    return runKernel('MarcoEmbeddingGrad', { dy: rows_TD, ids: ids_T }, { vocabSize: V })[0] as tf.Tensor2D;
  }
  return tf.tidy(() => tf.scatterND(tf.expandDims(ids_T, 1), rows_TD, [V, rows_TD.shape[1]]) as tf.Tensor2D);
}
