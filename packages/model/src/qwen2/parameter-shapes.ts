/**
 * Names and shapes of all parameters, which are Hugging Face's, in the order of the forward pass.
 *
 * Source: `Qwen2ForCausalLM` in transformers. q, k and v have biases; nothing else has. A tied model has no `lm_head.weight`.
 * Shapes: linear weights are [out, in].
 */
import type { ParamMap, tf } from '@marco-ts/core';
import { modelError } from '../model-error.ts';
import type { Qwen2Config } from './qwen2-config.ts';

export const EMBEDDING = 'model.embed_tokens.weight';
export const FINAL_NORM = 'model.norm.weight';
export const HEAD = 'lm_head.weight';
/** What PEFT puts before the model's own names in an adapter. */
export const ADAPTER_PREFIX = 'base_model.model.';

/** The names within a layer, after `model.layers.<i>.`. */
export const LAYER_PARAMETERS = [
  'input_layernorm.weight',
  'self_attn.q_proj.weight',
  'self_attn.q_proj.bias',
  'self_attn.k_proj.weight',
  'self_attn.k_proj.bias',
  'self_attn.v_proj.weight',
  'self_attn.v_proj.bias',
  'self_attn.o_proj.weight',
  'post_attention_layernorm.weight',
  'mlp.gate_proj.weight',
  'mlp.up_proj.weight',
  'mlp.down_proj.weight',
] as const;

/** @returns shapes by name; linear weights are [out, in] */
export function parameterShapes(config: Qwen2Config): ReadonlyMap<string, number[]> {
  const { hiddenSize: D, intermediateSize: F, vocabSize: V, numAttentionHeads, numKeyValueHeads } = config;
  const keyValueSize = (D / numAttentionHeads) * numKeyValueHeads;
  const layer: Record<(typeof LAYER_PARAMETERS)[number], number[]> = {
    'input_layernorm.weight': [D],
    'self_attn.q_proj.weight': [D, D],
    'self_attn.q_proj.bias': [D],
    'self_attn.k_proj.weight': [keyValueSize, D],
    'self_attn.k_proj.bias': [keyValueSize],
    'self_attn.v_proj.weight': [keyValueSize, D],
    'self_attn.v_proj.bias': [keyValueSize],
    'self_attn.o_proj.weight': [D, D],
    'post_attention_layernorm.weight': [D],
    'mlp.gate_proj.weight': [F, D],
    'mlp.up_proj.weight': [F, D],
    'mlp.down_proj.weight': [D, F],
  };
  const shapes = new Map<string, number[]>([[EMBEDDING, [V, D]]]);
  for (let i = 0; i < config.numHiddenLayers; i++) {
    for (const name of LAYER_PARAMETERS) shapes.set(`model.layers.${i}.${name}`, layer[name]);
  }
  shapes.set(FINAL_NORM, [D]);
  if (!config.tieWordEmbeddings) shapes.set(HEAD, [V, D]);
  return shapes;
}

/** The parameter, or an error that names it. */
export function requireParam(functionName: string, params: ParamMap, name: string): tf.Tensor {
  const tensor = params.get(name);
  if (tensor) return tensor;
  throw modelError(
    functionName,
    `params must hold every parameter of the config, got none called ${name}. Load or initialise the model for this config.`,
  );
}

/**
 * @returns the matrix [V, D] that turns hidden states into logits: `lm_head.weight`, or the embedding when they are tied and no adapter of the
 * output layer brought a matrix of its own
 */
export function outputEmbedding(params: ParamMap, config: Qwen2Config): tf.Tensor2D {
  const isShared = config.tieWordEmbeddings && !params.has(HEAD);
  return requireParam('outputEmbedding', params, isShared ? EMBEDDING : HEAD) as tf.Tensor2D;
}

/**
 * What is wrong between shapes that are there and those that the config asks for; empty when nothing is.
 *
 * @param where the place of a tensor, for the message: its file, or `params`
 */
export function shapeFaults(
  config: Qwen2Config,
  present: ReadonlyMap<string, readonly number[]>,
  where: (name: string) => string,
): string[] {
  const wanted = parameterShapes(config);
  const faults: string[] = [];
  for (const [name, shape] of wanted) {
    const found = present.get(name);
    if (!found) faults.push(`missing tensor ${name} [${shape}]`);
    else if (found.length !== shape.length || found.some((size, i) => size !== shape[i])) {
      faults.push(`tensor ${name} must be [${shape}] by the config, got [${found}] at ${where(name)}`);
    }
  }
  for (const name of present.keys()) {
    const spare = config.tieWordEmbeddings && name === HEAD;
    if (!wanted.has(name) && !spare) faults.push(`unexpected tensor ${name} [${present.get(name)}] at ${where(name)}`);
  }
  return faults;
}

/** At most `limit` faults as one text, and how many more there are. */
export function listFaults(faults: readonly string[], limit = 8): string {
  const more = faults.length - limit;
  return faults.slice(0, limit).join('; ') + (more > 0 ? `; and ${more} more` : '');
}
