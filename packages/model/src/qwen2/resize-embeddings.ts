/**
 * Gives a model embedding rows for tokens that its vocabulary has learned since: each begins as the mean of the rows it stands for.
 *
 * Differs: `resize_token_embeddings` of transformers draws new rows from the mean and covariance of all old ones.
 * Shapes: the embedding, and the output matrix of an untied model, grow from [V, D] to [V', D].
 */
import { type ParamMap, tf } from '@marco-ts/core';
import { modelError } from '../model-error.ts';
import { EMBEDDING, HEAD, requireParam } from './parameter-shapes.ts';
import type { Qwen2Config } from './qwen2-config.ts';

/** What `extendTokenizer` of @marco-ts/tokenizer says of a new token. */
export interface NewEmbedding {
  readonly id: number;
  /** Old ids that the token stands for. */
  readonly oldIds: ArrayLike<number>;
}

/**
 * Rows of padding that are already there are filled first; V' is the larger of V and the last new id + 1.
 *
 * @param params not disposed
 * @param newEmbeddings every id from some row of `params` on, without a gap
 * @returns new tensors, owned by the caller; those that did not grow share the bytes of `params`
 * @throws when an old id has no row, a token stands for nothing, or a row would be left without a value
 */
export async function resizeEmbeddings(
  params: ParamMap,
  config: Qwen2Config,
  newEmbeddings: readonly NewEmbedding[],
): Promise<{ params: ParamMap; config: Qwen2Config }> {
  const { hiddenSize, tieWordEmbeddings } = config;
  const vocabSize = newVocabSize(config, newEmbeddings);
  const grown = new Set(tieWordEmbeddings && !params.has(HEAD) ? [EMBEDDING] : [EMBEDDING, HEAD]);
  for (const name of grown) requireParam('resizeEmbeddings', params, name);
  const result = new Map<string, tf.Tensor>();
  for (const [name, tensor] of params) {
    if (!grown.has(name)) {
      result.set(name, tf.clone(tensor));
      continue;
    }
    const rows = new Float32Array(vocabSize * hiddenSize);
    rows.set((await tensor.data()) as Float32Array);
    for (const { id, oldIds } of newEmbeddings) setToMean(rows, hiddenSize, id, oldIds);
    result.set(name, tf.tensor2d(rows, [vocabSize, hiddenSize]));
  }
  return { params: result, config: { ...config, vocabSize } };
}

function newVocabSize({ vocabSize }: Qwen2Config, newEmbeddings: readonly NewEmbedding[]): number {
  const ids = newEmbeddings.map(({ id }) => id).sort((a, b) => a - b);
  const first = ids[0] ?? vocabSize;
  const gap = ids.findIndex((id, index) => id !== first + index);
  if (gap >= 0 || first > vocabSize || first < 0) {
    const got = gap >= 0 ? `${ids[gap]} where ${first + gap} was due` : `a first id of ${first}`;
    throw fault(`new ids must follow one another from at most ${vocabSize}, the rows of the model`, got);
  }
  for (const { id, oldIds } of newEmbeddings) {
    const isOld = (old: number): boolean => Number.isInteger(old) && old >= 0 && old < Math.min(first, vocabSize);
    if (oldIds.length === 0) throw fault('a new token must stand for old ones', `none for id ${id}`);
    const wrong = Array.from(oldIds).find((old) => !isOld(old));
    if (wrong !== undefined) throw fault(`old ids must be below ${first}, the first new one`, `${wrong} for id ${id}`);
  }
  return Math.max(vocabSize, first + ids.length);
}

function setToMean(rows: Float32Array, width: number, id: number, oldIds: ArrayLike<number>): void {
  for (let column = 0; column < width; column++) {
    let sum = 0;
    for (let i = 0; i < oldIds.length; i++) sum += rows[oldIds[i]! * width + column]!;
    rows[id * width + column] = sum / oldIds.length;
  }
}

function fault(rule: string, got: string): Error {
  return modelError(
    'resizeEmbeddings',
    `${rule}, got ${got}. Pass the new tokens of an extension of this model's tokenizer.`,
  );
}
