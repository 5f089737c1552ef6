/**
 * Causal grouped-query attention over packed documents.
 *
 * Source: Ainslie et al. 2023, arXiv:2305.13245 (grouped queries); Dao et al. 2022, arXiv:2205.14135 (what the fused kernels do).
 * Shapes: N query heads share K key/value heads, head n reads key head floor(n / (N/K)).
 * Differs: a query that may see no key gives 0 and no gradient, where a softmax over nothing gives NaN.
 */
import { coreError } from '../core-error.ts';
import { expectShape } from '../shape/expect-shape.ts';
import { tf } from '../tf.ts';
import { customOp, hasKernel, runKernel } from './custom-op.ts';

/** Added to the scores of keys that a query must not see; far below any score, and finite so that nothing becomes NaN. */
const MASKED_SCORE = 1e30;

/**
 * Query i stands at key position i + (S - L). It sees the keys not after it whose segment is its own; a segment below 0 is padding,
 * which sees nothing and gives 0.
 *
 * @param q_BLNH queries, already rotated; not disposed
 * @param k_BSKH keys; K divides N and S is at least L; not disposed
 * @param v_BSKH values; not disposed
 * @param querySegmentIds_BL int32; not disposed
 * @param keySegmentIds_BS int32; not disposed
 * @returns [B, L, N, H], owned by the caller
 */
export function causalAttention(
  q_BLNH: tf.Tensor4D,
  k_BSKH: tf.Tensor4D,
  v_BSKH: tf.Tensor4D,
  querySegmentIds_BL: tf.Tensor2D,
  keySegmentIds_BS: tf.Tensor2D,
): tf.Tensor4D {
  const { L, S, N, K, H } = expectShape('causalAttention', {
    q_BLNH,
    k_BSKH,
    v_BSKH,
    querySegmentIds_BL,
    keySegmentIds_BS,
  });
  const shapes = `q_BLNH [${q_BLNH.shape}], k_BSKH [${k_BSKH.shape}]`;
  if (N % K !== 0) throw coreError('causalAttention', `key/value heads must divide query heads, got ${shapes}.`);
  if (S < L) throw coreError('causalAttention', `there must be at least as many keys as queries, got ${shapes}.`);
  for (const ids of [querySegmentIds_BL, keySegmentIds_BS]) {
    if (ids.dtype !== 'int32') throw coreError('causalAttention', `segment ids must be int32, got ${ids.dtype}.`);
  }
  const scale = 1 / Math.sqrt(H);
  const inputs = [q_BLNH, k_BSKH, v_BSKH];
  const segmentIds = [querySegmentIds_BL, keySegmentIds_BS];

  if (hasKernel('MarcoAttention')) {
    return customOp(
      inputs,
      () => {
        const [out, logSumExp] = runKernel(
          'MarcoAttention',
          { q: q_BLNH, k: k_BSKH, v: v_BSKH, querySegmentIds: querySegmentIds_BL, keySegmentIds: keySegmentIds_BS },
          { scale },
        );
        return { value: out as tf.Tensor4D, saved: [...inputs, ...segmentIds, out!, logSumExp!] };
      },
      (dout, kept) => {
        const [q, k, v, querySegmentIds, keySegmentIds, out, logSumExp] = kept as Tensors<7>;
        return runKernel(
          'MarcoAttentionGrad',
          { dout, q, k, v, out, logSumExp, querySegmentIds, keySegmentIds },
          { scale },
        );
      },
    );
  }
  return customOp(
    inputs,
    () => ({ value: composedForward(q_BLNH, k_BSKH, v_BSKH, segmentIds, scale), saved: [...inputs, ...segmentIds] }),
    (dout, kept) => {
      const [q, k, v, querySegmentIds, keySegmentIds] = kept as Tensors<5>;
      return composedBackward(dout, q, k, v, [querySegmentIds, keySegmentIds], scale);
    },
  );
}

type Tensors<Length extends 5 | 7> = Length extends 5
  ? [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor2D, tf.Tensor2D]
  : [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor2D, tf.Tensor2D, tf.Tensor4D, tf.Tensor3D];

function composedForward(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  segmentIds: tf.Tensor2D[],
  scale: number,
): tf.Tensor4D {
  const [B, L, N, H] = q.shape;
  const { probabilities } = attentionProbabilities(q, k, segmentIds, scale);
  return headsLast(tf.matMul(probabilities, headsFirst(v)), B, L, N, H);
}

