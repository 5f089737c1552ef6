/**
 * LoRA beside PEFT: logits, loss, gradients, merging, and adapters that PEFT loads. The fixture comes from tools/goldens/peft_lora.py.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposeParams, initBackend, type ParamMap, tf, valueAndGrad } from '@marco-ts/core';
import {
  applyLora,
  batchInputs,
  type CausalBatch,
  causalLanguageModelLoss,
  generate,
  initLoraParams,
  type LoraConfig,
  mergeLora,
  parseQwen2Config,
  type Qwen2Config,
  qwen2Logits,
  unmergeLora,
  withLora,
} from '@marco-ts/model';
import { loadLora, saveLora } from '@marco-ts/model/files';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { relativeDifference } from './closeness.ts';
import { formulaParams, formulaWeights } from './formula-weights.ts';
import golden from './peft-lora.json' with { type: 'json' };
import qwen2 from './qwen2.json' with { type: 'json' };

const PYTHON = process.env.MARCO_PYTHON;
const SCRIPT = join(import.meta.dirname, '../../../../tools/goldens/peft_lora.py');

interface Case {
  readonly config: Qwen2Config;
  readonly lora: LoraConfig;
  readonly batch: CausalBatch;
  readonly base: ParamMap;
  readonly adapter: ParamMap;
  readonly expected: { logits: number[]; loss: number; gradients: Readonly<Record<string, number>> };
}

function prepare(name: string): Case {
  const found = golden.cases.find((one) => one.name === name)!;
  const config = parseQwen2Config({ model_type: 'qwen2', ...models[found.model as keyof typeof models].config });
  const lora: LoraConfig = {
    rank: found.r,
    alpha: found.lora_alpha,
    targetModules: found.target_modules,
    ...(found.use_rslora && { useRslora: true }),
  };
  const inputIds = Int32Array.from(found.input_ids);
  const batch = {
    batchSize: 1,
    sequenceLength: inputIds.length,
    inputIds,
    labels: inputIds,
    positionIds: inputIds.map((_, i) => i),
    segmentIds: new Int32Array(inputIds.length),
  };
  const fresh = initLoraParams(config, lora, 1);
  const adapter = new Map(
    [...fresh].map(([key, { shape, size }]) => [key, tf.tensor(formulaWeights(key, size), shape)]),
  );
  disposeParams(fresh);
  const expected = found as { gradients: object } as Case['expected'];
  return { config, lora, batch, base: formulaParams(config), adapter, expected };
}

const { models } = qwen2;
const NAMES = golden.cases.map(({ name }) => name);
const PLAIN = 'some modules';

let root = '';
let cases: ReadonlyMap<string, Case>;
let numTensors = 0;
beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  root = await mkdtemp(join(tmpdir(), 'marco-lora-'));
  cases = new Map(NAMES.map((name) => [name, prepare(name)]));
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(() => {
  numTensors = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(numTensors));

const logitsOf = ({ config, batch }: Case, params: ParamMap) =>
  tf.tidy(() => qwen2Logits(params, config, batchInputs(batch)).dataSync().slice() as Float32Array);

describe.each(NAMES)('%s', (name) => {
  /** An output layer that shares the embedding cannot take the adapter in. */
  const canMerge = name !== 'output layer of a tied model';

  test('logits with the adapter beside the weights', () => {
    const one = cases.get(name)!;
    const joined = applyLora(one.base, one.adapter, one.config, one.lora);
    expect(relativeDifference(logitsOf(one, joined), one.expected.logits)).toBeLessThan(2e-5);
    disposeParams(joined);
  });

  test.runIf(canMerge)('logits when it is merged, and unmerging gives the weights back, to rounding', () => {
    const one = cases.get(name)!;
    const { base, adapter, config, lora } = one;
    const merged = mergeLora(base, adapter, config, lora);
    expect(relativeDifference(logitsOf(one, merged), one.expected.logits)).toBeLessThan(2e-5);
    const back = unmergeLora(merged, adapter, config, lora);
    const changed = new Set<string>();
    for (const [key, tensor] of base) {
      if (relativeDifference(merged.get(key)!.dataSync(), tensor.dataSync()) > 0) changed.add(key);
      expect(relativeDifference(back.get(key)!.dataSync(), tensor.dataSync()), key).toBeLessThan(1e-6);
    }
    const adapted = [...adapter.keys()].map((key) =>
      key.replace('base_model.model.', '').replace(/\.lora_[AB]\.weight$/, '.weight'),
    );
    expect(changed).toEqual(new Set(adapted));
    disposeParams(merged);
    disposeParams(back);
  });

  test.each([false, true])('loss and gradients of the adapter alone, recompute %s', (recompute) => {
    const { base, adapter, config, lora, batch, expected } = cases.get(name)!;
    const lossFn = withLora(causalLanguageModelLoss(config, { recompute }), base, config, lora);
    const weight = batch.sequenceLength - 1;
    const { loss, grads } = valueAndGrad(adapter, (params) => ({ loss: lossFn(params, batch).loss }));
    expect(loss.dataSync()[0]! / weight).toBeCloseTo(expected.loss, 5);
    expect([...grads.keys()].sort()).toEqual(Object.keys(expected.gradients).sort());
    for (const [key, norm] of Object.entries(expected.gradients)) {
      expect(Math.abs(Math.hypot(...grads.get(key)!.dataSync()) / weight / norm - 1), key).toBeLessThan(1e-4);
    }
    tf.dispose([loss, ...grads.values()]);
  });

  test('what was saved is loaded bit for bit', async () => {
    const { adapter, config, lora } = cases.get(name)!;
    await saveLora(join(root, name), { config, lora, adapter, baseModel: 'some/model' });
    const loaded = await loadLora(join(root, name), config);
    expect(loaded.lora).toEqual(lora);
    for (const [key, tensor] of adapter) expect(loaded.adapter.get(key)!.dataSync()).toEqual(tensor.dataSync());
    disposeParams(loaded.adapter);
  });

  test.skipIf(!PYTHON)(
    'PEFT loads ours, and ours loads what PEFT saves, now (MARCO_PYTHON names a Python that has it)',
    async () => {
      const { adapter, config, lora, expected } = cases.get(name)!;
      const ours = join(root, `${name} for PEFT`);
      await saveLora(ours, { config, lora, adapter });
      const python = (...words: string[]) => execFileSync(PYTHON!, [SCRIPT, ...words], { encoding: 'utf8' });
      expect(relativeDifference(JSON.parse(python('check', name, ours)).logits, expected.logits)).toBeLessThan(2e-5);
      const theirs = join(root, `${name} from PEFT`);
      python('save', name, theirs);
      const loaded = await loadLora(theirs, config);
      expect([...loaded.adapter.keys()].sort()).toEqual([...adapter.keys()].sort());
      for (const [key, tensor] of adapter) expect(loaded.adapter.get(key)!.dataSync()).toEqual(tensor.dataSync());
      disposeParams(loaded.adapter);
    },
    240_000,
  );
});

