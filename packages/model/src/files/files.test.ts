import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NamedArray, readHuggingFaceModel, writeHuggingFaceModel } from '@marco-ts/checkpoint';
import { disposeParams, initBackend, type ParamMap, tf } from '@marco-ts/core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { estimate } from '../qwen2/estimate.ts';
import { initQwen2Params } from '../qwen2/init-qwen2-params.ts';
import { type Qwen2Config, qwen2ConfigToJson } from '../qwen2/qwen2-config.ts';
import { loadQwen2 } from './load-qwen2.ts';
import { saveQwen2 } from './save-qwen2.ts';

const config: Qwen2Config = {
  hiddenSize: 8,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  numKeyValueHeads: 1,
  intermediateSize: 12,
  vocabSize: 20,
  maxPositionEmbeddings: 32,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  tieWordEmbeddings: true,
  initializerRange: 0.02,
  bosTokenId: 1,
  eosTokenId: 2,
};

let root = '';
let params: ParamMap;
let numTensors = 0;
beforeAll(() => initBackend({ prefer: ['cpu'] }));
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'marco-qwen2-'));
  params = initQwen2Params(config, 1);
  numTensors = tf.memory().numTensors;
});
afterEach(async () => {
  expect(tf.memory().numTensors).toBe(numTensors);
  disposeParams(params);
  await rm(root, { recursive: true, force: true });
});
const directory = () => join(root, 'model');

test('what was saved is loaded bit for bit, from one file or from shards', async () => {
  for (const maxShardSizeBytes of [5e9, 500]) {
    await saveQwen2(directory(), {
      config,
      params,
      files: { 'tokenizer.json': '{}' },
      maxShardSizeBytes,
      overwrite: true,
    });
    const loaded = await loadQwen2(directory());
    expect(loaded.config).toEqual(config);
    expect(loaded.generationConfig).toEqual({ bos_token_id: 1, do_sample: false, eos_token_id: 2, pad_token_id: 2 });
    expect([...loaded.params.keys()]).toEqual([...params.keys()]);
    for (const [name, tensor] of params) expect(loaded.params.get(name)!.dataSync()).toEqual(tensor.dataSync());
    disposeParams(loaded.params);
  }
  expect((await readdir(directory())).filter((name) => name.endsWith('.safetensors')).length).toBeGreaterThan(2);
  expect(JSON.parse(await readFile(join(directory(), 'config.json'), 'utf8')).torch_dtype).toBe('float32');
});

test('half precision says so in the config', async () => {
  await saveQwen2(directory(), { config, params, dtype: 'BF16', generationConfig: { eos_token_id: [2, 3] } });
  expect(JSON.parse(await readFile(join(directory(), 'config.json'), 'utf8')).torch_dtype).toBe('bfloat16');
  const loaded = await loadQwen2(directory());
  expect(loaded.generationConfig).toEqual({ eos_token_id: [2, 3] });
  disposeParams(loaded.params);
});

test('a stored head of a tied model is passed over', async () => {
  const arrays = new Map<string, NamedArray>([['lm_head.weight', { shape: [20, 8], data: new Float32Array(160) }]]);
  for (const [name, tensor] of params)
    arrays.set(name, { shape: tensor.shape, data: tensor.dataSync() as Float32Array });
  await writeHuggingFaceModel(directory(), { config: qwen2ConfigToJson(config), arrays });
  const loaded = await loadQwen2(directory());
  expect(loaded.params.has('lm_head.weight')).toBe(false);
  disposeParams(loaded.params);
});

describe('loadQwen2 refuses', () => {
  const rewrite = async (change: (arrays: Map<string, NamedArray>) => void) => {
    const { config: json, arrays } = await readHuggingFaceModel(directory());
    const changed = new Map(arrays);
    change(changed);
    await writeHuggingFaceModel(directory(), { config: json, arrays: changed, overwrite: true });
  };
  const editConfig = async (change: Record<string, unknown>) => {
    const path = join(directory(), 'config.json');
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...change }));
  };
  test.each<[string, () => Promise<void>, RegExp]>([
    [
      'another architecture',
      () => editConfig({ model_type: 'gpt2' }),
      /model_type must be "qwen2", got "gpt2".* at .*model\/config.json/,
    ],
    [
      'a missing tensor',
      () => rewrite((arrays) => arrays.delete('model.norm.weight')),
      /loadQwen2: missing tensor model.norm.weight \[8\] at .*model/,
    ],
    [
      'an unexpected tensor',
      () => rewrite((arrays) => arrays.set('x', { shape: [1], data: new Float32Array(1) })),
      /unexpected tensor x \[1\] at .*model.safetensors/,
    ],
    [
      'a shape that disagrees',
      () => editConfig({ vocab_size: 21 }),
      /model.embed_tokens.weight must be \[21,8\] by the config, got \[20,8\] at .*model.safetensors/,
    ],
    ['a missing head', () => editConfig({ tie_word_embeddings: false }), /missing tensor lm_head.weight \[20,8\]/],
    [
      'more layers than there are, in few words',
      () => editConfig({ num_hidden_layers: 3 }),
      /missing tensor model.layers.1.input_layernorm.weight.*; and 16 more at/,
    ],
    [
      'integers',
      () => rewrite((arrays) => arrays.set('model.norm.weight', { shape: [8], data: new Int32Array(8) })),
      /model.norm.weight must be F32, F16 or BF16, got I32/,
    ],
    ['a directory without weights', () => rm(join(directory(), 'model.safetensors')), /must hold model.safetensors/],
  ])('%s', async (_, damage, message) => {
    await saveQwen2(directory(), { config, params });
    await damage();
    await expect(loadQwen2(directory())).rejects.toThrow(message);
  });
});

test('weights past the memory budget are refused before any is read', async () => {
  await saveQwen2(directory(), { config, params });
  const { weightBytes } = estimate(config);
  await expect(loadQwen2(directory(), { memoryBudgetBytes: weightBytes - 1 })).rejects.toThrow(
    `loadQwen2: weights must fit memoryBudgetBytes ${weightBytes - 1}, got ${weightBytes} in float32 at ${directory()}`,
  );
  disposeParams((await loadQwen2(directory(), { memoryBudgetBytes: weightBytes })).params);
});

describe('saveQwen2 refuses, and writes nothing', () => {
  test.each<[string, () => Map<string, tf.Tensor>, RegExp]>([
    [
      'a missing parameter',
      () => new Map([...params].slice(1)),
      /saveQwen2: missing tensor model.embed_tokens.weight \[20,8\]/,
    ],
    [
      'a parameter of another model',
      () => new Map([...params, ['lora.A', params.get('model.norm.weight')!]]),
      /unexpected tensor lora.A \[8\] at params/,
    ],
    [
      'another shape',
      () => new Map([...params, ['model.norm.weight', params.get('model.embed_tokens.weight')!]]),
      /model.norm.weight must be \[8\] by the config, got \[20,8\] at params/,
    ],
  ])('%s', async (_, change, message) => {
    await expect(saveQwen2(directory(), { config, params: change() })).rejects.toThrow(message);
    expect(await readdir(root)).toEqual([]);
  });

  test('an existing directory that holds another model', async () => {
    await saveQwen2(directory(), { config, params });
    const other = initQwen2Params(config, 2);
    await expect(saveQwen2(directory(), { config, params: other })).rejects.toThrow(
      /not overwritten.*model.safetensors/,
    );
    disposeParams(other);
  });
});
