/**
 * A Qwen2 model in llama.cpp's terms: the names of its tensors, in order, and its sizes as metadata.
 *
 * Source: `MODEL_TENSORS` of QWEN2 and `Keys` in the Python package gguf; `Qwen2Model` in convert_hf_to_gguf.py of llama.cpp. Its rotary embedding
 * is the rotate-half one (NEOX), as in Hugging Face, so that no row changes its place.
 * Shapes: D hidden, A query heads times head size, K key/value heads times head size, F feed-forward, V vocabulary.
 */
import type { JsonObject } from '../json-value.ts';
import type { GgufValue } from './gguf-format.ts';

export interface Qwen2Tensor {
  /** llama.cpp's name. */
  readonly name: string;
  /** Hugging Face's name. */
  readonly source: string;
  readonly shape: readonly number[];
}

export interface Qwen2Gguf {
  readonly vocabSize: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly Qwen2Tensor[];
}

/** @throws listing every fault of a config that is no Qwen2 or that llama.cpp would run differently */
export function describeQwen2(config: JsonObject, source: string): Qwen2Gguf {
  const faults: string[] = [];
  if (config.model_type !== 'qwen2')
    faults.push(`model_type must be "qwen2", got ${JSON.stringify(config.model_type)}`);
  const size = (key: string, fallback?: number): number => {
    const value = config[key] ?? fallback;
    if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
    faults.push(`${key} must be a whole number above 0, got ${JSON.stringify(value)}`);
    return 1;
  };
  const real = (key: string, value: unknown): number => {
    if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
    faults.push(`${key} must be a number above 0, got ${JSON.stringify(value)}`);
    return 1;
  };
  const hidden = size('hidden_size');
  const heads = size('num_attention_heads');
  const keyHeads = size('num_key_value_heads', heads);
  const layers = size('num_hidden_layers');
  const feedForward = size('intermediate_size');
  const vocabSize = size('vocab_size');
  const context = size('max_position_embeddings');
  const headSize = size('head_dim', hidden / heads);
  if (headSize * heads !== hidden) faults.push(`head_dim must be hidden_size / num_attention_heads, got ${headSize}`);
  if (heads % keyHeads !== 0) faults.push(`num_key_value_heads must divide ${heads}, got ${keyHeads}`);
  const rope = (config.rope_parameters ?? {}) as JsonObject;
  const theta = real('rope_theta', config.rope_theta ?? rope.rope_theta ?? 10_000);
  const epsilon = real('rms_norm_eps', config.rms_norm_eps ?? 1e-6);
  const scaling = (config.rope_scaling ?? rope) as JsonObject;
  const scalingType = scaling.rope_type ?? scaling.type ?? 'default';
  if (scalingType !== 'default') faults.push(`positions must not be scaled, got ${JSON.stringify(scalingType)}`);
  if (config.use_sliding_window === true) faults.push('use_sliding_window must be false, got true');
  const activation = config.hidden_act ?? 'silu';
  if (activation !== 'silu') faults.push(`hidden_act must be "silu", got ${JSON.stringify(activation)}`);
  if (faults.length > 0) {
    throw new Error(
      `[@marco-ts/checkpoint] exportGguf: ${faults.join('; ')} at ${source}. Only Qwen2 and Qwen2.5 without these features can be exported.`,
    );
  }
  const count = (value: number): GgufValue => ({ type: 'UINT32', value });
  const metadata = new Map<string, GgufValue>([
    ['qwen2.block_count', count(layers)],
    ['qwen2.context_length', count(context)],
    ['qwen2.embedding_length', count(hidden)],
    ['qwen2.feed_forward_length', count(feedForward)],
    ['qwen2.attention.head_count', count(heads)],
    ['qwen2.attention.head_count_kv', count(keyHeads)],
    ['qwen2.rope.freq_base', { type: 'FLOAT32', value: theta }],
    ['qwen2.attention.layer_norm_rms_epsilon', { type: 'FLOAT32', value: epsilon }],
  ]);
  const tensors: Qwen2Tensor[] = [
    { name: 'token_embd.weight', source: 'model.embed_tokens.weight', shape: [vocabSize, hidden] },
  ];
  for (let i = 0; i < layers; i++) tensors.push(...layerTensors(i, hidden, keyHeads * headSize, feedForward));
  tensors.push({ name: 'output_norm.weight', source: 'model.norm.weight', shape: [hidden] });
  if (config.tie_word_embeddings !== true)
    tensors.push({ name: 'output.weight', source: 'lm_head.weight', shape: [vocabSize, hidden] });
  return { vocabSize, metadata, tensors };
}

function layerTensors(layer: number, D: number, K: number, F: number): Qwen2Tensor[] {
  const rows: readonly (readonly [string, string, readonly number[]])[] = [
    ['attn_norm.weight', 'input_layernorm.weight', [D]],
    ['attn_q.weight', 'self_attn.q_proj.weight', [D, D]],
    ['attn_q.bias', 'self_attn.q_proj.bias', [D]],
    ['attn_k.weight', 'self_attn.k_proj.weight', [K, D]],
    ['attn_k.bias', 'self_attn.k_proj.bias', [K]],
    ['attn_v.weight', 'self_attn.v_proj.weight', [K, D]],
    ['attn_v.bias', 'self_attn.v_proj.bias', [K]],
    ['attn_output.weight', 'self_attn.o_proj.weight', [D, D]],
    ['ffn_norm.weight', 'post_attention_layernorm.weight', [D]],
    ['ffn_gate.weight', 'mlp.gate_proj.weight', [F, D]],
    ['ffn_up.weight', 'mlp.up_proj.weight', [F, D]],
    ['ffn_down.weight', 'mlp.down_proj.weight', [D, F]],
  ];
  return rows.map(([name, source, shape]) => ({
    name: `blk.${layer}.${name}`,
    source: `model.layers.${layer}.${source}`,
    shape,
  }));
}