test('a new adapter changes nothing; its A is even in ±1/√in and its B zero', () => {
  const one = cases.get(PLAIN)!;
  const { base, config } = one;
  const lora = { ...one.lora, targetModules: ['gate_proj', 'k_proj'] };
  const fresh = initLoraParams(config, lora, 'seed');
  const joined = applyLora(base, fresh, config, lora);
  expect(logitsOf(one, joined)).toEqual(logitsOf(one, base));
  disposeParams(joined);
  const a = fresh.get('base_model.model.model.layers.0.mlp.gate_proj.lora_A.weight')!.dataSync() as Float32Array;
  const bound = 1 / Math.sqrt(config.hiddenSize);
  expect(Math.max(...a.map(Math.abs))).toBeLessThanOrEqual(bound);
  expect(Math.max(...a.map(Math.abs))).toBeGreaterThan(0.9 * bound);
  expect(fresh.size).toBe(2 * 2 * config.numHiddenLayers);
  disposeParams(fresh);
});

test.each([PLAIN, 'output layer and longer names'])(
  'generation with an adapter is that of the merged model: %s',
  async (name) => {
    const { base, adapter, config, lora, batch } = cases.get(name)!;
    const joined = applyLora(base, adapter, config, lora);
    const merged = mergeLora(base, adapter, config, lora);
    const options = { config, prompts: [batch.inputIds, Int32Array.of(7)], maxNewTokens: 10, eosTokenIds: [] };
    const withAdapter = await generate({ ...options, params: joined });
    expect(withAdapter).toEqual(await generate({ ...options, params: merged }));
    expect(withAdapter).not.toEqual(await generate({ ...options, params: base }));
    disposeParams(joined);
    disposeParams(merged);
  },
);

