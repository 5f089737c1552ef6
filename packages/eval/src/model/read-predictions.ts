/**
 * Log-probabilities of the tokens that hidden states predict, and whether the likeliest were asked about, without all logits at once.
 *
 * Shapes: R rows that predict, D hidden, V vocabulary, T predictions. Units: nats.
 */
import { linearCrossEntropy, tf } from '@marco-ts/core';

export interface ContinuationScore {
  readonly logProb: number;
  /** every token is the most likely one */
  readonly isGreedy: boolean;
}

/** Logits held at once: 16 Mi numbers are 64 MiB. */
const MAX_LOGITS = 2 ** 24;

/** A token that a row of hidden states predicts. */
export interface Prediction {
  readonly row: number;
  readonly target: number;
}

/** @param continuations tokens of each, in order; rows may be shared */
export async function readPredictions(
  rows_RD: tf.Tensor2D,
  weight_VD: tf.Tensor2D,
  continuations: readonly (readonly Prediction[])[],
): Promise<ContinuationScore[]> {
  const logProbs = await readLogProbs(rows_RD, weight_VD, continuations);
  const isGreedy = await findGreedy(rows_RD, weight_VD, continuations, logProbs);
  return logProbs.map((own, index) => ({
    logProb: own.reduce((sum, value) => sum + value, 0),
    isGreedy: isGreedy[index]!,
  }));
}

/** Rows are projected to the vocabulary once each, in pieces, however many continuations ask about them. */
async function readLogProbs(
  rows_RD: tf.Tensor2D,
  weight_VD: tf.Tensor2D,
  continuations: readonly (readonly Prediction[])[],
): Promise<Float64Array[]> {
  const numRows = rows_RD.shape[0];
  // The first token asked of a row is its label: its loss and its score give what all others of the row are divided by.
  const labels = new Int32Array(numRows).fill(-1);
  for (const { row, target } of continuations.flat()) if (labels[row] === -1) labels[row] = target;
  const others = continuations.flat().filter(({ row, target }) => labels[row] !== target);
  const firstOthers = [...new Set(others.map(({ row }) => row))];
  const losses = new Float64Array(numRows);
  for (const [start, end] of pieces(numRows, weight_VD.shape[0])) {
    const losses_R = tf.tidy(() =>
      linearCrossEntropy(
        tf.slice(rows_RD, [start, 0], [end - start, -1]),
        weight_VD,
        tf.tensor1d(labels.subarray(start, end), 'int32'),
      ),
    );
    losses.set(await losses_R.data(), start);
    losses_R.dispose();
  }
  const scored = [...firstOthers.map((row) => ({ row, target: labels[row]! })), ...others];
  const scores = await readScores(rows_RD, weight_VD, scored);
  const normalizers = new Map(firstOthers.map((row, index) => [row, losses[row]! + scores[index]!]));
  let next = firstOthers.length;
  return continuations.map((predictions) =>
    Float64Array.from(predictions, ({ row, target }) =>
      labels[row] === target ? -losses[row]! : scores[next++]! - normalizers.get(row)!,
    ),
  );
}

/** @returns hidden state times output row of each prediction */
async function readScores(
  rows_RD: tf.Tensor2D,
  weight_VD: tf.Tensor2D,
  predictions: readonly Prediction[],
): Promise<ArrayLike<number>> {
  if (predictions.length === 0) return [];
  const scores_T = tf.tidy(() => {
    const [asked_TD, words_TD] = [
      tf.gather(rows_RD, indices(predictions.map(({ row }) => row))),
      tf.gather(weight_VD, indices(predictions.map(({ target }) => target))),
    ];
    return tf.sum(tf.mul(asked_TD, words_TD), 1);
  });
  const scores = await scores_T.data();
  scores_T.dispose();
  return scores;
}

/**
 * Whether every token of a continuation is the likeliest. Its least likely one is looked at first: most continuations fail there, and the whole
 * vocabulary need not be searched for the others.
 */
async function findGreedy(
  rows_RD: tf.Tensor2D,
  weight_VD: tf.Tensor2D,
  continuations: readonly (readonly Prediction[])[],
  logProbs: readonly Float64Array[],
): Promise<boolean[]> {
  const least = continuations.map((predictions, index) => {
    const own = logProbs[index]!;
    return predictions[own.indexOf(Math.min(...own))]!;
  });
  // Nothing that is less likely than the mean of the vocabulary is the likeliest.
  const floor = -Math.log(weight_VD.shape[0]) - 1e-3;
  const possible = [...continuations.keys()].filter((index) => Math.min(...logProbs[index]!) >= floor);
  const isLeastBest = await areBest(
    rows_RD,
    weight_VD,
    possible.map((index) => least[index]!),
  );
  const left = possible.filter((_, position) => isLeastBest[position]);
  const rest = left.flatMap((index) => continuations[index]!.map((prediction) => ({ prediction, index })));
  const isBest = await areBest(
    rows_RD,
    weight_VD,
    rest.map(({ prediction }) => prediction),
  );
  const isGreedy = continuations.map(() => false);
  for (const index of left) isGreedy[index] = true;
  for (const [position, { index }] of rest.entries()) if (!isBest[position]) isGreedy[index] = false;
  return isGreedy;
}

async function areBest(
  rows_RD: tf.Tensor2D,
  weight_VD: tf.Tensor2D,
  predictions: readonly Prediction[],
): Promise<boolean[]> {
  const rows = [...new Set(predictions.map(({ row }) => row))];
  const best = new Map<number, number>();
  for (const [start, end] of pieces(rows.length, weight_VD.shape[0])) {
    const best_R = tf.tidy(() =>
      tf.argMax(tf.matMul(tf.gather(rows_RD, indices(rows.slice(start, end))), weight_VD, false, true), 1),
    );
    for (const [index, id] of (await best_R.data()).entries()) best.set(rows[start + index]!, id);
    best_R.dispose();
  }
  return predictions.map(({ row, target }) => best.get(row) === target);
}

/** Ranges of rows whose logits may exist at once. */
function pieces(numRows: number, vocabSize: number): [number, number][] {
  const size = Math.max(1, Math.floor(MAX_LOGITS / vocabSize));
  return Array.from({ length: Math.ceil(numRows / size) }, (_, index) => [
    index * size,
    Math.min(numRows, (index + 1) * size),
  ]);
}

const indices = (values: readonly number[]): tf.Tensor1D => tf.tensor1d([...values], 'int32');
