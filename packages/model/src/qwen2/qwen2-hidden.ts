/**
 * The Qwen2 decoder: token ids to hidden states after the final norm, and to logits.
 *
 * Source: `Qwen2Model` and `Qwen2ForCausalLM` in transformers (models/qwen2/modeling_qwen2.py); Qwen2 technical report, arXiv:2407.10671.
 * Shapes: B batch, L length, T = B·L tokens, D hidden, V vocabulary.
 */
import { embedding, expectShape, linear, type ParamMap, remat, rmsNorm, tf } from '@marco-ts/core';
import { checkIds } from './check-ids.ts';
import {
  ADAPTER_PREFIX,
  EMBEDDING,
  FINAL_NORM,
  LAYER_PARAMETERS,
  outputEmbedding,
  requireParam,
} from './parameter-shapes.ts';
import type { Qwen2Config } from './qwen2-config.ts';
import { type LayerWeights, packedAttention, qwen2Layer } from './qwen2-layer.ts';

/** Token ids with their positions and segments, each [B, L]. */
export interface Qwen2Inputs {
  /** int32, each below `vocabSize`. */
  readonly inputIds_BL: tf.Tensor2D;
  /** int32, counted from 0 within each document. */
  readonly positionIds_BL: tf.Tensor2D;
  /** int32; tokens see earlier tokens of their own segment; -1 is padding. */
  readonly segmentIds_BL: tf.Tensor2D;
}

/** How the decoder is computed; its values do not depend on it. */
export interface Qwen2Options {
  /** Compute each layer again in the backward pass instead of keeping its insides: less memory, a third more time. */
  readonly recompute?: boolean;
}

/** Backends whose tensors can be read without waiting for a device. */
const READABLE = new Set(['cpu', 'wasm', 'marco-wasm']);

/**
 * @param inputs not disposed
 * @returns hidden_BLD after the final norm, owned by the caller; 0 has no meaning at padding
 * @throws for a missing parameter, shapes that disagree, and on cpu and wasm for an id past the vocabulary (elsewhere a tensor cannot be
 * looked into; batches of typed arrays, as `tokenNll` takes them, are checked everywhere)
 */
export function qwen2Hidden(
  params: ParamMap,
  config: Qwen2Config,
  inputs: Qwen2Inputs,
  options: Qwen2Options = {},
): tf.Tensor3D {
  checkInputs('qwen2Hidden', config, inputs);
  return tf.tidy(() => asBatch(hiddenOfCheckedInputs(params, config, inputs, options), inputs));
}

/** @returns logits_BLV, owned by the caller: B·L·V floats; for a loss use `tokenNll`, which never holds them all */
export function qwen2Logits(
  params: ParamMap,
  config: Qwen2Config,
  inputs: Qwen2Inputs,
  options: Qwen2Options = {},
): tf.Tensor3D {
  checkInputs('qwen2Logits', config, inputs);
  return tf.tidy(() => {
    const hidden_TD = hiddenOfCheckedInputs(params, config, inputs, options);
    return asBatch(linear(hidden_TD, outputEmbedding(params, config)), inputs);
  });
}

/** @returns rows of all tokens as [B, L, …] */
function asBatch(rows: tf.Tensor2D, { inputIds_BL }: Qwen2Inputs): tf.Tensor3D {
  return tf.reshape(rows, [...inputIds_BL.shape, rows.shape[1]]);
}

/** Names within a layer beside the full ones. */
interface LayerNames {
  readonly own: readonly (readonly [name: string, full: string])[];
  readonly adapter: readonly (readonly [name: string, full: string])[];
}

/** Made once for each layer, because a new text is hashed anew for every lookup. */
const namesByLayer: LayerNames[] = [];

function namesOfLayer(index: number): LayerNames {
  const known = namesByLayer[index];
  if (known) return known;
  const prefix = `model.layers.${index}.`;
  const matrices = LAYER_PARAMETERS.filter((name) => name.endsWith('.weight'));
  const adapter = ['lora_A.weight', 'lora_B.weight'].flatMap((part) =>
    matrices.map((name) => name.replace(/weight$/, part)),
  );
  const names = {
    own: LAYER_PARAMETERS.map((name) => [name, prefix + name] as const),
    adapter: adapter.map((name) => [name, ADAPTER_PREFIX + prefix + name] as const),
  };
  namesByLayer[index] = names;
  return names;
}

