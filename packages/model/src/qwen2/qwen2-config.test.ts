import { disposeParams, initBackend, tf } from '@marco-ts/core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { estimate } from './estimate.ts';
import { initQwen2Params } from './init-qwen2-params.ts';
import { parameterShapes } from './parameter-shapes.ts';
import { parseQwen2Config, type Qwen2Config, qwen2ConfigToJson } from './qwen2-config.ts';
import { QWEN2_SIZES } from './qwen2-sizes.ts';

const tiny: Qwen2Config = {
  hiddenSize: 16,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  intermediateSize: 24,
  vocabSize: 40,
  maxPositionEmbeddings: 64,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  tieWordEmbeddings: true,
  initializerRange: 0.02,
  bosTokenId: null,
  eosTokenId: 3,
};

describe('parseQwen2Config', () => {
  test('reads what it writes', () => {
    for (const config of [
      tiny,
      { ...tiny, tieWordEmbeddings: false, bosTokenId: 0, eosTokenId: null },
      ...Object.values(QWEN2_SIZES),
    ]) {
      expect(parseQwen2Config(qwen2ConfigToJson(config))).toEqual(config);
    }
  });

  test('reads the fields of transformers 5, lists of end tokens, and absent optional fields', () => {
    const { rope_theta, rms_norm_eps, num_key_value_heads, ...json } = qwen2ConfigToJson(tiny);
    const config = parseQwen2Config({
      ...json,
      rope_parameters: { rope_type: 'default', rope_theta: 5e5 },
      eos_token_id: [7, 8],
    });
    expect(config).toMatchObject({ ropeTheta: 5e5, eosTokenId: 7, rmsNormEps: 1e-6, numKeyValueHeads: 4 });
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'another architecture',
      { model_type: 'llama', architectures: ['LlamaForCausalLM'] },
      /model_type must be "qwen2", got "llama".*at here.json. Only Qwen2/,
    ],
    [
      'no architecture',
      { model_type: undefined, architectures: undefined },
      /model_type must be "qwen2", got undefined/,
    ],
    ['a missing size', { hidden_size: undefined }, /hidden_size must be a number, got undefined at here.json/],
    [
      'several faults at once',
      { vocab_size: 'x', intermediate_size: null },
      /intermediate_size must be.*; vocab_size must be a number, got "x"/,
    ],
    [
      'heads that do not divide',
      { num_attention_heads: 3, num_key_value_heads: 3 },
      /even multiple of numAttentionHeads, got 16 and 3/,
    ],
    ['key heads that do not divide', { num_key_value_heads: 3 }, /numKeyValueHeads must divide/],
    ['a head size of its own', { head_dim: 32 }, /head_dim must be hidden_size/],
    ['scaled positions', { rope_scaling: { type: 'yarn', factor: 4 } }, /rope type must be "default", got "yarn"/],
    ['sliding windows', { use_sliding_window: true }, /use_sliding_window must be false/],
    ['another activation', { hidden_act: 'gelu' }, /hidden_act must be "silu"/],
    ['dropout', { attention_dropout: 0.1 }, /attention_dropout must be 0/],
    ['an end token past the vocabulary', { eos_token_id: 40 }, /eosTokenId must be null or below vocabSize 40, got 40/],
    ['a size of 0', { num_hidden_layers: 0 }, /numHiddenLayers must be a whole number from 1, got 0/],
    ['eps 0', { rms_norm_eps: 0 }, /rmsNormEps must be above 0/],
    ['theta that is no number', { rope_theta: '1e6' }, /rope_theta must be a number, got "1e6"/],
  ])('refuses %s', (_, change, message) => {
    expect(() => parseQwen2Config({ ...qwen2ConfigToJson(tiny), ...change } as never, 'here.json')).toThrow(message);
  });
});

test('fuzz: any field with any value is read to a sound config or refused in one message', () => {
  const json = qwen2ConfigToJson(tiny);
  const changes = fc.dictionary(fc.constantFrom(...Object.keys(json)), fc.jsonValue(), { minKeys: 1, maxKeys: 3 });
  fc.assert(
    fc.property(changes, (change) => {
      try {
        const config = parseQwen2Config({ ...json, ...change } as typeof json, 'config.json');
        expect(parseQwen2Config(qwen2ConfigToJson(config))).toEqual(config);
        for (const shape of parameterShapes(config).values()) expect(shape.every(Number.isSafeInteger)).toBe(true);
      } catch (error) {
        expect((error as Error).message).toMatch(/^\[@marco-ts\/model\] parseQwen2Config: .* at config\.json/);
      }
    }),
    { numRuns: 500 },
  );
});

describe('parameters', () => {
  beforeAll(() => initBackend({ prefer: ['cpu'] }));

  test.each([
    ['0.5B', 494_032_768, 357_898_112],
    ['1.5B', 1_543_714_304, 1_310_340_608],
    ['7B', 7_615_616_512, 6_525_621_760],
    ['72B', 72_706_203_648, 70_214_787_072],
  ] as const)('Qwen2-%s has its published number of parameters', (size, total, nonEmbedding) => {
    expect(estimate(QWEN2_SIZES[size])).toMatchObject({
      numParams: total,
      numNonEmbeddingParams: nonEmbedding,
      weightBytes: 4 * total,
    });
  });

  test('initial values: normal weights, zero biases, norms of one, under the names of the config', () => {
    const params = initQwen2Params({ ...tiny, vocabSize: 4000 }, 1);
    expect([...params].map(([name, { shape }]) => [name, shape])).toEqual([
      ...parameterShapes({ ...tiny, vocabSize: 4000 }),
    ]);
    const embedding = params.get('model.embed_tokens.weight')!.dataSync() as Float32Array;
    const mean = embedding.reduce((a, b) => a + b, 0) / embedding.length;
    const deviation = Math.sqrt(embedding.reduce((a, b) => a + (b - mean) ** 2, 0) / embedding.length);
    expect(Math.abs(mean)).toBeLessThan(4 * (0.02 / Math.sqrt(embedding.length)));
    expect(deviation).toBeCloseTo(0.02, 3);
    expect(new Set(params.get('model.layers.0.self_attn.q_proj.bias')!.dataSync())).toEqual(new Set([0]));
    expect(new Set(params.get('model.layers.1.post_attention_layernorm.weight')!.dataSync())).toEqual(new Set([1]));
    expect(new Set(params.get('model.norm.weight')!.dataSync())).toEqual(new Set([1]));
    disposeParams(params);
  });

  test('a parameter depends on the seed and its name only', () => {
    const name = 'model.layers.0.mlp.up_proj.weight';
    const valuesOf = (config: Qwen2Config, seed: number) => {
      const params = initQwen2Params(config, seed);
      const values = [...params.get(name)!.dataSync()];
      const other = [...params.get('model.layers.0.mlp.gate_proj.weight')!.dataSync()];
      disposeParams(params);
      expect(other).not.toEqual(values);
      return values;
    };
    const values = valuesOf(tiny, 1);
    expect(valuesOf({ ...tiny, vocabSize: 99, numHiddenLayers: 1, tieWordEmbeddings: false }, 1)).toEqual(values);
    expect(valuesOf(tiny, 2)).not.toEqual(values);
  });

  test('a config made by hand is checked', () => {
    expect(() => initQwen2Params({ ...tiny, numKeyValueHeads: 3 }, 1)).toThrow(
      /initQwen2Params: numKeyValueHeads must divide/,
    );
    expect(tf.memory().numTensors).toBe(0);
  });
});
