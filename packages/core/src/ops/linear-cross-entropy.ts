/**
 * Output projection and cross-entropy in one: nll = logsumexp(hidden weightᵀ) − (hidden weightᵀ)[label].
 *
 * Source: Wijmans et al. 2024, arXiv:2411.09009 (Cut Cross-Entropy: never hold all logits).
 * Units: nats per row.
 * Differs: without a fused kernel the rows go through in chunks, whose logits are computed again for the gradient.
 */
import { isRecording } from '../autodiff/tape.ts';
import { coreError } from '../core-error.ts';
import { IGNORE_INDEX } from '../ignore-index.ts';
import { expectShape } from '../shape/expect-shape.ts';
import { tf } from '../tf.ts';
import { customOp, hasKernel, runKernel } from './custom-op.ts';
import { scatterRows } from './embedding.ts';

/** Rows whose logits exist at once in the composed path: 128 x 151,936 words are 78 MB. */
const ROWS_PER_CHUNK = 128;

/**
 * @param hidden_TD rows after the final norm; not disposed
 * @param weight_VD output embedding; not disposed
 * @param labels_T int32 in [0, V), or IGNORE_INDEX; not disposed
 * @param options `summed` says that the loss is the sum of the result, or a multiple of it: a fused kernel may then compute the gradients together
 * with the value and save a product. Other gradients stay right and cost more.
 * @returns [T] negative log-likelihoods in nats, 0 where the label is IGNORE_INDEX; owned by the caller
 */
export function linearCrossEntropy(
  hidden_TD: tf.Tensor2D,
  weight_VD: tf.Tensor2D,
  labels_T: tf.Tensor1D,
  { summed = false }: { readonly summed?: boolean } = {},
): tf.Tensor1D {
  expectShape('linearCrossEntropy', { hidden_TD, weight_VD, labels_T });
  if (labels_T.dtype !== 'int32') {
    throw coreError('linearCrossEntropy', `labels must be int32, got ${labels_T.dtype} at labels_T.`);
  }
  const fused = hasKernel('MarcoLinearCrossEntropy');
  const ignoreIndex = IGNORE_INDEX;
  const withGrads = summed && isRecording();
  return customOp(
    [hidden_TD, weight_VD],
    () => {
      const inputs = { hidden: hidden_TD, weight: weight_VD, labels: labels_T };
      const [nll, ...forGradient] = fused
        ? runKernel('MarcoLinearCrossEntropy', inputs, { ignoreIndex, withGrads })
        : composedForward(hidden_TD, weight_VD, labels_T);
      return { value: nll as tf.Tensor1D, saved: [hidden_TD, weight_VD, labels_T, ...forGradient] };
    },
    (dnll, kept) => {
      const [hidden, weight, labels, logSumExp] = kept as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];
      const [dhidden, dweight] = kept.slice(4);
      const ofSum = dhidden && dweight ? { dhidden, dweight } : {};
      const inputs = { dnll, hidden, weight, labels, logSumExp, ...ofSum };
      return fused
        ? runKernel('MarcoLinearCrossEntropyGrad', inputs, { ignoreIndex })
        : composedBackward(dnll, hidden, weight, labels, logSumExp);
    },
  );
}

function composedForward(
  hidden_TD: tf.Tensor2D,
  weight_VD: tf.Tensor2D,
  labels_T: tf.Tensor1D,
): [tf.Tensor, tf.Tensor] {
  const T = hidden_TD.shape[0];
  const { predicted_T, safeLabels_T } = splitLabels(labels_T);
  const chunks = chunkStarts(T).map((start) =>
    tf.tidy(() => {
      const rows = tf.slice(hidden_TD, [start, 0], [Math.min(ROWS_PER_CHUNK, T - start), -1]);
      return tf.logSumExp(tf.matMul(rows, weight_VD, false, true), 1) as tf.Tensor1D;
    }),
  );
  const logSumExp_T = chunks.length === 1 ? chunks[0]! : tf.concat(chunks);
  const labelLogit_T = tf.sum(tf.mul(hidden_TD, tf.gather(weight_VD, safeLabels_T)), 1);
  return [tf.mul(tf.sub(logSumExp_T, labelLogit_T), predicted_T), logSumExp_T];
}

/** With p = softmax and g = dnll where predicted: dlogits = g (p − onehot(label)), whose one-hot part is a lookup and a scatter. */
function composedBackward(
  dnll_T: tf.Tensor,
  hidden_TD: tf.Tensor2D,
  weight_VD: tf.Tensor2D,
  labels_T: tf.Tensor1D,
  logSumExp_T: tf.Tensor1D,
): tf.Tensor[] {
  const T = hidden_TD.shape[0];
  const { predicted_T, safeLabels_T } = splitLabels(labels_T);
  const scale_T1 = tf.expandDims(tf.mul(dnll_T, predicted_T), 1);
  const labelRows_TD = tf.mul(tf.gather(weight_VD, safeLabels_T), scale_T1);
  let dweight_VD = tf.neg(scatterRows(tf.mul(hidden_TD, scale_T1), safeLabels_T, weight_VD.shape[0]));
  const dhidden: tf.Tensor2D[] = [];
  for (const start of chunkStarts(T)) {
    const rows = Math.min(ROWS_PER_CHUNK, T - start);
    const [dhiddenChunk, dweight] = tf.tidy(() => {
      const hidden = tf.slice(hidden_TD, [start, 0], [rows, -1]);
      const logSumExp = tf.expandDims(tf.slice(logSumExp_T, [start], [rows]), 1);
      const probabilities = tf.exp(tf.sub(tf.matMul(hidden, weight_VD, false, true), logSumExp));
      const dlogits = tf.mul(probabilities, tf.slice(scale_T1, [start, 0], [rows, 1])) as tf.Tensor2D;
      return [tf.matMul(dlogits, weight_VD), tf.add(dweight_VD, tf.matMul(dlogits, hidden, true, false))];
    }) as [tf.Tensor2D, tf.Tensor2D];
    dhidden.push(dhiddenChunk);
    dweight_VD.dispose();
    dweight_VD = dweight;
  }
  return [tf.sub(dhidden.length === 1 ? dhidden[0]! : tf.concat(dhidden), labelRows_TD), dweight_VD];
}

/** 1 and the label where something is predicted, 0 and word 0 elsewhere. */
function splitLabels(labels_T: tf.Tensor1D): { predicted_T: tf.Tensor; safeLabels_T: tf.Tensor1D } {
  const predicted = tf.notEqual(labels_T, tf.scalar(IGNORE_INDEX, 'int32'));
  return {
    predicted_T: tf.cast(predicted, 'float32'),
    safeLabels_T: tf.mul(labels_T, tf.cast(predicted, 'int32')) as tf.Tensor1D,
  };
}

function chunkStarts(T: number): number[] {
  return Array.from({ length: Math.max(1, Math.ceil(T / ROWS_PER_CHUNK)) }, (_, index) => index * ROWS_PER_CHUNK);
}
