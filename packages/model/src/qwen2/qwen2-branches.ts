/**
 * Hidden states of texts that go on from tokens read before: what many texts begin with is read once, whatever tree they make.
 *
 * New tokens of all branches stand in one row, so that nothing but attention sees padding; in the last layer only the tokens asked about go on.
 * Source: the memory of `Qwen2Attention` in transformers (`past_key_values`).
 * Shapes: B branches, T new tokens of all, Q of them asked about, M tokens remembered, L most queries of a branch, S longest branch with what is
 * before it, N query heads, K key/value heads, H head size, D hidden.
 */
import { causalAttention, embedding, type ParamMap, rmsNorm, tf } from '@marco-ts/core';
import { checkIds } from './check-ids.ts';
import { EMBEDDING, FINAL_NORM, requireParam } from './parameter-shapes.ts';
import type { Qwen2Config } from './qwen2-config.ts';
import { isAdapted, layerWeights } from './qwen2-hidden.ts';
import { type KeyValues, qwen2Layer } from './qwen2-layer.ts';

/** New tokens that go on from remembered ones. */
export interface Branch {
  /** new tokens, at least one */
  readonly ids: Int32Array;
  /** rows of the memory that hold what comes before them, in order */
  readonly earlier: Int32Array;
  /** hidden states are wanted from this new token on; `ids.length` for none */
  readonly firstAsked: number;
}

/** Keys and values of tokens, one row each. */
export interface TokenMemory {
  readonly numTokens: number;
  /** [M, K, H] of each layer */
  readonly layers: readonly { readonly k_MKH: tf.Tensor3D; readonly v_MKH: tf.Tensor3D }[];
  /** Frees the keys and values; they are the owner's. */
  dispose(): void;
}

/** What the new tokens of all branches came to; owned by the caller. */
export interface BranchStates {
  /** after the final norm, of the tokens asked about, branch after branch; absent where none is */
  readonly hidden_QD?: tf.Tensor2D;
  /** the earlier memory with a row more for each new token, branch after branch; absent unless `keep` */
  readonly memory?: TokenMemory;
}

/**
 * @param memory what the branches go on from; not disposed
 * @param options `keep`: whether branches will go on from these tokens
 * @returns owned by the caller; `tf.tidy` leaves the memory alone
 */
