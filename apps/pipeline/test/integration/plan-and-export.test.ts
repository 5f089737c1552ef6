/** `marco plan --probe` measures what pretraining would take; `marco export-run` hands a run on to three other engines. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initBackend, tf } from '@marco-ts/core';
import { declarationDocuments, readUdhr } from '@marco-ts/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadRecipe } from '../../src/config/load-recipe.ts';
import { runStages } from '../../src/index.ts';
import { recipeStages } from '../../src/stages/recipe-stages.ts';
import { runMarco } from '../fixtures/run-marco.ts';

let root: string;
let recipe: string;
beforeAll(async () => {
  await initBackend({ prefer: ['wasm'], numThreads: 1 });
  root = await mkdtemp(join(tmpdir(), 'marco-plan-export-'));
  await mkdir(join(root, 'text'));
  const rows: string[] = [];
  for await (const declaration of readUdhr({ pages: ['eng', 'spa', 'ind'] })) {
    for (const { text, language, metadata } of declarationDocuments(declaration)) {
      rows.push(JSON.stringify({ id: `${metadata.article}`, text, language, group: `${metadata.article}` }));
    }
  }
  await writeFile(join(root, 'text', 'text.jsonl'), rows.join('\n'));
  recipe = join(root, 'recipe.yaml');
  const shares = 'english: 0.5, chinese: 0, high: 0.3, low: 0.1, parallel: 0.1, knowledge: 0, synthetic: 0';
  await writeFile(
    recipe,
    `extends: tiny-cpu
name: exported
backend: { prefer: [wasm], numThreads: 1 }
data:
  source: { kind: directory, directory: ${join(root, 'text')}, language: eng_Latn, textField: text, groupField: group }
  tiers: { english: [eng_Latn], chinese: [], high: [spa_Latn], low: [ind_Latn] }
tokenizer: { vocabSize: 400 }
model: { kind: random, hiddenSize: 32, numHiddenLayers: 2, numAttentionHeads: 4, numKeyValueHeads: 2, intermediateSize: 64,
         maxPositionEmbeddings: 128, rmsNormEps: 1.0e-6, ropeTheta: 10000, tieWordEmbeddings: true, initializerRange: 0.02 }
pretrain:
  sequenceLength: 64
  microBatchSize: 2
  gradAccumSteps: 2
  stages:
    - { name: one, numTokens: 2560, learningRate: 0.004, shares: { ${shares} } }
    - { name: two, numTokens: 1280, learningRate: 0.002, shares: { ${shares} } }
sft: null
preference: null
`,
  );
});
afterAll(() => rm(root, { recursive: true }));

const marco = (...argv: string[]) => runMarco(argv);

test('plan --probe: memory counted in bytes per parameter, time from measured tokens per second, nothing written', async () => {
  const numTensors = tf.memory().numTensors;
  const before = await readdir(root);
  const { code, out } = await marco('plan', recipe, '--probe', '--json');
  expect(code).toBe(0);
  const { probe } = JSON.parse(out);
  // Weights and AdamW's two moments, 4 bytes each; a few scalars beside them.
  expect(probe.heldTensorBytes / probe.numParams).toBeGreaterThanOrEqual(12);
  expect(probe.heldTensorBytes / probe.numParams).toBeLessThan(12.1);
  expect(probe.estimatedTensorBytes).toBeGreaterThan(probe.heldTensorBytes);
  expect(probe.checkpointBytes).toBe(12 * probe.numParams);
  expect(probe.backend).toBe('wasm');
  expect(probe.peakShare).toBeGreaterThan(0);
  expect(
    probe.stages.map(({ stage, numSteps, numTokens }: Record<string, unknown>) => [stage, numSteps, numTokens]),
  ).toEqual([
    ['one', 10, 2560],
    ['two', 5, 1280],
  ]);
  for (const { seconds, numTokens } of probe.stages) expect(seconds).toBeCloseTo(numTokens / probe.tokensPerSecond, 10);
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(await readdir(root)).toEqual(before);

  const adapter = await marco('plan', recipe, '--probe', '--json', '--set', 'pretrain.lora={ rank: 2 }');
  const adapted = JSON.parse(adapter.out).probe;
  // The weights, and three times the few that are trained.
  expect(adapted.heldTensorBytes).toBeLessThan(0.7 * probe.heldTensorBytes);
  expect(adapted.checkpointBytes).toBeLessThan(0.3 * probe.checkpointBytes);

  const table = await marco('plan', recipe, '--probe');
  expect(table.out).toMatch(/one\s+10\s/);
  expect(table.out).toMatch(/tokens\/s.*GFLOP\/s.*% of a large matrix product/);
});

test('export-run: the files of each engine, the mixture in them, the first model beside them; refused before there is a run', async () => {
  const run = join(root, 'run');
  const early = await marco('export-run', join(root, 'text'), '--to', 'megatron', '-o', join(root, 'never'));
  expect(early.code).toBe(2);

  const { recipe: loaded } = await loadRecipe(recipe, []);
  // As far as other engines need it: data, tokenizer, shards, model.
  await runStages({
    stages: recipeStages(loaded).slice(0, 4),
    recipe: loaded,
    source: recipe,
    directory: run,
    codeVersion: 'test',
  });
  const exported: Record<string, string[]> = {};
  for (const engine of ['llama-factory', 'megatron', 'torchtitan']) {
    const directory = join(root, engine);
    const { code, out, err } = await marco('export-run', run, '--to', engine, '-o', directory, '--json');
    expect([code, err]).toEqual([0, '']);
    const told = JSON.parse(out);
    expect(told.engine).toBe(engine);
    exported[engine] = told.files;
    for (const file of told.files) expect((await readdir(directory, { recursive: true })).includes(file)).toBe(true);
    expect(await readdir(join(directory, 'model'))).toEqual(
      expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']),
    );
  }
  expect(exported.megatron).toEqual(
    expect.arrayContaining(['data/eng_Latn.bin', 'data/eng_Latn.idx', 'one.args', 'two.args']),
  );
  expect(exported.torchtitan).toContain('marco_run.py');

  const info = JSON.parse(await readFile(join(root, 'llama-factory', 'data', 'dataset_info.json'), 'utf8'));
  const second = parse(await readFile(join(root, 'llama-factory', 'two.yaml'), 'utf8'));
  expect(second).toMatchObject({ max_steps: 5, learning_rate: 0.002, model_name_or_path: 'saves/one' });
  expect(Object.keys(info)).toEqual(expect.arrayContaining(second.dataset.split(',')));
  const weights = (second.interleave_probs as string).split(',').map(Number);
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 4);

  const again = await marco('export-run', run, '--to', 'megatron', '-o', join(root, 'llama-factory'));
  expect(again.code).not.toBe(0);
});
