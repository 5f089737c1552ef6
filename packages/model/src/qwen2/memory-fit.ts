/**
 * Whether a run fits a memory budget, before it starts, and if not, what would.
 *
 * Units: bytes, by `estimate`.
 */
import { modelError } from '../model-error.ts';
import { type EstimateOptions, estimate } from './estimate.ts';
import type { Qwen2Config } from './qwen2-config.ts';

/** The run and the memory that there is for it. */
export interface MemoryFitOptions extends EstimateOptions {
  /** Training holds gradients, moments and what the backward pass reads; inference holds keys and values. */
  readonly purpose: 'training' | 'inference';
  readonly budgetBytes: number;
}

/** Whether a run fits its budget, and the largest batch and sequence that would. */
export interface MemoryFit {
  readonly fits: boolean;
  readonly neededBytes: number;
  /** Bytes that no smaller batch saves: weights, and for training gradients and moments. */
  readonly fixedBytes: number;
  /** Most sequences of the given length; 0 when not even one fits. */
  readonly largestBatchSize: number;
  /** Longest sequences in the given batch, at most the model's context; 0 when none fits. */
  readonly longestSequence: number;
  /** Training only: most sequences of the given length when layers are recomputed. */
  readonly largestBatchSizeRecomputed: number;
}

/** @throws for a budget that is no positive number, and what `estimate` throws for */
export function memoryFit(config: Qwen2Config, options: MemoryFitOptions): MemoryFit {
  const { purpose, budgetBytes, batchSize = 1, sequenceLength = 512, recompute = false } = options;
  if (!(budgetBytes > 0)) {
    throw modelError('memoryFit', `budgetBytes must be above 0, got ${budgetBytes}. Correct the options.`);
  }
  const bytes = (change: EstimateOptions): number => {
    const { trainingBytes, inferenceBytes } = estimate(config, { ...options, ...change });
    return purpose === 'training' ? trainingBytes : inferenceBytes;
  };
  const fits = (change: EstimateOptions): boolean => bytes(change) <= budgetBytes;
  const neededBytes = bytes({});
  const { weightBytes, numParams } = estimate(config);
  const { numTrainableParams = numParams } = options;
  const batches = (recomputing: boolean) =>
    largestWhere((size) => fits({ batchSize: size, recompute: recomputing }), Number.MAX_SAFE_INTEGER / sequenceLength);
  return {
    fits: neededBytes <= budgetBytes,
    neededBytes,
    fixedBytes: weightBytes + (purpose === 'training' ? 3 * 4 * numTrainableParams : 0),
    largestBatchSize: batches(recompute),
    longestSequence: largestWhere(
      (length) => fits({ batchSize, sequenceLength: length }),
      Math.max(config.maxPositionEmbeddings, sequenceLength),
    ),
    largestBatchSizeRecomputed: batches(purpose === 'training'),
  };
}

/**
 * @param functionName for the error message
 * @throws when the run does not fit, saying what it needs and what would fit
 */
export function requireMemory(functionName: string, config: Qwen2Config, options: MemoryFitOptions): void {
  const { purpose, budgetBytes, batchSize = 1, sequenceLength = 512, recompute = false } = options;
  const fit = memoryFit(config, options);
  if (fit.fits) return;
  const offers: string[] = [];
  if (fit.largestBatchSize > 0) offers.push(`batchSize ${fit.largestBatchSize} at this length`);
  if (fit.longestSequence > 0) offers.push(`sequenceLength ${fit.longestSequence} in this batch`);
  if (!recompute && fit.largestBatchSizeRecomputed > fit.largestBatchSize) {
    offers.push(`batchSize ${fit.largestBatchSizeRecomputed} with recompute`);
  }
  const holder = purpose === 'training' ? 'weights, gradients and moments' : 'weights';
  const next =
    offers.length > 0
      ? `What would fit: ${offers.join(', or ')}.`
      : `No sequence would fit: its ${holder} alone take ${gibibytes(fit.fixedBytes)}. Take a smaller model or a larger machine.`;
  throw modelError(
    functionName,
    `${purpose} must fit ${gibibytes(budgetBytes)}, got ${gibibytes(fit.neededBytes)} for batchSize ${batchSize}, sequenceLength ${sequenceLength}. ${next}`,
  );
}

/** The largest whole number from 1 to `limit` for which a rule holds that holds up to some number; 0 when it never does. */
function largestWhere(holds: (value: number) => boolean, limit: number): number {
  let high = 1;
  while (high <= limit && holds(high)) high *= 2;
  let low = Math.floor(high / 2);
  high = Math.min(high, Math.floor(limit) + 1);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function gibibytes(bytes: number): string {
  return bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