export function qwen2Branches(
  params: ParamMap,
  config: Qwen2Config,
  branches: readonly Branch[],
  memory?: TokenMemory | undefined,
  { keep = false }: { readonly keep?: boolean } = {},
): BranchStates {
  const ids = Int32Array.from(branches.flatMap((branch) => [...branch.ids]));
  checkIds('qwen2Branches', 'ids', ids, ids.length, config.vocabSize);
  const positions = Int32Array.from(
    branches.flatMap(({ ids, earlier }) => [...ids.keys()].map((i) => earlier.length + i)),
  );
  const asked = rowsFrom(branches, ({ firstAsked }) => firstAsked);
  // A layer answers one row at least.
  const lastRows = asked.length > 0 ? asked : Int32Array.of(ids.length - 1);
  const firstOfLast = (branch: Branch, index: number): number =>
    asked.length > 0 ? branch.firstAsked : branch.ids.length - Number(index === branches.length - 1);
  const isFrozen = isAdapted(params);
  const kept: { k_MKH: tf.Tensor3D; v_MKH: tf.Tensor3D }[] = [];
  const release = (): void => tf.dispose(kept.flatMap(({ k_MKH, v_MKH }) => [k_MKH, v_MKH]));
  try {
    const hidden_QD = tf.tidy(() => {
      const positionIds_BL = tf.tensor2d(positions, [1, positions.length], 'int32');
      const askedPositionIds_BL = tf.tensor2d(
        lastRows.map((row) => positions[row]!),
        [1, lastRows.length],
        'int32',
      );
      const rows_Q = tf.tensor1d(lastRows, 'int32');
      const layouts = {
        all: layOut(branches, () => 0, memory?.numTokens ?? 0),
        last: layOut(branches, firstOfLast, memory?.numTokens ?? 0),
      };
      const remember = (layer: number, { k_BSKH, v_BSKH }: KeyValues) => {
        const past = memory?.layers[layer];
        const [k, v] = [tf.squeeze(k_BSKH, [0]) as tf.Tensor3D, tf.squeeze(v_BSKH, [0]) as tf.Tensor3D];
        const all = past
          ? { k_MKH: tf.concat([past.k_MKH, k]), v_MKH: tf.concat([past.v_MKH, v]) }
          : { k_MKH: k, v_MKH: v };
        if (keep) kept.push({ k_MKH: tf.keep(tf.clone(all.k_MKH)), v_MKH: tf.keep(tf.clone(all.v_MKH)) });
        return all;
      };
      let x_TD = embedding(tf.tensor1d(ids, 'int32'), requireParam('qwen2Branches', params, EMBEDDING) as tf.Tensor2D);
      for (let layer = 0; layer < config.numHiddenLayers; layer++) {
        const isLast = layer === config.numHiddenLayers - 1;
        const layout = isLast ? layouts.last : layouts.all;
        const weights = layerWeights('qwen2Branches', params, layer, isFrozen);
        const next_TD = tf.tidy(() =>
          qwen2Layer(x_TD, weights, config, {
            positionIds_BL,
            isFrozen,
            asked: isLast ? { rows_Q, positionIds_BL: askedPositionIds_BL } : undefined,
            attend: (q_BLNH, added) => attendTo(q_BLNH, remember(layer, added), layout),
          }),
        );
        x_TD.dispose();
        x_TD = next_TD;
      }
      if (asked.length === 0) return undefined;
      const scale_D = requireParam('qwen2Branches', params, FINAL_NORM) as tf.Tensor1D;
      return rmsNorm(x_TD, scale_D, config.rmsNormEps);
    });
    const numTokens = (memory?.numTokens ?? 0) + ids.length;
    return {
      ...(hidden_QD && { hidden_QD }),
      ...(keep && { memory: { numTokens, layers: kept, dispose: release } }),
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** Rows, counted over all branches, of each branch's new tokens from `first` on. */
function rowsFrom(branches: readonly Branch[], first: (branch: Branch, index: number) => number): Int32Array {
  const rows: number[] = [];
  let offset = 0;
  for (const [index, branch] of branches.entries()) {
    for (let i = first(branch, index); i < branch.ids.length; i++) rows.push(offset + i);
    offset += branch.ids.length;
  }
  return Int32Array.from(rows);
}

interface Layout {
  readonly queryRows_BL: tf.Tensor2D;
  readonly querySegmentIds_BL: tf.Tensor2D;
  readonly keyRows_BS: tf.Tensor2D;
  readonly keySegmentIds_BS: tf.Tensor2D;
  /** where among B·L each query's answer is */
  readonly answerRows_Q: tf.Tensor1D;
}

/** One row of attention for each branch, all padded on the left, so that queries stand at the end of what they may see. */
function layOut(
  branches: readonly Branch[],
  firstQuery: (branch: Branch, index: number) => number,
  numRemembered: number,
): Layout {
  const numQueries = branches.map((branch, index) => branch.ids.length - firstQuery(branch, index));
  const L = Math.max(...numQueries);
  const S = Math.max(...branches.map(({ ids, earlier }) => earlier.length + ids.length));
  const shape = { queries: [branches.length, L] as [number, number], keys: [branches.length, S] as [number, number] };
  const queryRows = new Int32Array(branches.length * L);
  const querySegments = new Int32Array(branches.length * L).fill(-1);
  const keyRows = new Int32Array(branches.length * S);
  const keySegments = new Int32Array(branches.length * S).fill(-1);
  const answerRows: number[] = [];
  let newRow = numRemembered;
  for (const [index, { ids, earlier }] of branches.entries()) {
    const keysEnd = (index + 1) * S;
    const firstOwn = keysEnd - ids.length;
    keyRows.set(earlier, firstOwn - earlier.length);
    for (let i = 0; i < ids.length; i++) keyRows[firstOwn + i] = newRow++;
    keySegments.fill(0, firstOwn - earlier.length, keysEnd);
    const queriesEnd = (index + 1) * L;
    for (let at = queriesEnd - numQueries[index]!; at < queriesEnd; at++) {
      queryRows[at] = answerRows.length;
      querySegments[at] = 0;
      answerRows.push(at);
    }
  }
  return {
    queryRows_BL: tf.tensor2d(queryRows, shape.queries, 'int32'),
    querySegmentIds_BL: tf.tensor2d(querySegments, shape.queries, 'int32'),
    keyRows_BS: tf.tensor2d(keyRows, shape.keys, 'int32'),
    keySegmentIds_BS: tf.tensor2d(keySegments, shape.keys, 'int32'),
    answerRows_Q: tf.tensor1d(answerRows, 'int32'),
  };
}

/** @param q_BLNH of the tokens in one row, B = 1; answers likewise */
function attendTo(q_BLNH: tf.Tensor4D, { k_MKH, v_MKH }: TokenMemory['layers'][number], layout: Layout): tf.Tensor4D {
  const [, Q, N, H] = q_BLNH.shape;
  const attended_BLNH = causalAttention(
    tf.gather(tf.reshape(q_BLNH, [Q, N, H]), layout.queryRows_BL) as tf.Tensor as tf.Tensor4D,
    tf.gather(k_MKH, layout.keyRows_BS) as tf.Tensor as tf.Tensor4D,
    tf.gather(v_MKH, layout.keyRows_BS) as tf.Tensor as tf.Tensor4D,
    layout.querySegmentIds_BL,
    layout.keySegmentIds_BS,
  );
  const [B, L] = layout.queryRows_BL.shape;
  const answers_QNH = tf.gather(tf.reshape(attended_BLNH, [B * L, N, H]), layout.answerRows_Q);
  return tf.reshape(answers_QNH, [1, Q, N, H]) as tf.Tensor4D;
}
