/**
 * What conversations are about, as vectors: the mean of our own model's last hidden states over each, scaled to length 1.
 *
 * Shapes: N conversations, D hidden.
 */
import { type ParamMap, tf } from '@marco-ts/core';
import { type Qwen2Config, qwen2Hidden } from '@marco-ts/model';
import type { Tokenizer } from '@marco-ts/tokenizer';
import { collateRows } from '../sequences/collate-rows.ts';
import type { Conversation } from '../sft/conversation.ts';
import { encodeConversation } from '../sft/encode-conversation.ts';

/** The model that reads the conversations, and the shape of its batches. */
export interface EmbedOptions {
  readonly params: ParamMap;
  readonly config: Qwen2Config;
  readonly tokenizer: Tokenizer;
  /** Longer conversations have no vector. */
  readonly sequenceLength: number;
  readonly microBatchSize: number;
  readonly signal?: AbortSignal;
}

/** @returns one vector per conversation; undefined for one that is too long */
export async function embedConversations(
  conversations: readonly Conversation[],
  options: EmbedOptions,
): Promise<(Float32Array | undefined)[]> {
  const { params, config, tokenizer, sequenceLength, microBatchSize, signal } = options;
  const { padTokenId } = tokenizer;
  const vectors: (Float32Array | undefined)[] = conversations.map(() => undefined);
  const rows = conversations.flatMap(({ messages, tools }, index) => {
    const sequence = encodeConversation(tokenizer, messages, sequenceLength, {
      where: `conversations[${index}]`,
      tools,
    });
    return 'reason' in sequence ? [] : [{ index, sequence }];
  });
  // Rows of like length share a batch, which is as long as its longest.
  rows.sort((a, b) => a.sequence.ids.length - b.sequence.ids.length);
  for (let start = 0; start < rows.length; start += microBatchSize) {
    signal?.throwIfAborted();
    const own = rows.slice(start, start + microBatchSize);
    const length = own.at(-1)!.sequence.ids.length;
    const batch = collateRows(
      own.map(({ sequence }, row) => [{ sequence, sourceId: 0, sequenceId: row }]),
      { numRows: own.length, sequenceLength: length, padTokenId },
    );
    const unit_BD = tf.tidy(() => {
      const matrix = (values: Int32Array) => tf.tensor2d(values, [own.length, length], 'int32');
      const hidden_BLD = qwen2Hidden(params, config, {
        inputIds_BL: matrix(batch.inputIds),
        positionIds_BL: matrix(batch.positionIds),
        segmentIds_BL: matrix(batch.segmentIds),
      });
      const isToken = Float32Array.from(batch.sequenceIds, (id) => (id >= 0 ? 1 : 0));
      const sum_BD = tf.sum(tf.mul(hidden_BLD, tf.tensor3d(isToken, [own.length, length, 1])), 1);
      return tf.div(sum_BD, tf.norm(sum_BD, 'euclidean', 1, true));
    });
    const values = (await unit_BD.data()) as Float32Array;
    unit_BD.dispose();
    const { hiddenSize } = config;
    for (const [row, { index }] of own.entries()) {
      vectors[index] = values.slice(row * hiddenSize, (row + 1) * hiddenSize);
    }
  }
  return vectors;
}
