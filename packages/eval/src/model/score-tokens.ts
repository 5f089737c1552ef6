/**
 * Log-probabilities of the tokens that follow known inputs, for a batch of sequences of different lengths.
 *
 * Only the hidden states that predict a target are projected to the vocabulary, in pieces, so that the memory needed does not grow
 * with the number of targets times the vocabulary.
 * Shapes: B sequences, L longest input, D hidden, V vocabulary, T targets over all sequences. Units: nats.
 */
import { linearCrossEntropy, type ParamMap, tf } from '@marco-ts/core';
import { outputEmbedding, type Qwen2Config, qwen2Hidden } from '@marco-ts/model';
import type { Window } from './rolling-windows.ts';

/** Logits held at once: 16 Mi numbers are 64 MiB. */
const MAX_LOGITS = 2 ** 24;

/** @returns one number per sequence: the sum over its targets */
export async function scoreTokens(
  params: ParamMap,
  config: Qwen2Config,
  windows: readonly Window[],
): Promise<Float64Array> {
  const weight_VD = outputEmbedding(params, config);
  const { inputs, rows, targets, owners } = layOut(windows);
  const hidden_TD = tf.tidy(() => {
    const shape: [number, number] = [windows.length, inputs.length];
    const hidden_BLD = qwen2Hidden(params, config, {
      inputIds_BL: tf.tensor2d(inputs.ids, shape, 'int32'),
      positionIds_BL: tf.tensor2d(inputs.positions, shape, 'int32'),
      segmentIds_BL: tf.tensor2d(inputs.segments, shape, 'int32'),
    });
    const flat = hidden_BLD.reshape([windows.length * inputs.length, -1]);
    return tf.gather(flat, tf.tensor1d(rows, 'int32')) as tf.Tensor2D;
  });
  try {
    const piece = Math.max(1, Math.floor(MAX_LOGITS / config.vocabSize));
    const logProbs = new Float64Array(windows.length);
    for (let start = 0; start < rows.length; start += piece) {
      const nll = await negativeLogProbs(hidden_TD, weight_VD, targets.subarray(start, start + piece), start);
      for (let index = 0; index < nll.length; index++) logProbs[owners[start + index]!]! -= nll[index]!;
    }
    return logProbs;
  } finally {
    hidden_TD.dispose();
  }
}

async function negativeLogProbs(
  hidden_TD: tf.Tensor2D,
  weight_VD: tf.Tensor2D,
  labels: Int32Array,
  start: number,
): Promise<Float32Array> {
  const nll_T = tf.tidy(() => {
    const piece_TD = hidden_TD.slice([start, 0], [labels.length, -1]);
    return linearCrossEntropy(piece_TD, weight_VD, tf.tensor1d(labels, 'int32'));
  });
  try {
    return (await nll_T.data()) as Float32Array;
  } finally {
    nll_T.dispose();
  }
}

/** Pads on the right; a segment id of -1 keeps padding out of sight. */
function layOut(windows: readonly Window[]) {
  const length = Math.max(...windows.map(({ input }) => input.length));
  const numTargets = windows.reduce((sum, { targets }) => sum + targets.length, 0);
  const ids = new Int32Array(windows.length * length);
  const positions = new Int32Array(windows.length * length);
  const segments = new Int32Array(windows.length * length).fill(-1);
  const rows = new Int32Array(numTargets);
  const targets = new Int32Array(numTargets);
  const owners = new Int32Array(numTargets);
  let next = 0;
  for (const [sequence, window] of windows.entries()) {
    const offset = sequence * length;
    ids.set(window.input, offset);
    for (let position = 0; position < window.input.length; position++) {
      positions[offset + position] = position;
      segments[offset + position] = 0;
    }
    const firstRow = offset + window.input.length - window.targets.length;
    for (let index = 0; index < window.targets.length; index++) {
      rows[next] = firstRow + index;
      targets[next] = window.targets[index]!;
      owners[next++] = sequence;
    }
  }
  return { inputs: { ids, positions, segments, length }, rows, targets, owners };
}
