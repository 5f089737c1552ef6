/**
 * What a model costs before it is built: parameters, floating-point operations, bytes.
 *
 * Source: Kaplan et al. 2020, arXiv:2001.08361, appendix B (2 FLOPs per weight and token forward, twice that backward), with the attention's
 * own products and the output layer counted.
 * Units: FLOPs (a multiplication and an addition are two), bytes; everything in float32, as the trainer holds it.
 */
import { modelError } from '../model-error.ts';
import { EMBEDDING, HEAD, parameterShapes } from './parameter-shapes.ts';
import { checkQwen2Config, type Qwen2Config } from './qwen2-config.ts';

/** The batch and the way of computing that the costs are for. */
export interface EstimateOptions {
  /** Sequences per micro-batch. @default 1 */
  readonly batchSize?: number;
  /** Tokens per sequence. @default 512 */
  readonly sequenceLength?: number;
  /** As in `Qwen2Options`. @default false */
  readonly recompute?: boolean;
  /** Whether the backend has the fused kernels: no scores of each query with each key, no logits in the loss. @default false */
  readonly fusedKernels?: boolean;
  /** Rows whose logits exist at once. @default 128, that of the composed `linearCrossEntropy`; 0 with fused kernels */
  readonly logitRows?: number;
  /** Parameters that are trained: those of an adapter, or what is not frozen. @default all */
  readonly numTrainableParams?: number;
}

/** Costs of a model by its config alone, in parameters, floating-point operations and bytes. */
export interface Estimate {
  readonly numParams: number;
  /** Without the embedding and the output layer. */
  readonly numNonEmbeddingParams: number;
  readonly forwardFlopsPerToken: number;
  /** Forward, backward and, with `recompute`, the layers' second forward. */
  readonly trainingFlopsPerToken: number;
  readonly weightBytes: number;
  /** What is kept between the forward and the backward pass, the largest layer's work and the logits at once. */
  readonly activationBytes: number;
  /** Weights, activations, and of what is trained the gradients and both moments of AdamW. */
  readonly trainingBytes: number;
  readonly keyValueBytesPerToken: number;
  /** Weights, the keys and values of the whole batch with their room to grow, one layer's work on it. */
  readonly inferenceBytes: number;
}

/** @returns numbers from the config alone; nothing is allocated */
export function estimate(config: Qwen2Config, options: EstimateOptions = {}): Estimate {
  const { batchSize = 1, sequenceLength = 512, recompute = false, fusedKernels = false } = options;
  const { logitRows = fusedKernels ? 0 : 128 } = options;
  checkQwen2Config('estimate', config);
  for (const [name, value] of Object.entries({ batchSize, sequenceLength })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw modelError('estimate', `${name} must be a whole number from 1, got ${value}. Correct the options.`);
    }
  }
  const { hiddenSize: D, intermediateSize: F, vocabSize: V, numHiddenLayers, numAttentionHeads: N } = config;
  const KH = (D / N) * config.numKeyValueHeads;
  const numTokens = batchSize * sequenceLength;

  let numParams = 0;
  let numNonEmbeddingParams = 0;
  for (const [name, shape] of parameterShapes(config)) {
    const size = shape.reduce((product, length) => product * length, 1);
    numParams += size;
    if (name !== EMBEDDING && name !== HEAD) numNonEmbeddingParams += size;
  }

  const projections = numHiddenLayers * (2 * D * D + 2 * KH * D + 3 * D * F);
  // A token at position p meets p + 1 keys, in two products of N * H = D.
  const meanKeys = (sequenceLength + 1) / 2;
  const layersFlops = 2 * projections + numHiddenLayers * 4 * meanKeys * D;
  const forwardFlopsPerToken = layersFlops + 2 * V * D;

  // Kept per token and layer: the inputs of both norms, of q/k/v and of gate/up; q, k, v and the attended; gate, up and their product.
  const keptFloats = 6 * D + 2 * KH + 3 * F + N + 2;
  const scoreFloats = fusedKernels ? 0 : 3 * batchSize * N * sequenceLength * sequenceLength;
  const layerFloats = numTokens * keptFloats + scoreFloats;
  const keptByLayers = recompute ? numHiddenLayers * numTokens * D : numHiddenLayers * numTokens * keptFloats;
  const logitFloats = 2 * Math.min(logitRows, numTokens) * V;
  const activationBytes =
    4 * (keptByLayers + 3 * numTokens * D + Math.max(recompute ? layerFloats : scoreFloats, logitFloats));

  // Without gradients, the larger half of a layer: attention, or the MLP.
  const passingFloats = numTokens * Math.max(7 * D + 4 * KH + N, 5 * D + 3 * F) + scoreFloats;

  const weightBytes = 4 * numParams;
  const keyValueBytesPerToken = 4 * 2 * KH * numHiddenLayers;
  return {
    numParams,
    numNonEmbeddingParams,
    forwardFlopsPerToken,
    trainingFlopsPerToken: 3 * forwardFlopsPerToken + (recompute ? layersFlops : 0),
    weightBytes,
    activationBytes,
    trainingBytes: weightBytes + 3 * 4 * (options.numTrainableParams ?? numParams) + activationBytes,
    keyValueBytesPerToken,
    inferenceBytes: weightBytes + 1.25 * numTokens * keyValueBytesPerToken + 4 * passingFloats + 4 * batchSize * V,
  };
}
