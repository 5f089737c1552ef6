/**
 * Labels and probabilities of a supervised fastText model.
 *
 * Source: Joulin et al. 2016, arXiv:1607.01759: the mean of the text's rows, then softmax, independent logistic outputs, or a Huffman tree over
 * labels; fastText 0.9 for the order of sums and for what it adds to probabilities before their logarithm.
 * Shapes: C columns, L labels.
 */
import { createFastTextFeatures } from './fasttext-features.ts';
import { type FastTextFile, type FastTextMatrix, type ProductQuantizer, readFastTextFile } from './fasttext-file.ts';

/** A label and how likely it is. */
export interface FastTextPrediction {
  /** Without the prefix `__label__`. */
  readonly label: string;
  readonly probability: number;
}

/** A supervised fastText model. */
export interface FastTextModel {
  /** Without the prefix. */
  readonly labels: readonly string[];
  readonly file: FastTextFile;
  /** The best labels first; none for a text without a known word or subword. */
  predict(text: string, options?: { readonly numLabels?: number }): FastTextPrediction[];
}

const LABEL_PREFIX = '__label__';
/** fastText takes log(p + 1e-5) and gives its exponential. */
const LOG_OFFSET = 1e-5;
const NUM_CENTROIDS = 256;
const SIGMOID_STEPS = 512;
const SIGMOID_LIMIT = 8;
/** fastText looks logistic values up in a table of 513. */
const SIGMOID = Float32Array.from(
  { length: SIGMOID_STEPS + 1 },
  (_, i) => 1 / (1 + Math.exp(-((i * 2 * SIGMOID_LIMIT) / SIGMOID_STEPS - SIGMOID_LIMIT))),
);

function tableSigmoid(x: number): number {
  if (x < -SIGMOID_LIMIT) return 0;
  if (x > SIGMOID_LIMIT) return 1;
  return SIGMOID[Math.trunc(((x + SIGMOID_LIMIT) * SIGMOID_STEPS) / SIGMOID_LIMIT / 2)]!;
}

const centroidStart = ({ numParts, partSize, lastPartSize }: ProductQuantizer, part: number, code: number): number =>
  part === numParts - 1
    ? part * NUM_CENTROIDS * partSize + code * lastPartSize
    : (part * NUM_CENTROIDS + code) * partSize;

const normOf = (matrix: FastTextMatrix & { kind: 'quantized' }, row: number): number =>
  matrix.norms === null ? 1 : matrix.norms.quantizer.centroids[matrix.norms.codes[row]!]!;

function addRow(matrix: FastTextMatrix, row: number, into: Float64Array): void {
  if (matrix.kind === 'dense') {
    const start = row * matrix.numColumns;
    for (let i = 0; i < into.length; i++) into[i]! += matrix.values[start + i]!;
    return;
  }
  const { codes, quantizer } = matrix;
  const { numParts, partSize, lastPartSize, centroids } = quantizer;
  const norm = normOf(matrix, row);
  for (let part = 0; part < numParts; part++) {
    const start = centroidStart(quantizer, part, codes[row * numParts + part]!);
    const size = part === numParts - 1 ? lastPartSize : partSize;
    for (let i = 0; i < size; i++) into[part * partSize + i]! += norm * centroids[start + i]!;
  }
}

function dotRow(matrix: FastTextMatrix, row: number, vector: Float64Array): number {
  let sum = 0;
  if (matrix.kind === 'dense') {
    const start = row * matrix.numColumns;
    for (let i = 0; i < vector.length; i++) sum += matrix.values[start + i]! * vector[i]!;
    return sum;
  }
  const { codes, quantizer } = matrix;
  const { numParts, partSize, lastPartSize, centroids } = quantizer;
  for (let part = 0; part < numParts; part++) {
    const start = centroidStart(quantizer, part, codes[row * numParts + part]!);
    const size = part === numParts - 1 ? lastPartSize : partSize;
    for (let i = 0; i < size; i++) sum += vector[part * partSize + i]! * centroids[start + i]!;
  }
  return sum * normOf(matrix, row);
}

