import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeTinyQwen2 } from '../../test/golden/gguf/write-tiny-qwen2.ts';
import { exportGguf } from './export-gguf.ts';
import { openGguf } from './open-gguf.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'marco-export-gguf-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const modelDirectory = () => join(root, 'tiny');
const path = () => join(root, 'out.gguf');
type Json = Record<string, unknown>;
const edit = async (name: string, change: (json: Json) => unknown) => {
  const file = join(modelDirectory(), name);
  await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, 'utf8')))));
};

test('the same values from F32, F16 and BF16 weights, single or sharded', async () => {
  for (const dtype of ['F32', 'F16', 'BF16'] as const) {
    const directory = join(root, dtype);
    await writeTinyQwen2(directory, { dtype, maxShardSizeBytes: 50_000 });
    await exportGguf({ modelDirectory: directory, path: path(), dtype });
    const file = await openGguf(path());
    expect(file.metadata.get('general.name')).toEqual({ type: 'STRING', value: dtype });
    expect(file.tensors.size).toBe(26);
    expect(file.tensors.get('blk.1.attn_k.weight')).toMatchObject({ type: dtype, shape: [32, 64] });
    expect(file.tensors.get('blk.1.attn_k.bias')).toMatchObject({ type: 'F32', shape: [32] });
    const exact = (await file.readArray('token_embd.weight')).data;
    await file.close();
    await exportGguf({ modelDirectory: directory, path: path(), dtype: 'F32' });
    const wide = await openGguf(path());
    expect((await wide.readArray('token_embd.weight')).data).toEqual(exact);
    await wide.close();
  }
});

test('an untied head, an end token by id, a template in a file of its own, another name', async () => {
  await writeTinyQwen2(modelDirectory(), {
    config: {
      tie_word_embeddings: false,
      bos_token_id: null,
      eos_token_id: [266, 265],
      rope_theta: undefined,
      rope_parameters: { rope_theta: 5e5 },
    },
    change: (arrays) => arrays.set('lm_head.weight', arrays.get('model.embed_tokens.weight')!),
  });
  await edit('tokenizer_config.json', () => ({ add_bos_token: true }));
  await writeFile(join(modelDirectory(), 'chat_template.jinja'), '{{ messages }}');
  await exportGguf({ modelDirectory: modelDirectory(), path: path(), name: 'named' });
  const { metadata, tensors, close } = await openGguf(path());
  await close();
  expect([...tensors.keys()].at(-1)).toBe('output.weight');
  const values = Object.fromEntries([...metadata].map(([key, { value }]) => [key, value]));
  expect(values).toMatchObject({
    'general.name': 'named',
    'general.file_type': 1,
    'qwen2.rope.freq_base': 5e5,
    'tokenizer.ggml.eos_token_id': 266,
    'tokenizer.ggml.add_bos_token': true,
    'tokenizer.chat_template': '{{ messages }}',
  });
  expect(values).not.toHaveProperty(['tokenizer.ggml.bos_token_id']);
  const tokens = values['tokenizer.ggml.tokens'] as string[];
  expect([tokens.length, tokens[267], tokens[269], tokens[287]]).toEqual([288, '<|im_end|>', '[PAD269]', '[PAD287]']);
  expect((values['tokenizer.ggml.token_type'] as number[]).slice(264, 270)).toEqual([1, 3, 3, 3, 4, 5]);
});

test('merges written as pairs, and a template by name', async () => {
  await writeTinyQwen2(modelDirectory());
  await exportGguf({ modelDirectory: modelDirectory(), path: path() });
  const before = await readFile(path());
  await edit('tokenizer.json', (json) => {
    const model = json.model as { merges: string[] };
    return { ...json, model: { ...model, merges: model.merges.map((merge) => merge.split(' ')) } };
  });
  await edit('tokenizer_config.json', (json) => ({
    ...json,
    chat_template: [
      { name: 'tool_use', template: 'x' },
      { name: 'default', template: json.chat_template },
    ],
  }));
  await exportGguf({ modelDirectory: modelDirectory(), path: path() });
  expect((await readFile(path())).equals(before)).toBe(true);
});

