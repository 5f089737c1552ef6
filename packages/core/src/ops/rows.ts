/**
 * Activations as rows: what works on one token at a time sees [T, D], whatever the batch looks like.
 */
import { tf } from '../tf.ts';

/** @returns x with all dimensions but the last as one; x itself where it has two */
export function asRows(x: tf.Tensor): tf.Tensor2D {
  if (x.rank === 2) return x as tf.Tensor2D;
  return tf.reshape(x, [tf.util.sizeFromShape(x.shape.slice(0, -1)), x.shape.at(-1)!]);
}

/** @returns rows with the dimensions of `like` before the last; the rows themselves where it has two */
export function fromRows<Like extends tf.Tensor>(rows_TD: tf.Tensor, like: Like): Like {
  if (like.rank === 2) return rows_TD as Like;
  return tf.reshape(rows_TD, [...like.shape.slice(0, -1), rows_TD.shape[1]!]) as tf.Tensor as Like;
}
