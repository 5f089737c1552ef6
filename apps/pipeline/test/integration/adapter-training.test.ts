/** Laws of a training stage with `lora`: the base is untouched, the adapter off is the base, what is saved is both, and a stopped run goes on exactly. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  collateRows,
  encodePreferencePairs,
  type PreferencePair,
  precomputeReferenceLogProbs,
} from '@marco-ts/aligner';
import { copyParams, disposeParams, initBackend, type ParamMap, paramsToArrays, tf } from '@marco-ts/core';
import type { TokenBatch } from '@marco-ts/data';
import { causalLanguageModelLoss, mergeLora } from '@marco-ts/model';
import { loadLora, loadQwen2 } from '@marco-ts/model/files';
import { readJsonlLog } from '@marco-ts/trainer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyCpu } from '../../src/recipes/tiny-cpu.ts';
import { ADAPTER_DIRECTORY, runTraining, TRAINING_LOG_FILE, type TrainingPlan } from '../../src/stages/run-training.ts';
import { makeAdapter } from '../../src/training/make-adapter.ts';
import { tinyChatModel } from '../fixtures/tiny-chat-model.ts';

const NUM_STEPS = 6;
const lora = { rank: 3, alpha: 12, targetModules: ['q_proj', 'v_proj', 'down_proj'] };
let root: string;
let tensorsBefore: number;
beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  root = await mkdtemp(join(tmpdir(), 'marco-adapter-'));
  tensorsBefore = tf.memory().numTensors;
});
afterAll(async () => {
  expect(tf.memory().numTensors).toBe(tensorsBefore);
  await rm(root, { recursive: true });
});

const { sft } = tinyCpu();

function planOf(
  { tokenizer, config, params }: ReturnType<typeof tinyChatModel>,
  more: Partial<TrainingPlan<TokenBatch>> = {},
): TrainingPlan<TokenBatch> {
  const texts = ['Everyone has the right to life.', 'Kila mtu ana haki ya kuishi.', '人人有权享有生命。'];
  const rows = texts.map((text) => {
    const ids = Int32Array.from(tokenizer.encodeOrdinary(text));
    return [{ sequence: { ids, labels: ids }, sourceId: 0, sequenceId: 0 }];
  });
  return {
    settings: { ...sft!, lora, checkpointEverySteps: 2, logEverySteps: 1 },
    learningRate: 0.02,
    numSteps: NUM_STEPS,
    model: { config, params },
    lossFn: causalLanguageModelLoss(config),
    batchAt: (index) =>
      collateRows([rows[index % rows.length]!], { numRows: 1, sequenceLength: 32, padTokenId: tokenizer.padTokenId }),
    groupNames: ['text'],
    config: { lora },
    ...more,
  };
}

const trainIn = (directory: string, plan: TrainingPlan<TokenBatch>, stopAt = Number.POSITIVE_INFINITY) => {
  const stop = new AbortController();
  const progress = {
    start: () => {},
    advance: () => {},
    set: (step: number) => {
      if (step >= stopAt) stop.abort(new Error('stopped'));
    },
  };
  const recipe = { name: 'adapter', seed: 1, backend: { prefer: ['cpu' as const] } };
  return runTraining({ directory, inputs: {}, recipe, signal: stop.signal, progress, log: () => {}, seed: 7 }, plan);
};

const bits = async (params: ParamMap) =>
  Object.fromEntries(
    [...(await paramsToArrays(params))].map(([name, { data }]) => [name, Buffer.from(data.slice().buffer)]),
  );

const pairs: PreferencePair[] = [
  {
    prompt: [{ role: 'user', content: 'Haki?' }],
    chosen: 'Kila mtu ana haki.',
    rejected: 'life',
    language: 'swh_Latn',
    kind: 'given',
  },
];

test('the base keeps every bit, the adapter off is the base, and the saved adapter in the base is the saved model', async () => {
  const model = tinyChatModel();
  const { config, tokenizer } = model;
  const base = copyParams(model.params);
  const before = await bits(base);
  const encoded = encodePreferencePairs(tokenizer, pairs, { maxLength: 64 }).pairs;
  const logProbsOf = (params: ParamMap) =>
    precomputeReferenceLogProbs({
      pairs: encoded,
      params,
      config,
      sequenceLength: 64,
      microBatchSize: 2,
      padTokenId: tokenizer.padTokenId,
    });
  const reference = await logProbsOf(base);
  const measured: [step: number, logProb: number][] = [];
  const directory = await mkdtemp(join(root, 'straight-'));
  await trainIn(
    directory,
    planOf(model, {
      evaluate: {
        every: 3,
        atStart: true,
        // What is validated is a whole model.
        async run(params, step) {
          const { chosen } = await logProbsOf(params);
          measured.push([step, chosen[0]!]);
          return {};
        },
      },
    }),
  );
  expect(measured.map(([step]) => step)).toEqual([0, 3, 6]);
  expect(measured[0]![1]).toBe(reference.chosen[0]);
  expect(measured[2]![1]).not.toBe(reference.chosen[0]);
  expect(await bits(base)).toEqual(before);

  const off = makeAdapter({ config, params: base }, causalLanguageModelLoss(config), lora, 1);
  const applied = off.applied(off.params);
  expect(await logProbsOf(applied)).toEqual(reference);
  expect(await logProbsOf(base)).toEqual(reference);

  const { adapter, lora: read } = await loadLora(join(directory, ADAPTER_DIRECTORY), config);
  expect(read).toEqual({ rank: 3, alpha: 12, targetModules: lora.targetModules });
  const merged = mergeLora(base, adapter, config, read);
  const saved = await loadQwen2(join(directory, 'model'));
  expect(await bits(saved.params)).toEqual(await bits(merged));
  const changed = Object.entries(await bits(merged)).filter(([name, now]) => !now.equals(before[name]!));
  expect(changed.map(([name]) => name)).toHaveLength(3 * config.numHiddenLayers);
  expect(changed.every(([name]) => /(q_proj|v_proj|down_proj)\.weight$/.test(name))).toBe(true);

  const steps = (await readJsonlLog(join(directory, TRAINING_LOG_FILE))).flatMap((event) =>
    event.type === 'step-completed' ? [event.loss] : [],
  );
  expect(steps).toHaveLength(NUM_STEPS);
  for (const map of [base, applied, off.params, adapter, merged, saved.params]) disposeParams(map);
});

test('a run that was stopped goes on to the same adapter, bit for bit', async () => {
  const [straight, stopped] = [await mkdtemp(join(root, 'a-')), await mkdtemp(join(root, 'b-'))];
  await trainIn(straight, planOf(tinyChatModel()));
  await expect(trainIn(stopped, planOf(tinyChatModel()), 3)).rejects.toThrow('stopped');
  await trainIn(stopped, planOf(tinyChatModel()));
  const files = ['model/model.safetensors', `${ADAPTER_DIRECTORY}/adapter_model.safetensors`];
  for (const file of files) {
    expect((await readFile(join(stopped, file))).equals(await readFile(join(straight, file)))).toBe(true);
  }
});

test('an adapter of a shared output layer is refused before anything is trained', async () => {
  const model = tinyChatModel();
  const plan = planOf(model);
  const settings = { ...plan.settings, lora: { rank: 2, targetModules: ['lm_head'] } };
  const directory = await mkdtemp(join(root, 'tied-'));
  await expect(trainIn(directory, { ...plan, settings })).rejects.toThrow('lora.targetModules must leave out lm_head');
  disposeParams(model.params);
});
