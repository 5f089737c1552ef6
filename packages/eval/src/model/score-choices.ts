/**
 * Log-probabilities of several continuations of each of several texts, where what texts share is computed once: the start that all have in
 * common, such as a description and its examples, and the text before the choices of a question.
 *
 * Method: keys and values of the common start (one row), then of each text's own rest, then the tokens of each continuation but its last; the
 * first token of a continuation is predicted by the end of its text, so letters cost nothing of their own.
 * Source: the context cache of `HFLM` in lm-evaluation-harness 0.4 shares texts for continuations of one token; here all are shared.
 * Shapes: B texts, C continuations longer than a token, P common start, L longest rest, R rows that predict, D hidden, V vocabulary. Units: nats.
 */
import { type ParamMap, tf } from '@marco-ts/core';
import {
  type EarlierTokens,
  type KeyValues,
  outputEmbedding,
  type Qwen2Config,
  qwen2HiddenAfter,
} from '@marco-ts/model';
import { type ContinuationScore, readPredictions } from './read-predictions.ts';

export interface SharedText {
  /** at least one token */
  readonly input: Int32Array;
  /** at least one token each */
  readonly continuations: readonly Int32Array[];
}

/** Keys and values of the tokens that all texts of a batch begin with. */
export interface CommonStart {
  readonly numTokens: number;
  /** one per layer, of one row */
  readonly keyValues: readonly KeyValues[];
  dispose(): void;
}

/**
 * @param start what every text begins with and goes on from by a token or more; not disposed
 * @returns one score for each continuation of each text
 */
export async function scoreChoices(
  params: ParamMap,
  config: Qwen2Config,
  texts: readonly SharedText[],
  start?: CommonStart,
): Promise<ContinuationScore[][]> {
  const common = start?.numTokens ?? 0;
  const owners = texts.flatMap(({ continuations }, text) => continuations.map((targets) => ({ text, targets })));
  const longer = owners.filter(({ targets }) => targets.length > 1);

  // Where in the rows below each continuation's predictions are: the end of its text, then its own tokens.
  const rows_RD = tf.tidy(() => {
    const rests = padded(texts.map(({ input }) => input.subarray(common)));
    const own = qwen2HiddenAfter(
      params,
      config,
      inputsOf(rests, () => common),
      {
        keep: longer.length > 0,
        earlier: start && {
          segmentIds_BP: tf.zeros([texts.length, common], 'int32') as tf.Tensor2D,
          keyValues: (layer) => eachOf(start.keyValues[layer]!, (x) => tf.tile(x, [texts.length, 1, 1, 1])),
        },
      },
    );
    const ends = rowsOf(
      own.hidden_BLD,
      texts.map(({ input }, text) => text * rests.width + input.length - common - 1),
    );
    if (longer.length === 0) return ends;

    const tails = padded(longer.map(({ targets }) => targets.subarray(0, -1)));
    const textOf = tf.tensor1d(
      longer.map(({ text }) => text),
      'int32',
    );
    const segments_CP = tf.gather(
      tf.tensor2d(rests.segments, [texts.length, rests.width], 'int32'),
      textOf,
    ) as tf.Tensor2D;
    const earlier: EarlierTokens = {
      segmentIds_BP:
        common === 0
          ? segments_CP
          : (tf.concat([tf.zeros([longer.length, common], 'int32'), segments_CP], 1) as tf.Tensor2D),
      keyValues: (layer) => {
        const after = eachOf(own.keyValues[layer]!, (x) => tf.gather(x, textOf) as tf.Tensor4D);
        if (!start) return after;
        const before = eachOf(start.keyValues[layer]!, (x) => tf.tile(x, [longer.length, 1, 1, 1]));
        return {
          k_BSKH: tf.concat([before.k_BSKH, after.k_BSKH], 1),
          v_BSKH: tf.concat([before.v_BSKH, after.v_BSKH], 1),
        };
      },
    };
    const positions = inputsOf(tails, (row) => texts[longer[row]!.text]!.input.length);
    const { hidden_BLD } = qwen2HiddenAfter(params, config, positions, { earlier });
    const inTails = longer.flatMap(({ targets }, row) =>
      Array.from({ length: targets.length - 1 }, (_, index) => row * tails.width + index),
    );
    return tf.concat([ends, rowsOf(hidden_BLD, inTails)], 0) as tf.Tensor2D;
  });

  const scores: ContinuationScore[][] = texts.map(() => []);
  let nextTail = texts.length;
  const asked = owners.map(({ text, targets }) =>
    [...targets].map((target, index) => ({ row: index === 0 ? text : nextTail++, target })),
  );
  try {
    const answers = await readPredictions(rows_RD, outputEmbedding(params, config), asked);
    for (const [index, { text }] of owners.entries()) scores[text]!.push(answers[index]!);
  } finally {
    rows_RD.dispose();
  }
  return scores;
}

/** @returns owned by the caller */
export function readCommonStart(params: ParamMap, config: Qwen2Config, ids: Int32Array): CommonStart {
  const tensors = tf.tidy(() => {
    const { keyValues } = qwen2HiddenAfter(
      params,
      config,
      inputsOf(padded([ids]), () => 0),
      { keep: true },
    );
    return keyValues.flatMap(({ k_BSKH, v_BSKH }) => [k_BSKH, v_BSKH]);
  });
  return {
    numTokens: ids.length,
    keyValues: Array.from({ length: tensors.length / 2 }, (_, layer) => ({
      k_BSKH: tensors[2 * layer]!,
      v_BSKH: tensors[2 * layer + 1]!,
    })),
    dispose: () => tf.dispose(tensors),
  };
}

interface Padded {
  readonly ids: Int32Array;
  readonly segments: Int32Array;
  readonly numRows: number;
  readonly width: number;
}

/** Pads on the right; a segment of -1 keeps padding out of sight. */
function padded(rows: readonly Int32Array[]): Padded {
  const width = Math.max(...rows.map(({ length }) => length));
  const ids = new Int32Array(rows.length * width);
  const segments = new Int32Array(rows.length * width).fill(-1);
  for (const [row, own] of rows.entries()) {
    ids.set(own, row * width);
    segments.fill(0, row * width, row * width + own.length);
  }
  return { ids, segments, numRows: rows.length, width };
}

function inputsOf({ ids, segments, numRows, width }: Padded, firstPosition: (row: number) => number) {
  const positions = Int32Array.from(ids, (_, index) => firstPosition(Math.floor(index / width)) + (index % width));
  const shape: [number, number] = [numRows, width];
  return {
    inputIds_BL: tf.tensor2d(ids, shape, 'int32'),
    positionIds_BL: tf.tensor2d(positions, shape, 'int32'),
    segmentIds_BL: tf.tensor2d(segments, shape, 'int32'),
  };
}

function rowsOf(hidden_BLD: tf.Tensor3D, rows: readonly number[]): tf.Tensor2D {
  const [batch, length, size] = hidden_BLD.shape;
  return tf.gather(tf.reshape(hidden_BLD, [batch * length, size]), tf.tensor1d([...rows], 'int32')) as tf.Tensor2D;
}

function eachOf({ k_BSKH, v_BSKH }: KeyValues, change: (x: tf.Tensor4D) => tf.Tensor4D): KeyValues {
  return { k_BSKH: change(k_BSKH), v_BSKH: change(v_BSKH) };
}
