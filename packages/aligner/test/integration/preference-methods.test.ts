/** KTO, SimPO, ORPO, sums of losses and LoRA through the one loop: what each must do on a toy model. */
import { disposeParams, initBackend, type ParamMap, paramsToArrays, tf } from '@marco-ts/core';
import { initLoraParams, initQwen2Params, type LoraConfig, withLora } from '@marco-ts/model';
import {
  adamw,
  chain,
  clipByGlobalNorm,
  constant,
  runToEnd,
  type StepCompleted,
  type TrainOptions,
  train,
} from '@marco-ts/trainer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  buildTranslationPreferences,
  type EncodedPreferencePair,
  encodePreferencePairs,
  encodeUnpairedAnswers,
  ktoLoss,
  packPreferencePairs,
  precomputeReferenceLogProbs,
  preferenceLoss,
  type UnpairedAnswer,
} from '../../src/index.ts';
import { toyParagraphs, toyTokenizer } from '../toy-corpus.ts';
import { toyModelConfig } from '../toy-model.ts';

const tokenizer = toyTokenizer();
const { padTokenId } = tokenizer;
const config = toyModelConfig(tokenizer);
const shape = { sequenceLength: 256, microBatchSize: 4, padTokenId };

const { pairs } = buildTranslationPreferences({
  paragraphs: toyParagraphs,
  seed: 3,
  maxPerLanguage: 4,
  directions: 'from_pivot',
});
const { pairs: encoded } = encodePreferencePairs(tokenizer, pairs, { maxLength: 256 });
const unpaired: UnpairedAnswer[] = pairs.flatMap(({ prompt, chosen, rejected, language, kind }) => [
  { prompt, answer: chosen, isDesirable: true, language, kind: 'true' },
  { prompt, answer: rejected, isDesirable: false, language, kind },
]);

let policy: ParamMap;
let tensorsBefore: number;
beforeAll(async () => {
  await initBackend({ prefer: ['wasm', 'cpu'] });
  policy = initQwen2Params(config, 1);
});
afterAll(() => disposeParams(policy));
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(tensorsBefore));

async function stepsOf<Batch>(options: Omit<TrainOptions<Batch>, 'optimizer'>): Promise<StepCompleted[]> {
  const steps: StepCompleted[] = [];
  const optimizer = chain(clipByGlobalNorm(1), adamw({ learningRate: constant({ peak: 0.003 }) }));
  const { params } = await runToEnd(train({ ...options, optimizer }), (event) => {
    if (event.type === 'step-completed') steps.push(event);
  });
  disposeParams(params);
  return steps;
}

const referenceOf = (rows: readonly EncodedPreferencePair[]) =>
  precomputeReferenceLogProbs({ ...shape, params: policy, config, pairs: rows });

describe('losses without a reference', () => {
  test.each([['simpo'], ['orpo']] as const)('%s learns the pairs from batches without one', async (lossType) => {
    const loader = packPreferencePairs({ ...shape, pairs: encoded, numEpochs: 10, seed: 1 });
    const steps = await stepsOf({
      params: policy,
      lossFn: preferenceLoss({ config, lossTypes: [lossType], beta: 2 }),
      batchAt: loader.batchAt,
      numSteps: loader.numBatches,
    });
    const [first, last] = [steps[0]!, steps.at(-1)!];
    expect(last.loss).toBeLessThan(0.7 * first.loss);
    expect(last.metrics['rewards/accuracies']).toBeGreaterThan(0.9);
    expect('log_odds_chosen' in last.metrics).toBe(lossType === 'orpo');
  });
});

test('accuracies of the kinds are shares of the pairs of that kind, and add up to the accuracy of all', async () => {
  const loader = packPreferencePairs({ ...shape, pairs: encoded, numEpochs: 2, seed: 1 });
  const [step] = await stepsOf({
    params: policy,
    lossFn: preferenceLoss({ config, lossTypes: ['simpo', 'sft'], lossWeights: [1, 0.5] }),
    batchAt: loader.batchAt,
    numSteps: loader.numBatches / 2,
    logEvery: loader.numBatches,
  });
  const kinds = [...new Set(pairs.map(({ kind }) => kind))];
  expect(kinds.length).toBe(3);
  let hits = 0;
  for (const kind of kinds) {
    const share = step!.metrics[`rewards/accuracies/${kind}`]!;
    const numOfKind = pairs.filter((pair) => pair.kind === kind).length;
    expect(share * numOfKind).toBeCloseTo(Math.round(share * numOfKind), 4);
    hits += share * numOfKind;
  }
  expect(hits / pairs.length).toBeCloseTo(step!.metrics['rewards/accuracies']!, 5);
});

