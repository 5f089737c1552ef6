/**
 * The config of a Qwen2 model: Hugging Face's fields in camelCase, read from and written to `config.json`.
 *
 * Source: `Qwen2Config` in transformers (models/qwen2/configuration_qwen2.py), both the fields of version 4 (`rope_theta`) and of version 5
 * (`rope_parameters`).
 */
import type { JsonObject } from '@marco-ts/checkpoint';
import { modelError } from '../model-error.ts';

/** What determines the shapes and the arithmetic of a Qwen2 model. */
export interface Qwen2Config {
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  /** Divides `numAttentionHeads`; each key/value head serves that many query heads. */
  readonly numKeyValueHeads: number;
  readonly intermediateSize: number;
  /** Rows of the embedding, which may be more than the tokenizer's words. */
  readonly vocabSize: number;
  /** Longest context in tokens. */
  readonly maxPositionEmbeddings: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** Whether the output layer is the embedding itself. */
  readonly tieWordEmbeddings: boolean;
  /** Standard deviation of random initial weights. */
  readonly initializerRange: number;
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
}

const SIZES = [
  ['hiddenSize', 'hidden_size'],
  ['numHiddenLayers', 'num_hidden_layers'],
  ['numAttentionHeads', 'num_attention_heads'],
  ['numKeyValueHeads', 'num_key_value_heads'],
  ['intermediateSize', 'intermediate_size'],
  ['vocabSize', 'vocab_size'],
  ['maxPositionEmbeddings', 'max_position_embeddings'],
] as const;

/**
 * @param json the contents of `config.json`
 * @param source where it came from, for errors
 * @throws listing every fault at once: another architecture, a missing or impossible size, a feature that changes the result and is not
 * implemented (scaled positions, sliding windows, another activation)
 */
export function parseQwen2Config(json: JsonObject, source = 'config.json'): Qwen2Config {
  const { model_type: modelType, architectures } = json;
  const isQwen2 = modelType === 'qwen2' || (modelType === undefined && String(architectures).startsWith('Qwen2For'));
  if (!isQwen2) {
    throw modelError(
      'parseQwen2Config',
      `model_type must be "qwen2", got ${JSON.stringify(modelType)} (architectures ${JSON.stringify(architectures)}) at ${source}. Only Qwen2 and Qwen2.5 are supported.`,
    );
  }
  const faults = unsupported(json);
  const sizes = {} as Record<(typeof SIZES)[number][0], number>;
  for (const [field, key] of SIZES) {
    const value = json[key] ?? (key === 'num_key_value_heads' ? json.num_attention_heads : undefined);
    if (typeof value === 'number') sizes[field] = value;
    else faults.push(`${key} must be a number, got ${JSON.stringify(value)}`);
  }
  const rope = (json.rope_parameters ?? {}) as JsonObject;
  const config: Qwen2Config = {
    ...sizes,
    rmsNormEps: number(json.rms_norm_eps, 1e-6, 'rms_norm_eps', faults),
    ropeTheta: number(json.rope_theta ?? rope.rope_theta, 10_000, 'rope_theta', faults),
    tieWordEmbeddings: json.tie_word_embeddings === true,
    initializerRange: number(json.initializer_range, 0.02, 'initializer_range', faults),
    bosTokenId: tokenId(json.bos_token_id),
    eosTokenId: tokenId(json.eos_token_id),
  };
  if (faults.length === 0) faults.push(...impossible(config, json.head_dim));
  if (faults.length > 0) throw modelError('parseQwen2Config', `${faults.join('; ')} at ${source}. Correct the config.`);
  return config;
}

/**
 * @throws listing every fault of a config made by hand
 */
export function checkQwen2Config(functionName: string, config: Qwen2Config): void {
  const faults = impossible(config, undefined);
  if (faults.length > 0) throw modelError(functionName, `${faults.join('; ')} at config. Correct the config.`);
}

