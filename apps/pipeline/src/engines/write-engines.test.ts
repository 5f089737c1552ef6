/** What other engines are told of a run: their own readers check the same files in tools/peers. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { tinyCpu } from '../recipes/tiny-cpu.ts';
import type { FinishedRun } from './read-finished-run.ts';
import { writeLlamaFactory } from './write-llama-factory.ts';
import { writeMegatronRun } from './write-megatron-run.ts';
import { writeTorchtitan } from './write-torchtitan.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marco-engines-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const tiny = tinyCpu();
const document = (language: string, text: string) => ({ id: text, text, language, metadata: {} });

/** Swahili is a quarter of the tokens in documents half as long. */
function runOf(pretrain: Partial<FinishedRun['recipe']['pretrain']> = {}): FinishedRun {
  const recipe = { ...tiny, pretrain: { ...tiny.pretrain, ...pretrain } };
  const mixture = [
    { source: 'eng_Latn', numTokens: 300, tokensPerDocument: 20 },
    { source: 'swh_Latn', numTokens: 100, tokensPerDocument: 10 },
  ];
  return {
    recipe,
    modelDirectory: '',
    tokenizerDirectory: '',
    sources: new Map([
      ['eng_Latn', [document('eng_Latn', 'One text.')]],
      ['swh_Latn', [document('swh_Latn', 'Maandishi.')]],
    ]),
    mixtures: new Map(recipe.pretrain.stages.map(({ name }) => [name, mixture])),
  };
}

test('LLaMA-Factory draws documents: a share of tokens is divided by their length; a stage starts from the one before', async () => {
  const files = await writeLlamaFactory(directory, runOf());
  const [first, second] = tiny.pretrain.stages.map(({ name }) => name);
  expect(files).toEqual(expect.arrayContaining(['data/eng_Latn.jsonl', 'data/dataset_info.json', `${first}.yaml`]));
  const settings = parse(await readFile(join(directory, `${second}.yaml`), 'utf8')) as Record<string, unknown>;
  expect(settings).toMatchObject({
    dataset: 'eng_Latn,swh_Latn',
    interleave_probs: '0.6,0.4',
    model_name_or_path: `saves/${first}`,
    learning_rate: tiny.pretrain.stages[1]!.learningRate,
  });
});

test('torchtitan draws packed sequences: shares stay; a stage starts from the last checkpoint of the one before', async () => {
  expect(await writeTorchtitan(directory, runOf())).toEqual([
    'data/eng_Latn.jsonl',
    'data/swh_Latn.jsonl',
    'marco_run.py',
  ]);
  const module = await readFile(join(directory, 'marco_run.py'), 'utf8');
  expect(module).toContain('HFDataSource(dataset="eng_latn", weight=0.750000)');
  expect(module).toContain('HFDataSource(dataset="swh_latn", weight=0.250000)');
  const steps = [...module.matchAll(/ {12}steps=(\d+)/g)].map(([, count]) => count);
  expect(module).toContain(`outputs/${tiny.pretrain.stages[0]!.name}/checkpoint/step-${steps[0]}`);
  expect(steps).toHaveLength(tiny.pretrain.stages.length);
});

test('an adapter keeps its rank, alpha and targets in LLaMA-Factory', async () => {
  await writeLlamaFactory(directory, runOf({ lora: { rank: 4, targetModules: ['q_proj', 'v_proj'] } }));
  const settings = parse(await readFile(join(directory, `${tiny.pretrain.stages[0]!.name}.yaml`), 'utf8'));
  expect(settings).toMatchObject({
    finetuning_type: 'lora',
    lora_rank: 4,
    lora_alpha: 8,
    lora_target: 'q_proj,v_proj',
  });
});

test('an optimizer or adapter that an engine has no field for is refused', async () => {
  await expect(writeMegatronRun(directory, runOf({ optimizer: 'muon' }))).rejects.toThrow(
    'pretrain.optimizer must be adamw for megatron, got muon',
  );
  await expect(writeTorchtitan(directory, runOf({ optimizer: 'muon' }))).rejects.toThrow(
    'pretrain.optimizer must be adamw for torchtitan, got muon',
  );
  await expect(writeTorchtitan(directory, runOf({ lora: { rank: 4 } }))).rejects.toThrow(
    'pretrain.lora must be absent for torchtitan, got {"rank":4}',
  );
});
