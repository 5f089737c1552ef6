/**
 * Log-probabilities of a prompt's own tokens, each given those before it: `echo` of the completions API.
 *
 * Shapes: L length, D hidden, V vocabulary. Units: nats.
 */
import { linear, type ParamMap, tf } from '@marco-ts/core';
import { outputEmbedding, type Qwen2Config, qwen2Hidden } from '@marco-ts/model';
import { type TokenLogProb, tokenLogProb } from './token-log-probs.ts';

/** Logits held at once: 4 Mi numbers are 16 MiB. */
const MAX_LOGITS = 2 ** 22;

/** @returns one for each token but the first, which nothing predicts */
export async function promptLogProbs(
  params: ParamMap,
  config: Qwen2Config,
  prompt: Int32Array,
  numTop: number,
): Promise<TokenLogProb[]> {
  const L = prompt.length;
  const hidden_LD = tf.tidy(() => {
    const hidden_BLD = qwen2Hidden(params, config, {
      inputIds_BL: tf.tensor2d(prompt, [1, L], 'int32'),
      positionIds_BL: tf.tensor2d(Int32Array.from(prompt.keys()), [1, L], 'int32'),
      segmentIds_BL: tf.zeros([1, L], 'int32'),
    });
    return tf.reshape(hidden_BLD, [L, config.hiddenSize]) as tf.Tensor2D;
  });
  const found: TokenLogProb[] = [];
  const piece = Math.max(1, Math.floor(MAX_LOGITS / config.vocabSize));
  try {
    for (let start = 0; start < L - 1; start += piece) {
      const length = Math.min(piece, L - 1 - start);
      const logits_LV = tf.tidy(() =>
        linear(tf.slice(hidden_LD, [start, 0], [length, -1]) as tf.Tensor2D, outputEmbedding(params, config)),
      );
      const logits = (await logits_LV.data()) as Float32Array;
      logits_LV.dispose();
      for (let row = 0; row < length; row++) {
        const logits_V = logits.subarray(row * config.vocabSize, (row + 1) * config.vocabSize);
        found.push(tokenLogProb(logits_V, prompt[start + row + 1]!, numTop));
      }
    }
    return found;
  } finally {
    hidden_LD.dispose();
  }
}