test('an adapter of the output layer does not go into a shared embedding', () => {
  const { base, adapter, config, lora } = cases.get('output layer of a tied model')!;
  expect(() => mergeLora(base, adapter, config, lora)).toThrow(/mergeLora: an adapter of lm_head cannot go into the/);
  expect(() => unmergeLora(base, adapter, config, lora)).toThrow(/unmergeLora: an adapter of lm_head/);
});

describe('refused', () => {
  test.each<[Record<string, unknown>, RegExp]>([
    [{ peft_type: 'IA3' }, /peft_type must be "LORA", got "IA3" at .*adapter_config.json/],
    [{ use_dora: true }, /use_dora must be false, got true/],
    [{ rank_pattern: { q_proj: 2 } }, /rank_pattern must be \{\}/],
    [{ modules_to_save: ['lm_head'] }, /modules_to_save must be null, got \["lm_head"\] at .*adapter_config.json/],
    [{ trainable_token_indices: [1] }, /trainable_token_indices must be null/],
    [{ target_modules: 7 }, /target_modules must be a string or a list/],
    [{ use_rslora: 'yes' }, /use_rslora must be true or false, got "yes"/],
    [
      { target_modules: ['q_proj', 'v_proj'] },
      /unexpected base_model.model.model.layers.0.mlp.down_proj.lora_A.weight/,
    ],
    [{ r: 8 }, /q_proj.lora_A.weight must be \[8,48\], got \[4,48\].*and 14 more/],
    [{ target_modules: 'all-linear' }, /missing .*layers.0.self_attn.k_proj.lora_A.weight \[4,48\]/],
    [{ target_modules: '(' }, /targetModules must each name a linear layer .*, got \(/],
    [{ target_modules: ['q_proj', 'embed_tokens'] }, /linear layer \(q_proj, .*, lm_head, .*, got embed_tokens/],
  ])('an adapter that does not fit: %o', async (change, message) => {
    const { adapter, config, lora } = cases.get(PLAIN)!;
    const directory = join(root, 'spoilt');
    await saveLora(directory, { config, lora, adapter, overwrite: true });
    const path = join(directory, 'adapter_config.json');
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...change }));
    await expect(loadLora(directory, config)).rejects.toThrow(message);
  });

  test('fuzz: any setting with any value is read or refused in one message', async () => {
    const { adapter, config, lora } = cases.get(PLAIN)!;
    const directory = join(root, 'fuzzed');
    await saveLora(directory, { config, lora, adapter });
    const path = join(directory, 'adapter_config.json');
    const json = JSON.parse(await readFile(path, 'utf8')) as object;
    const value = fc.oneof(fc.jsonValue(), fc.array(fc.constantFrom('q_proj', 'lm_head', '', '*')), fc.integer());
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(json)), value, async (key, changed) => {
        await writeFile(path, JSON.stringify({ ...json, [key]: changed }));
        const before = tf.memory().numTensors;
        try {
          disposeParams((await loadLora(directory, config)).adapter);
        } catch (error) {
          expect((error as Error).message).toMatch(/^\[@marco-ts\/model\] loadLora: /);
        }
        expect(tf.memory().numTensors).toBe(before);
      }),
      { numRuns: 150 },
    );
  });

  test('an adapter of another config, everywhere', async () => {
    const { base, adapter, config, lora, batch } = cases.get(PLAIN)!;
    const other = { ...lora, rank: 2 };
    expect(() => applyLora(base, adapter, config, other)).toThrow(/applyLora: .*must be \[2,48\], got \[4,48\]/);
    expect(() => mergeLora(base, adapter, config, other)).toThrow(/mergeLora/);
    expect(() => unmergeLora(base, adapter, config, other)).toThrow(/unmergeLora/);
    expect(() => withLora(causalLanguageModelLoss(config), base, config, other)(adapter, batch)).toThrow(/withLora/);
    await expect(saveLora(join(root, 'none'), { config, lora: other, adapter })).rejects.toThrow(/saveLora/);
    expect(() => initLoraParams(config, { rank: 0, alpha: Number.NaN, targetModules: [] }, 1)).toThrow(
      /rank must be a whole number from 1, got 0; alpha must be a number, got NaN; targetModules must name/,
    );
  });
});