describe('refused, an older file stays', () => {
  const noTensor = (name: string) => () =>
    writeTinyQwen2(modelDirectory(), { change: (arrays) => arrays.delete(name) });
  const config = (change: Json) => () => edit('config.json', (json) => ({ ...json, ...change }));
  const model = (change: (model: Json) => Json) => () =>
    edit('tokenizer.json', (json) => ({ ...json, model: change(json.model as Json) }));
  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'another architecture',
      config({ model_type: 'llama' }),
      /model_type must be "qwen2", got "llama" at .*config.json/,
    ],
    [
      'two faults at once',
      config({ hidden_size: 0, vocab_size: 'x' }),
      /hidden_size must .*; vocab_size must .*got "x"/,
    ],
    [
      'scaled positions',
      config({ rope_scaling: { type: 'yarn', factor: 4 } }),
      /positions must not be scaled, got "yarn"/,
    ],
    ['a sliding window', config({ use_sliding_window: true }), /use_sliding_window must be false/],
    ['another activation', config({ hidden_act: 'gelu' }), /hidden_act must be "silu"/],
    ['heads that do not divide', config({ num_key_value_heads: 3 }), /must divide 2, got 3/],
    ['another head size', config({ head_dim: 48 }), /head_dim must be/],
    [
      'a shape that disagrees',
      config({ intermediate_size: 128 }),
      /must be \[128,64\].*got \[96,64\] at tensor model.layers.0.mlp.gate_proj.weight of .*safetensors/,
    ],
    ['a layer too few', config({ num_hidden_layers: 3 }), /every tensor.*model.layers.2.input_layernorm.weight/],
    ['a layer too many', config({ num_hidden_layers: 1 }), /no other tensors.*got model.layers.1/],
    ['a missing tensor', noTensor('model.norm.weight'), /every tensor of its config.*tensor model.norm.weight of/],
    ['a missing head', config({ tie_word_embeddings: false }), /tensor lm_head.weight/],
    ['rows that are no blocks', config({}), /whole blocks of 32/],
    ['no tokenizer', () => rm(join(modelDirectory(), 'tokenizer.json')), /ENOENT\) at .*tokenizer.json/],
    [
      'a unigram tokenizer',
      model((json) => ({ ...json, type: 'Unigram' })),
      /byte-level BPE, got "Unigram" at tokenizer.json of/,
    ],
    [
      'an id past the vocabulary',
      model((json) => ({ ...json, vocab: { ...(json.vocab as Json), zz: 288 } })),
      /below vocab_size 288.*got 288 for "zz"/,
    ],
    [
      'one id twice',
      model((json) => ({ ...json, vocab: { ...(json.vocab as Json), zz: 5 } })),
      /one word, got "&" and "zz" for 5/,
    ],
    [
      'a merge of strangers',
      model((json) => ({ ...json, merges: ['q q'] })),
      /join two words to a third, got "q q" \(number 0\)/,
    ],
    ['no merges', model((json) => ({ ...json, merges: null })), /merges must be a list/],
    [
      'another pattern',
      () =>
        edit('tokenizer.json', (json) => ({ ...json, pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false } })),
      /the one of Qwen2, got \[\].*Pass tokenizerPre/,
    ],
    [
      'an unknown end token',
      () => edit('tokenizer_config.json', (json) => ({ ...json, eos_token: '<end>' })),
      /eos_token must be a word of the tokenizer, got "<end>"/,
    ],
    [
      'no end token',
      () =>
        Promise.all([
          edit('tokenizer_config.json', () => ({})),
          edit('config.json', (json) => ({ ...json, eos_token_id: null })),
        ]),
      /an end token must be known/,
    ],
    ['a token id past the vocabulary', config({ bos_token_id: 999 }), /bos_token_id must be below 288, got 999/],
  ])('%s', async (name, damage, message) => {
    if (name === 'rows that are no blocks') {
      await writeTinyQwen2(modelDirectory(), { config: { hidden_size: 48, intermediate_size: 80 } });
    } else if (name === 'a missing tensor') await damage();
    else await writeTinyQwen2(modelDirectory());
    if (name !== 'a missing tensor') await damage();
    await writeFile(path(), 'before');
    const options = { modelDirectory: modelDirectory(), path: path(), dtype: 'Q8_0' as const };
    await expect(exportGguf(options)).rejects.toThrow(message);
    expect(await readFile(path(), 'utf8')).toBe('before');
    expect((await readdir(root)).sort()).toEqual(['out.gguf', 'tiny']);
  });

  test('another pattern is taken with its name; an unknown dtype is not', async () => {
    await writeTinyQwen2(modelDirectory());
    await edit('tokenizer.json', (json) => ({
      ...json,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
    }));
    await exportGguf({ modelDirectory: modelDirectory(), path: path(), tokenizerPre: 'gpt-2' });
    const file = await openGguf(path());
    await file.close();
    expect(file.metadata.get('tokenizer.ggml.pre')!.value).toBe('gpt-2');
    const dtype = 'Q4_0' as 'Q8_0';
    await expect(exportGguf({ modelDirectory: modelDirectory(), path: path(), dtype })).rejects.toThrow(
      /dtype must be/,
    );
  });
});