/** @returns what `config.json` holds for transformers 4 and 5; `torch_dtype` is left to the writer */
export function qwen2ConfigToJson(config: Qwen2Config): JsonObject {
  checkQwen2Config('qwen2ConfigToJson', config);
  return {
    architectures: ['Qwen2ForCausalLM'],
    attention_dropout: 0,
    bos_token_id: config.bosTokenId,
    eos_token_id: config.eosTokenId,
    hidden_act: 'silu',
    hidden_size: config.hiddenSize,
    initializer_range: config.initializerRange,
    intermediate_size: config.intermediateSize,
    max_position_embeddings: config.maxPositionEmbeddings,
    max_window_layers: config.numHiddenLayers,
    model_type: 'qwen2',
    num_attention_heads: config.numAttentionHeads,
    num_hidden_layers: config.numHiddenLayers,
    num_key_value_heads: config.numKeyValueHeads,
    rms_norm_eps: config.rmsNormEps,
    rope_theta: config.ropeTheta,
    sliding_window: null,
    tie_word_embeddings: config.tieWordEmbeddings,
    use_cache: true,
    use_sliding_window: false,
    vocab_size: config.vocabSize,
  };
}

/** Features that would change the result and are not implemented. */
function unsupported(json: JsonObject): string[] {
  const faults: string[] = [];
  const rope = (json.rope_scaling ?? json.rope_parameters ?? {}) as JsonObject;
  const ropeType = rope.rope_type ?? rope.type ?? 'default';
  if (ropeType !== 'default') faults.push(`rope type must be "default", got ${JSON.stringify(ropeType)}`);
  if ((json.hidden_act ?? 'silu') !== 'silu')
    faults.push(`hidden_act must be "silu", got ${JSON.stringify(json.hidden_act)}`);
  if (json.use_sliding_window === true) faults.push('use_sliding_window must be false, got true');
  if ((json.attention_dropout ?? 0) !== 0) faults.push(`attention_dropout must be 0, got ${json.attention_dropout}`);
  return faults;
}

function impossible(config: Qwen2Config, headDim: unknown): string[] {
  const faults: string[] = [];
  for (const [field] of SIZES) {
    if (!Number.isSafeInteger(config[field]) || config[field] < 1)
      faults.push(`${field} must be a whole number from 1, got ${config[field]}`);
  }
  if (faults.length > 0) return faults;
  const { hiddenSize, numAttentionHeads, numKeyValueHeads, rmsNormEps, ropeTheta, vocabSize } = config;
  if (hiddenSize % numAttentionHeads !== 0 || (hiddenSize / numAttentionHeads) % 2 !== 0) {
    faults.push(`hiddenSize must be an even multiple of numAttentionHeads, got ${hiddenSize} and ${numAttentionHeads}`);
  }
  if (numAttentionHeads % numKeyValueHeads !== 0) {
    faults.push(`numKeyValueHeads must divide numAttentionHeads, got ${numKeyValueHeads} and ${numAttentionHeads}`);
  }
  if (typeof headDim === 'number' && headDim !== hiddenSize / numAttentionHeads) {
    faults.push(`head_dim must be hidden_size / num_attention_heads, got ${headDim}`);
  }
  if (!(rmsNormEps > 0)) faults.push(`rmsNormEps must be above 0, got ${rmsNormEps}`);
  if (!(ropeTheta > 1)) faults.push(`ropeTheta must be above 1, got ${ropeTheta}`);
  if (!(config.initializerRange > 0)) faults.push(`initializerRange must be above 0, got ${config.initializerRange}`);
  for (const field of ['bosTokenId', 'eosTokenId'] as const) {
    const id = config[field];
    if (id !== null && !(Number.isInteger(id) && id >= 0 && id < vocabSize)) {
      faults.push(`${field} must be null or below vocabSize ${vocabSize}, got ${id}`);
    }
  }
  return faults;
}

function number(value: unknown, fallback: number, key: string, faults: string[]): number {
  if (value === undefined || value === null) return fallback;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  faults.push(`${key} must be a number, got ${JSON.stringify(value)}`);
  return fallback;
}

/** A list, which transformers allows, gives its first id; the whole list stays in `generation_config.json`. */
function tokenId(value: unknown): number | null {
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === 'number' ? first : null;
}
