/**
 * Writes the tiny Qwen2 model of tools/goldens/gguf_files.py as a Hugging Face directory, its weights from the formula that stands there.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FloatDtype, type JsonObject, type NamedArray, writeHuggingFaceModel } from '@marco-ts/checkpoint';

const source = join(import.meta.dirname, 'tiny-qwen2');

export function formulaWeights(name: string, size: number): Float32Array {
  let start = 0x811c9dc5;
  for (const char of name) start = Math.imul(start ^ char.charCodeAt(0), 0x01000193);
  return Float32Array.from({ length: size }, (_, i) => {
    let x = start + i;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    const spread = (((x ^ (x >>> 16)) >>> 0) / 2 ** 32 - 0.5) * 0.6;
    return name.endsWith('norm.weight') ? 1 + spread / 3 : spread;
  });
}

export interface TinyOptions {
  readonly dtype?: FloatDtype;
  readonly maxShardSizeBytes?: number;
  /** Replaces fields of config.json. */
  readonly config?: JsonObject;
  /** Changes the arrays before they are written. */
  readonly change?: (arrays: Map<string, NamedArray>) => void;
}

export async function writeTinyQwen2(directory: string, options: TinyOptions = {}): Promise<void> {
  const read = (name: string) => readFile(join(source, name), 'utf8');
  const config = { ...JSON.parse(await read('config.json')), ...options.config };
  const [D, F, K] = [config.hidden_size, config.intermediate_size, config.hidden_size / 2];
  const shapes: [string, number[]][] = [['model.embed_tokens.weight', [config.vocab_size, D]]];
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer: [string, number[]][] = [
      ['input_layernorm.weight', [D]],
      ['self_attn.q_proj.weight', [D, D]],
      ['self_attn.q_proj.bias', [D]],
      ['self_attn.k_proj.weight', [K, D]],
      ['self_attn.k_proj.bias', [K]],
      ['self_attn.v_proj.weight', [K, D]],
      ['self_attn.v_proj.bias', [K]],
      ['self_attn.o_proj.weight', [D, D]],
      ['post_attention_layernorm.weight', [D]],
      ['mlp.gate_proj.weight', [F, D]],
      ['mlp.up_proj.weight', [F, D]],
      ['mlp.down_proj.weight', [D, F]],
    ];
    shapes.push(...layer.map(([name, shape]): [string, number[]] => [`model.layers.${i}.${name}`, shape]));
  }
  shapes.push(['model.norm.weight', [D]]);
  const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  const arrays = new Map<string, NamedArray>(
    shapes.map(([name, shape]) => [name, { shape, data: formulaWeights(name, size(shape)) }]),
  );
  options.change?.(arrays);
  await writeHuggingFaceModel(directory, {
    config,
    arrays,
    dtype: options.dtype,
    maxShardSizeBytes: options.maxShardSizeBytes,
    files: {
      'tokenizer.json': await read('tokenizer.json'),
      'tokenizer_config.json': await read('tokenizer_config.json'),
    },
  });
}

if (import.meta.main) await writeTinyQwen2(process.argv[2]!);
