/**
 * A small regression whose batches look like token batches: B rows of L positions, each predicted position one item of the loss.
 *
 * The parameters are w [2, 1] and b [1]; the target of an input (x1, x2) is 2·x1 - x2 + 0.5; the loss is the squared error, summed.
 */
import { createRandom, IGNORE_INDEX, type LossFn, type ParamMap, tf } from '@marco-ts/core';

export interface ToyBatch {
  readonly batchSize: number;
  readonly sequenceLength: number;
  /** [B·L, 2] */
  readonly inputs: Float32Array;
  readonly labels: Int32Array;
  readonly segmentIds: Int32Array;
  readonly sourceIds: Int32Array;
}

export const sequenceLength = 3;

/** Rows of one stream: row r is the same whatever the batch it comes in. The last position of each row predicts nothing; every third row predicts one thing, the others two. */
export function toyRows(firstRow: number, numRows: number): ToyBatch {
  const size = numRows * sequenceLength;
  const batch = {
    inputs: new Float32Array(size * 2),
    labels: new Int32Array(size).fill(1),
    segmentIds: new Int32Array(size),
    sourceIds: new Int32Array(size),
  };
  for (let row = 0; row < numRows; row++) {
    const random = createRandom(`row ${firstRow + row}`);
    for (let t = 0; t < sequenceLength; t++) {
      const at = row * sequenceLength + t;
      batch.inputs.set([random.normal(), random.normal()], at * 2);
      batch.sourceIds[at] = (firstRow + row) % 2;
      if (t === 2 && (firstRow + row) % 3 === 0) batch.labels[at] = IGNORE_INDEX;
    }
  }
  return { batchSize: numRows, sequenceLength, ...batch };
}

export function toyParams(): ParamMap {
  return new Map<string, tf.Tensor>([
    ['w', tf.tensor2d([0.1, -0.2], [2, 1])],
    ['b', tf.tensor1d([0.05])],
  ]);
}

export const toyLoss: LossFn<ToyBatch> = (params, batch) => {
  const predicted = batch.labels.map((_, at) =>
    at % batch.sequenceLength !== batch.sequenceLength - 1 && batch.labels[at + 1] !== IGNORE_INDEX ? 1 : 0,
  );
  const x = tf.tensor2d(batch.inputs, [batch.labels.length, 2]);
  const target = tf.add(tf.matMul(x, tf.tensor2d([2, -1], [2, 1])), 0.5);
  const error = tf.sub(tf.add(tf.matMul(x, params.get('w') as tf.Tensor2D), params.get('b')!), target);
  const tokenNll_BL = tf.reshape(tf.mul(tf.square(error), tf.tensor2d(predicted, [predicted.length, 1], 'float32')), [
    batch.batchSize,
    batch.sequenceLength,
  ]) as tf.Tensor2D;
  const loss = tf.sum(tokenNll_BL) as tf.Scalar;
  return { loss, weight: predicted.reduce((sum, one) => sum + one, 0), metrics: { squaredError: loss }, tokenNll_BL };
};
