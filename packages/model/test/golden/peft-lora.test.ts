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
  causalLanguageModelLoss,
  generate,
  initLoraParams,
  type LoraConfig,
  type LoraTarget,
  loadLora,
  mergeLora,
  parseQwen2Config,
  qwen2Logits,
  saveLora,
  unmergeLora,
  withLora,
} from '@marco-ts/model';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { relativeDifference } from './closeness.ts';
import { formulaParams, formulaWeights } from './formula-weights.ts';
import expected from './peft-lora.json' with { type: 'json' };
import golden from './qwen2.json' with { type: 'json' };

const config = parseQwen2Config({ model_type: 'qwen2', ...golden.models.untied.config });
const lora: LoraConfig = {
  rank: expected.r,
  alpha: expected.lora_alpha,
  targetModules: expected.targets as LoraTarget[],
};
const inputIds = Int32Array.from(expected.input_ids);
const batch = {
  batchSize: 1,
  sequenceLength: inputIds.length,
  inputIds,
  labels: inputIds,
  positionIds: inputIds.map((_, i) => i),
  segmentIds: new Int32Array(inputIds.length),
};

let root = '';
let base: ParamMap;
let adapter: ParamMap;
let numTensors = 0;
beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  root = await mkdtemp(join(tmpdir(), 'marco-lora-'));
  base = formulaParams(config);
  const fresh = initLoraParams(config, lora, 1);
  adapter = new Map([...fresh].map(([name, { shape, size }]) => [name, tf.tensor(formulaWeights(name, size), shape)]));
  disposeParams(fresh);
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(() => {
  numTensors = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(numTensors));

const logitsOf = (params: ParamMap) =>
  tf.tidy(() => qwen2Logits(params, config, batchInputs(batch)).dataSync().slice() as Float32Array);

test('logits with the adapter beside the weights, and merged into them', () => {
  const joined = applyLora(base, adapter, config, lora);
  const merged = mergeLora(base, adapter, config, lora);
  expect(relativeDifference(logitsOf(joined), expected.logits)).toBeLessThan(2e-5);
  expect(relativeDifference(logitsOf(merged), expected.logits)).toBeLessThan(2e-5);
  disposeParams(joined);
  disposeParams(merged);
});

test('unmerging gives the weights back, to rounding', () => {
  const merged = mergeLora(base, adapter, config, lora);
  const back = unmergeLora(merged, adapter, config, lora);
  let changed = 0;
  for (const [name, tensor] of base) {
    if (relativeDifference(merged.get(name)!.dataSync(), tensor.dataSync()) > 0) changed++;
    expect(relativeDifference(back.get(name)!.dataSync(), tensor.dataSync()), name).toBeLessThan(1e-6);
  }
  expect(changed).toBe(3 * config.numHiddenLayers);
  disposeParams(merged);
  disposeParams(back);
});

test.each([false, true])('loss and gradients of the adapter alone, recompute %s', (recompute) => {
  const lossFn = withLora(causalLanguageModelLoss(config, { recompute }), base, config, lora);
  const weight = inputIds.length - 1;
  const { loss, grads } = valueAndGrad(adapter, (params) => ({ loss: lossFn(params, batch).loss }));
  expect(loss.dataSync()[0]! / weight).toBeCloseTo(expected.loss, 5);
  expect([...grads.keys()].sort()).toEqual(Object.keys(expected.gradients).sort());
  for (const [name, norm] of Object.entries(expected.gradients)) {
    expect(Math.abs(Math.hypot(...grads.get(name)!.dataSync()) / weight / norm - 1), name).toBeLessThan(1e-4);
  }
  tf.dispose([loss, ...grads.values()]);
});

test('a new adapter changes nothing; its A is even in ±1/√in and its B zero', () => {
  const fresh = initLoraParams(config, { ...lora, targetModules: ['gate_proj', 'k_proj'] }, 'seed');
  const joined = applyLora(base, fresh, config, { ...lora, targetModules: ['gate_proj', 'k_proj'] });
  expect(logitsOf(joined)).toEqual(logitsOf(base));
  disposeParams(joined);
  const a = fresh.get('base_model.model.model.layers.0.mlp.gate_proj.lora_A.weight')!.dataSync() as Float32Array;
  const bound = 1 / Math.sqrt(config.hiddenSize);
  expect(Math.max(...a.map(Math.abs))).toBeLessThanOrEqual(bound);
  expect(Math.max(...a.map(Math.abs))).toBeGreaterThan(0.9 * bound);
  expect(fresh.size).toBe(2 * 2 * config.numHiddenLayers);
  disposeParams(fresh);
});

test('generation with an adapter is that of the merged model', async () => {
  const joined = applyLora(base, adapter, config, lora);
  const merged = mergeLora(base, adapter, config, lora);
  const options = { config, prompts: [inputIds, Int32Array.of(7)], maxNewTokens: 10, eosTokenIds: [] };
  const withAdapter = await generate({ ...options, params: joined });
  expect(withAdapter).toEqual(await generate({ ...options, params: merged }));
  expect(withAdapter).not.toEqual(await generate({ ...options, params: base }));
  disposeParams(joined);
  disposeParams(merged);
});

describe('files', () => {
  test('what was saved is loaded bit for bit', async () => {
    await saveLora(join(root, 'adapter'), { config, lora, adapter, baseModel: 'some/model' });
    const loaded = await loadLora(join(root, 'adapter'), config);
    expect(loaded.lora).toEqual(lora);
    for (const [name, tensor] of adapter) expect(loaded.adapter.get(name)!.dataSync()).toEqual(tensor.dataSync());
    disposeParams(loaded.adapter);
  });

  test.skipIf(!process.env.MARCO_PYTHON)(
    'PEFT loads it now (MARCO_PYTHON names a Python that has it)',
    async () => {
      await saveLora(join(root, 'for-peft'), { config, lora, adapter });
      const script = join(import.meta.dirname, '../../../../tools/goldens/peft_lora.py');
      const output = execFileSync(process.env.MARCO_PYTHON!, [script, 'check', join(root, 'for-peft')], {
        encoding: 'utf8',
      });
      expect(relativeDifference(JSON.parse(output).logits, expected.logits)).toBeLessThan(2e-5);
    },
    120_000,
  );

  test.each<[Record<string, unknown>, RegExp]>([
    [{ peft_type: 'IA3' }, /peft_type must be "LORA", got "IA3" at .*adapter_config.json/],
    [{ use_dora: true }, /use_dora must be false, got true/],
    [{ rank_pattern: { q_proj: 2 } }, /rank_pattern must be \{\}/],
    [{ target_modules: 'all-linear' }, /target_modules must be a list/],
    [
      { target_modules: ['q_proj', 'v_proj'] },
      /unexpected base_model.model.model.layers.0.mlp.down_proj.lora_A.weight/,
    ],
    [{ r: 8 }, /q_proj.lora_A.weight must be \[8,48\], got \[4,48\].*and 14 more/],
    [{ target_modules: ['q_proj', 'lm_head'] }, /targetModules must be of .*, got lm_head/],
  ])('an adapter that does not fit is refused: %o', async (change, message) => {
    const directory = join(root, 'spoilt');
    await saveLora(directory, { config, lora, adapter, overwrite: true });
    const path = join(directory, 'adapter_config.json');
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...change }));
    await expect(loadLora(directory, config)).rejects.toThrow(message);
  });

  test('an adapter of another config is refused everywhere', async () => {
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