/** The parameters of layer `index`, and those of its adapter if there is one. */
export function layerWeights(functionName: string, params: ParamMap, index: number, isAdapted: boolean): LayerWeights {
  const names = namesOfLayer(index);
  const weights = new Map<string, tf.Tensor>();
  for (const [name, full] of names.own) weights.set(name, requireParam(functionName, params, full));
  if (!isAdapted) return weights;
  for (const [name, full] of names.adapter) {
    const tensor = params.get(full);
    if (tensor) weights.set(name, tensor);
  }
  return weights;
}

/** Whether the map holds a LoRA adapter beside the model's own parameters, which are then not trained. */
export function isAdapted(params: ParamMap): boolean {
  for (const name of params.keys()) if (name.startsWith(ADAPTER_PREFIX)) return true;
  return false;
}

/** `qwen2Hidden` for inputs whose ids are known to be good, as rows [T, D]. */
export function hiddenOfCheckedInputs(
  params: ParamMap,
  config: Qwen2Config,
  { inputIds_BL, positionIds_BL, segmentIds_BL }: Qwen2Inputs,
  { recompute = false }: Qwen2Options,
): tf.Tensor2D {
  const isFrozen = isAdapted(params);
  const runLayer = (
    x: tf.Tensor2D,
    positions: tf.Tensor2D,
    segments: tf.Tensor2D,
    weights: LayerWeights,
  ): tf.Tensor2D =>
    tf.tidy(() => {
      const context = { positionIds_BL: positions, attend: packedAttention(segments), isFrozen };
      return qwen2Layer(x, weights, config, context);
    });
  const recomputeLayer = (x: tf.Tensor2D, weights: LayerWeights): tf.Tensor2D => {
    // Gradients flow to inputs of the block only: frozen weights are captured instead, and cost nothing.
    const trained = [...weights].filter(([name]) => !isFrozen || name.includes('.lora_'));
    const block = (...[y, positions, segments, ...tensors]: tf.Tensor[]) => {
      const again = trained.map(([name], i) => [name, tensors[i]!] as const);
      const all = new Map([...(isFrozen ? weights : []), ...again]);
      return runLayer(y as tf.Tensor2D, positions as tf.Tensor2D, segments as tf.Tensor2D, all);
    };
    return remat(block, x, positionIds_BL, segmentIds_BL, ...trained.map(([, tensor]) => tensor)) as tf.Tensor2D;
  };
  return tf.tidy(() => {
    const inputIds_T = tf.reshape(inputIds_BL, [inputIds_BL.size]) as tf.Tensor1D;
    let x_TD = embedding(inputIds_T, requireParam('qwen2Hidden', params, EMBEDDING) as tf.Tensor2D);
    for (let i = 0; i < config.numHiddenLayers; i++) {
      const weights = layerWeights('qwen2Hidden', params, i, isFrozen);
      const next_TD = recompute
        ? recomputeLayer(x_TD, weights)
        : runLayer(x_TD, positionIds_BL, segmentIds_BL, weights);
      x_TD.dispose();
      x_TD = next_TD;
    }
    return rmsNorm(x_TD, requireParam('qwen2Hidden', params, FINAL_NORM) as tf.Tensor1D, config.rmsNormEps);
  });
}

function checkInputs(functionName: string, config: Qwen2Config, inputs: Qwen2Inputs): void {
  const { inputIds_BL, positionIds_BL, segmentIds_BL } = inputs;
  const { L } = expectShape(`@marco-ts/model ${functionName}`, { inputIds_BL, positionIds_BL, segmentIds_BL });
  if (READABLE.has(tf.getBackend())) {
    checkIds(functionName, 'inputIds_BL', inputIds_BL.dataSync(), L, config.vocabSize);
  }
}