describe('KTO', () => {
  test('begins at a half with no rewards, and learns which answers are good', async () => {
    const { pairs: rows } = encodeUnpairedAnswers(tokenizer, unpaired, { maxLength: 256 });
    expect(rows.length).toBe(unpaired.length);
    const reference = await referenceOf(rows);
    const loader = packPreferencePairs({ ...shape, pairs: rows, reference, numEpochs: 8, seed: 1 });
    const steps = await stepsOf({
      params: policy,
      lossFn: ktoLoss({ config }),
      batchAt: loader.batchAt,
      numSteps: loader.numBatches,
      logEvery: 5,
    });
    const first = tf.tidy(() => {
      const { loss, metrics, weight } = ktoLoss({ config })(policy, loader.batchAt(0));
      return { loss: loss.dataSync()[0]! / weight, kl: metrics.kl!.dataSync()[0]! / weight };
    });
    expect(first.loss).toBeCloseTo(0.5, 4);
    expect(first.kl).toBeCloseTo(0, 3);
    const last = steps.at(-1)!;
    expect(last.loss).toBeLessThan(0.45);
    expect(last.metrics['rewards/chosen']! - last.metrics['rewards/rejected']!).toBeGreaterThan(0.5);
  });

  test('the other answer follows the same prompt and fits, too long rows are counted, bad rows named', () => {
    const [short, long] = [40, 400];
    const rows: UnpairedAnswer[] = [short, long, short].map((numWords, index) => ({
      prompt: [{ role: 'user', content: `jua ${index}` }],
      answer: 'mti '.repeat(numWords),
      isDesirable: index !== 1,
      language: 'swh_Latn',
      kind: 'all',
    }));
    const { pairs: kept, tooLong, tooLongRows } = encodeUnpairedAnswers(tokenizer, rows, { maxLength: 256 });
    expect(tooLong).toEqual({ swh_Latn: 1 });
    expect(tooLongRows.map(({ where }) => where)).toEqual(['answers[1].answer']);
    expect(kept.map(({ isDesirable }) => isDesirable)).toEqual([true, true]);
    for (const { chosen, rejected } of kept) {
      const promptLength = chosen.labels.findIndex((label) => label !== -100);
      expect(rejected.ids.slice(0, promptLength)).toEqual(chosen.ids.slice(0, promptLength));
      expect(rejected.ids.length).toBeLessThanOrEqual(256);
    }
    const empty = [{ ...rows[0]!, answer: ' ' }];
    expect(() => encodeUnpairedAnswers(tokenizer, empty, { maxLength: 256 })).toThrow(
      /got " " at answers\[0\]\.answer/,
    );
    const loader = packPreferencePairs({ ...shape, pairs: encoded, seed: 1 });
    expect(() => tf.tidy(() => ktoLoss({ config })(policy, loader.batchAt(0)).loss)).toThrow(/and labels, got none/);
    expect(() => ktoLoss({ config, beta: 0 })).toThrow(/beta/);
  });
});

test('LoRA: the reference is the model with the adapter off, so DPO begins at ln 2 and the base stays as it was', async () => {
  const lora: LoraConfig = { rank: 4, alpha: 8, targetModules: ['q_proj', 'v_proj', 'down_proj'] };
  const frozen = await paramsToArrays(policy);
  const adapter = initLoraParams(config, lora, 1);
  const reference = await referenceOf(encoded);
  const loader = packPreferencePairs({ ...shape, pairs: encoded, reference, numEpochs: 8, seed: 1 });
  const steps = await stepsOf({
    params: adapter,
    lossFn: withLora(preferenceLoss({ config }), policy, config, lora),
    batchAt: loader.batchAt,
    numSteps: loader.numBatches,
  });
  expect(steps[0]!.loss).toBeCloseTo(Math.LN2, 4);
  expect(steps.at(-1)!.loss).toBeLessThan(0.6);
  expect(await paramsToArrays(policy)).toEqual(frozen);
  disposeParams(adapter);
});