/** Huffman tree over labels, which are sorted by falling count: children of the inner nodes, counted from L. */
function buildTree(counts: readonly number[]): { readonly left: Int32Array; readonly right: Int32Array } {
  const numLabels = counts.length;
  const left = new Int32Array(Math.max(0, numLabels - 1));
  const right = new Int32Array(Math.max(0, numLabels - 1));
  const totals = new Float64Array(2 * numLabels - 1).fill(1e15);
  totals.set(counts);
  let leaf = numLabels - 1;
  let node = numLabels;
  for (let parent = numLabels; parent < 2 * numLabels - 1; parent++) {
    const take = (): number => (leaf >= 0 && totals[leaf]! < totals[node]! ? leaf-- : node++);
    left[parent - numLabels] = take();
    right[parent - numLabels] = take();
    totals[parent] = totals[left[parent - numLabels]!]! + totals[right[parent - numLabels]!]!;
  }
  return { left, right };
}

/** Logarithms of the probabilities of all labels as fastText ranks them. */
function labelScores(file: FastTextFile): (hidden: Float64Array) => Float64Array {
  const { output, dictionary } = file;
  const numLabels = dictionary.labels.length;
  const withOffset = (probability: number): number => Math.log(probability + LOG_OFFSET);
  if (file.arguments.loss === 'hierarchical_softmax') {
    const { left, right } = buildTree(dictionary.labelCounts);
    return (hidden) => {
      const scores = new Float64Array(2 * numLabels - 1);
      for (let node = 2 * numLabels - 2; node >= numLabels; node--) {
        const index = node - numLabels;
        const toRight = 1 / (1 + Math.exp(-dotRow(output, index, hidden)));
        scores[left[index]!] = scores[node]! + withOffset(1 - toRight);
        scores[right[index]!] = scores[node]! + withOffset(toRight);
      }
      return scores.subarray(0, numLabels);
    };
  }
  const logits = (hidden: Float64Array): Float64Array =>
    Float64Array.from({ length: numLabels }, (_, label) => dotRow(output, label, hidden));
  if (file.arguments.loss === 'softmax') {
    return (hidden) => {
      const values = logits(hidden);
      const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const sum = values.reduce((total, value) => total + Math.exp(value - largest), 0);
      return values.map((value) => withOffset(Math.exp(value - largest) / sum));
    };
  }
  return (hidden) => logits(hidden).map((value) => withOffset(tableSigmoid(value)));
}

/**
 * A model that predicts, from a file that was read.
 *
 * @param file as `readFastTextFile` gives it
 */
export function fastTextModelFromFile(file: FastTextFile): FastTextModel {
  const features = createFastTextFeatures(file);
  const scoresOf = labelScores(file);
  const labels = file.dictionary.labels.map((label) =>
    label.startsWith(LABEL_PREFIX) ? label.slice(LABEL_PREFIX.length) : label,
  );
  const hidden = new Float64Array(file.arguments.size);
  return {
    labels,
    file,
    predict(text, { numLabels = 1 } = {}) {
      const rows = features.rowsOf(text);
      if (rows.length === 0) return [];
      hidden.fill(0);
      for (const row of rows) addRow(file.input, row, hidden);
      for (let i = 0; i < hidden.length; i++) hidden[i]! /= rows.length;
      const scores = scoresOf(hidden);
      return Array.from(scores, (score, index) => ({ label: labels[index]!, score }))
        .sort((a, b) => b.score - a.score)
        .slice(0, numLabels)
        .map(({ label, score }) => ({ label, probability: Math.min(1, Math.exp(score)) }));
    },
  };
}

/** @throws Error naming file and byte when the file is no supervised fastText model */
export const loadFastText = (path: string): FastTextModel => fastTextModelFromFile(readFastTextFile(path));