/**
 * With P the probabilities: dV = Pᵀ dO, dS = P ∘ (dO Vᵀ − rowsum(P ∘ dO Vᵀ)), dQ = scale dS K, dK = dSᵀ (scale Q).
 * P is computed again instead of kept: it is the only L x S matrix.
 */
function composedBackward(
  dout_BLNH: tf.Tensor4D,
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  segmentIds: tf.Tensor2D[],
  scale: number,
): tf.Tensor[] {
  const [B, L, N, H] = q.shape;
  const [, S, K] = k.shape;
  const { probabilities, scaledQueries } = attentionProbabilities(q, k, segmentIds, scale);
  const dout = groupHeads(dout_BLNH, K);
  const dv = tf.matMul(probabilities, dout, true, false);
  const dprobabilities = tf.matMul(dout, headsFirst(v), false, true);
  const weighted = tf.mul(probabilities, dprobabilities);
  const dscores = tf.sub(weighted, tf.mul(probabilities, tf.sum(weighted, -1, true)));
  const dq = tf.mul(tf.matMul(dscores, headsFirst(k)), scale);
  const dk = tf.matMul(dscores, scaledQueries, true, false);
  return [headsLast(dq, B, L, N, H), headsLast(dk, B, S, K, H), headsLast(dv, B, S, K, H)];
}

/** @returns probabilities [B, K, G*L, S]: the G query heads of one key head stand below each other, so keys are never repeated */
function attentionProbabilities(q_BLNH: tf.Tensor4D, k_BSKH: tf.Tensor4D, segmentIds: tf.Tensor2D[], scale: number) {
  const [B, L, N] = q_BLNH.shape;
  const [, S, K] = k_BSKH.shape;
  // Scaling the queries instead of the scores passes over H values per query instead of S.
  const scaledQueries = tf.mul(groupHeads(q_BLNH, K), scale) as tf.Tensor4D;
  const probabilities = tf.tidy(() => {
    const scores = tf.matMul(scaledQueries, headsFirst(k_BSKH), false, true);
    const mask_B1LS = visibility(segmentIds[0]!, segmentIds[1]!);
    const penalty = tf.mul(tf.sub(mask_B1LS, 1), MASKED_SCORE);
    const scores_BNLS = tf.add(tf.reshape(scores, [B, N, L, S]), penalty);
    const probabilities_BNLS = tf.mul(tf.softmax(scores_BNLS), mask_B1LS);
    return tf.reshape(probabilities_BNLS, [B, K, (N / K) * L, S]) as tf.Tensor4D;
  });
  return { probabilities, scaledQueries };
}

/** @returns [B, 1, L, S] float32: 1 where the query sees the key, else 0 */
function visibility(querySegmentIds_BL: tf.Tensor2D, keySegmentIds_BS: tf.Tensor2D): tf.Tensor {
  const [B, L] = querySegmentIds_BL.shape;
  const S = keySegmentIds_BS.shape[1];
  const query = tf.reshape(querySegmentIds_BL, [B, 1, L, 1]);
  const key = tf.reshape(keySegmentIds_BS, [B, 1, 1, S]);
  const sameSegment = tf.logicalAnd(tf.equal(query, key), tf.greaterEqual(query, tf.scalar(0, 'int32')));
  const queryPosition = tf.reshape(tf.range(S - L, S, 1, 'int32'), [L, 1]);
  const notAfter = tf.lessEqual(tf.reshape(tf.range(0, S, 1, 'int32'), [1, S]), queryPosition);
  return tf.cast(tf.logicalAnd(sameSegment, tf.reshape(notAfter, [1, 1, L, S])), 'float32');
}

function headsFirst(x: tf.Tensor4D): tf.Tensor4D {
  return tf.transpose(x, [0, 2, 1, 3]);
}

function groupHeads(x_BLNH: tf.Tensor4D, K: number): tf.Tensor4D {
  const [B, L, N, H] = x_BLNH.shape;
  return tf.reshape(headsFirst(x_BLNH), [B, K, (N / K) * L, H]) as tf.Tensor4D;
}

function headsLast(x: tf.Tensor, B: number, length: number, heads: number, H: number): tf.Tensor4D {
  return tf.transpose(tf.reshape(x, [B, heads, length, H]), [0, 2, 1, 3]) as tf.Tensor4D;
}
