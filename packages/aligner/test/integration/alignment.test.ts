/** Instruction tuning and preference optimisation of a toy model through the one loop, with the laws they must keep. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposeParams, initBackend, type ParamMap, paramsToArrays, tf, valueAndGrad } from '@marco-ts/core';
import { causalLanguageModelLoss, initQwen2Params, tokenNll } from '@marco-ts/model';
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
  buildLanguageNamingInstructions,
  buildTranslationPreferences,
  collatePreferencePairs,
  type EncodedPreferencePair,
  encodePreferencePairs,
  fingerprintReference,
  packConversations,
  packPreferencePairs,
  precomputeReferenceLogProbs,
  preferenceLoss,
  type ReferenceLogProbs,
} from '../../src/index.ts';
import { sequenceLogProbs } from '../../src/preferences/sequence-log-probs.ts';
import { toyParagraphs, toyTokenizer } from '../toy-corpus.ts';
import { toyModelConfig } from '../toy-model.ts';

type Store = NonNullable<TrainOptions<never>['checkpoints']>['store'];

const tokenizer = toyTokenizer();
const { padTokenId } = tokenizer;
const sequenceLength = 256;

const config = toyModelConfig(tokenizer);

const { pairs } = buildTranslationPreferences({
  paragraphs: toyParagraphs,
  seed: 3,
  maxPerLanguage: 4,
  directions: 'from_pivot',
});
const encoded = encodePreferencePairs(tokenizer, pairs, { maxLength: sequenceLength }).pairs;

let policy: ParamMap;
let tensorsBefore: number;
let directory: string;
beforeAll(async () => {
  await initBackend({ prefer: ['wasm', 'cpu'] });
  policy = initQwen2Params(config, 1);
});
afterAll(() => disposeParams(policy));
beforeEach(async () => {
  tensorsBefore = tf.memory().numTensors;
  directory = await mkdtemp(join(tmpdir(), 'marco-align-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

async function stepsOf<Batch>(options: TrainOptions<Batch>): Promise<{ steps: StepCompleted[]; params: ParamMap }> {
  const steps: StepCompleted[] = [];
  const { params } = await runToEnd(train(options), (event) => {
    if (event.type === 'step-completed') steps.push(event);
  });
  return { steps, params };
}

const optimizer = (peak: number) => chain(clipByGlobalNorm(1), adamw({ learningRate: constant({ peak }) }));

function referenceOf(
  chosenPairs: readonly EncodedPreferencePair[] = encoded,
  params = policy,
): Promise<ReferenceLogProbs> {
  return precomputeReferenceLogProbs({
    params,
    config,
    pairs: chosenPairs,
    sequenceLength,
    microBatchSize: 4,
    padTokenId,
  });
}

describe('instruction tuning', () => {
  test('learns to name languages and reports the loss of each', async () => {
    const conversations = buildLanguageNamingInstructions({ paragraphs: toyParagraphs, seed: 2 });
    const loader = packConversations({
      tokenizer,
      conversations,
      sequenceLength,
      microBatchSize: 4,
      numEpochs: 12,
      seed: 2,
    });
    const result = await stepsOf({
      params: policy,
      lossFn: causalLanguageModelLoss(config),
      batchAt: loader.batchAt,
      numSteps: loader.numBatches,
      optimizer: optimizer(0.01),
      groupNames: loader.sourceNames,
    });
    const [first, last] = [result.steps[0]!, result.steps.at(-1)!];
    expect(first.loss).toBeGreaterThan(4);
    expect(last.loss).toBeLessThan(0.7);
    expect(Object.keys(last.groups!).sort()).toEqual(['deu_Latn', 'eng_Latn', 'rus_Cyrl', 'swh_Latn']);
    const seen = result.steps.reduce((sum, step) => sum + step.numTargets, 0);
    expect(seen).toBe(loader.report.numTargets * 12);
    disposeParams(result.params);
  });

  test('a packed conversation has the loss it has alone', async () => {
    const conversations = buildLanguageNamingInstructions({ paragraphs: toyParagraphs, seed: 2, maxPerLanguage: 3 });
    const sumOf = async (options: {
      sequenceLength: number;
      microBatchSize: number;
    }): Promise<{ nll: number; weight: number }> => {
      const loader = packConversations({ tokenizer, conversations, seed: 1, ...options });
      let [nll, weight] = [0, 0];
      for (let index = 0; index < loader.numBatches; index++) {
        const output = tf.tidy(() => {
          const { loss, weight: count } = causalLanguageModelLoss(config)(policy, loader.batchAt(index));
          weight += count;
          return loss;
        });
        nll += (await output.data())[0]!;
        output.dispose();
      }
      return { nll, weight };
    };
    const longest = Math.max(...conversations.map(({ messages }) => tokenizer.encodeChat([...messages]).ids.length));
    const [packed, alone] = [
      await sumOf({ sequenceLength: 512, microBatchSize: 2 }),
      await sumOf({ sequenceLength: longest, microBatchSize: 1 }),
    ];
    expect(packed.weight).toBe(alone.weight);
    expect(packed.nll / packed.weight).toBeCloseTo(alone.nll / alone.weight, 4);
  });
});

describe('resuming', () => {
  test('preference training goes on bit for bit after an interruption, threads and packing included', async () => {
    const reference = await referenceOf();
    const loader = packPreferencePairs({
      pairs: encoded,
      reference,
      sequenceLength,
      microBatchSize: 2,
      numEpochs: 4,
      seed: 1,
      padTokenId,
    });
    const options = {
      params: policy,
      lossFn: preferenceLoss({ config }),
      batchAt: loader.batchAt,
      gradAccumSteps: 2,
      optimizer: optimizer(0.003),
    };
    const undisturbed = await stepsOf({ ...options, numSteps: 6 });
    const saved: Parameters<Store['save']>[] = [];
    const store = {
      directory: 'memory',
      save: async (...checkpoint: Parameters<Store['save']>) => `${saved.push(checkpoint)}`,
      loadLatest: async () => {
        const [step, contents] = saved.at(-1) ?? [];
        return step === undefined ? null : { step, directory: 'memory', skipped: [], ...contents! };
      },
      steps: async () => saved.map(([step]) => step),
    };
    const checkpoints = { store, every: 100, configHash: 'same' };
    const first = await stepsOf({ ...options, numSteps: 3, checkpoints });
    const second = await stepsOf({ ...options, numSteps: 6, checkpoints });
    const losses = (steps: readonly StepCompleted[]) => steps.map(({ loss, gradNorm }) => [loss, gradNorm]);
    expect(losses([...first.steps, ...second.steps])).toEqual(losses(undisturbed.steps));
    expect(await paramsToArrays(second.params)).toEqual(await paramsToArrays(undisturbed.params));
    for (const { params } of [undisturbed, first, second]) disposeParams(params);
  });
});

describe('encodePreferencePairs', () => {
  test('the answer begins where the prompt ends and ends with one mark', () => {
    const end = tokenizer.tokenToId('<|im_end|>')!;
    for (const [index, pair] of encoded.entries()) {
      for (const side of ['chosen', 'rejected'] as const) {
        const { ids, labels } = pair[side];
        const learned = [...labels].filter((label) => label !== -100);
        expect(tokenizer.decode(learned)).toBe(`${pairs[index]![side]}<|im_end|>`);
        expect(learned.filter((id) => id === end).length).toBe(1);
        const first = labels.findIndex((label) => label !== -100);
        expect(tokenizer.decode(ids.subarray(0, first))).toBe(
          tokenizer.renderChat([...pairs[index]!.prompt], { addGenerationPrompt: true }),
        );
      }
    }
  });

  test('earlier answers of a prompt are not learned; bad rows are named; too long pairs are counted', () => {
    const turns = [
      { role: 'user', content: 'jua' },
      { role: 'assistant', content: 'sun' },
      { role: 'user', content: 'mti' },
    ] as const;
    const pair = { prompt: [...turns], chosen: 'tree', rejected: 'wolf', language: 'swh_Latn', kind: 'x' };
    const [only] = encodePreferencePairs(tokenizer, [pair], { maxLength: 500 }).pairs;
    expect(tokenizer.decode([...only!.chosen.labels].filter((label) => label !== -100))).toBe('tree<|im_end|>');
    const long = { ...pair, chosen: 'tree '.repeat(400) };
    expect(encodePreferencePairs(tokenizer, [pair, long], { maxLength: 200 })).toMatchObject({
      numPairs: 2,
      tooLong: { swh_Latn: 1 },
      tooLongRows: [{ where: 'pairs[1].chosen' }],
    });
    const asked = { ...pair, prompt: [{ role: 'user' as const, content: 'jua '.repeat(400) }], where: 'pairs.jsonl:9' };
    expect(() => encodePreferencePairs(tokenizer, [asked], { maxLength: 200 })).toThrow(
      /none of 1, the first is pairs\.jsonl:9\.prompt with \d+/,
    );
    const encode = (row: object) => () =>
      encodePreferencePairs(tokenizer, [pair, { ...pair, ...row }], { maxLength: 200 });
    expect(encode({ rejected: 'tree' })).toThrow(/answers must differ.*pairs\[1\]\.rejected/);
    expect(encode({ chosen: ' ' })).toThrow(/pairs\[1\]\.chosen/);
    expect(encode({ prompt: [] })).toThrow(/pairs\[1\]\.messages/);
    expect(encode({ prompt: turns.slice(0, 2) })).toThrow(/pairs\[1\]\.prompt/);
    expect(() => encodePreferencePairs(tokenizer, [long], { maxLength: 200 })).toThrow(/at least one pair must fit/);
  });
});

describe('packPreferencePairs', () => {
  test('every epoch holds each pair once, both answers in one batch, with its reference values', () => {
    const reference = {
      chosen: Float32Array.from(encoded, (_, index) => -index),
      rejected: Float32Array.from(encoded, (_, index) => -100 - index),
    };
    const loader = packPreferencePairs({
      pairs: encoded,
      reference,
      sequenceLength,
      microBatchSize: 2,
      numEpochs: 2,
      seed: 1,
      padTokenId,
    });
    const batchesPerEpoch = loader.numBatches / 2;
    for (const epoch of [0, 1]) {
      const seen: number[] = [];
      for (let index = epoch * batchesPerEpoch; index < (epoch + 1) * batchesPerEpoch; index++) {
        const batch = loader.batchAt(index);
        expect(batch.inputIds.length).toBe(2 * sequenceLength);
        for (const [place, pair] of loader.pairsAt(index).entries()) {
          seen.push(pair);
          expect(batch.referenceLogps![place]! + 0).toBe(-pair + 0);
          expect(batch.referenceLogps![batch.numPairs + place]).toBe(-100 - pair);
          const idsOf = (sequence: number) => [...batch.inputIds].filter((_, at) => batch.sequenceIds[at] === sequence);
          expect(idsOf(place)).toEqual([...encoded[pair]!.chosen.ids]);
          expect(idsOf(batch.numPairs + place)).toEqual([...encoded[pair]!.rejected.ids]);
        }
      }
      expect(seen.sort((a, b) => a - b)).toEqual(encoded.map((_, index) => index));
    }
    const short = { chosen: reference.chosen.slice(1), rejected: reference.rejected };
    expect(() =>
      packPreferencePairs({ pairs: encoded, reference: short, sequenceLength, microBatchSize: 2, seed: 1, padTokenId }),
    ).toThrow(/reference\.chosen/);
    expect(() =>
      packPreferencePairs({ pairs: encoded, sequenceLength: 40, microBatchSize: 1, seed: 1, padTokenId }),
    ).toThrow(/must fit into 1 rows of 40/);
    const limits = { maxLength: sequenceLength, vocabSize: tokenizer.vocabSize - 1 };
    expect(() => encodePreferencePairs(tokenizer, pairs, limits)).toThrow(
      /must be below the model's vocabSize \d+, got \d+ at pairs\[0\]\.chosen, token \d+/,
    );
  });
});

describe('preference optimisation', () => {
  test('begins at ln 2 with no rewards, learns the pairs, and leaves the reference as it was', async () => {
    const frozen = await paramsToArrays(policy);
    const reference = await referenceOf();
    const loader = packPreferencePairs({
      pairs: encoded,
      reference,
      sequenceLength,
      microBatchSize: 4,
      numEpochs: 10,
      seed: 1,
      padTokenId,
    });
    const result = await stepsOf({
      params: policy,
      lossFn: preferenceLoss({ config, beta: 0.1 }),
      batchAt: loader.batchAt,
      numSteps: loader.numBatches,
      optimizer: optimizer(0.003),
    });
    const first = result.steps[0]!;
    expect(first.loss).toBeCloseTo(Math.LN2, 4);
    for (const metric of ['rewards/chosen', 'rewards/rejected', 'rewards/margins'])
      expect(first.metrics[metric]).toBeCloseTo(0, 3);
    const last = result.steps.at(-1)!;
    expect(last.loss).toBeLessThan(0.4);
    expect(last.metrics['rewards/margins']).toBeGreaterThan(0.5);
    expect(last.metrics['rewards/accuracies']).toBeGreaterThan(0.9);
    expect(last.metrics['rewards/margins']).toBeCloseTo(
      last.metrics['rewards/chosen']! - last.metrics['rewards/rejected']!,
      4,
    );
    expect(await paramsToArrays(policy)).toEqual(frozen);
    disposeParams(result.params);
  });

  test('loss and gradient of a batch are the sums over its pairs taken alone', async () => {
    const reference = await referenceOf();
    const lossFn = preferenceLoss({ config, beta: 0.5, lossTypes: ['ipo', 'sft', 'orpo'], lossWeights: [1, 0.3, 0.5] });
    const options = { sequenceLength: 2 * sequenceLength, numRows: 2, padTokenId, reference };
    const together = collatePreferencePairs(
      encoded,
      [0, 1, 2],
      [
        [0, 3, 1],
        [4, 2, 5],
      ],
      options,
    );
    const alone = [0, 1, 2].map((index) => collatePreferencePairs(encoded, [index], [[0], [1]], options));
    const run = (batch: typeof together) => valueAndGrad(policy, (params) => ({ loss: lossFn(params, batch).loss }));
    const whole = run(together);
    const parts = alone.map(run);
    const value = async (tensor: tf.Tensor) => (await tensor.data())[0]!;
    let sum = 0;
    for (const part of parts) sum += await value(part.loss);
    expect(await value(whole.loss)).toBeCloseTo(sum, 3);
    for (const name of ['model.norm.weight', 'model.layers.0.self_attn.q_proj.weight']) {
      const expected = tf.tidy(() =>
        parts.map(({ grads }) => grads.get(name)!).reduce((total, grad) => tf.add(total, grad)),
      );
      const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(whole.grads.get(name)!, expected))));
      const scale = tf.tidy(() => tf.max(tf.abs(expected)));
      expect((await value(difference)) / (await value(scale)), name).toBeLessThan(1e-3);
      tf.dispose([expected, difference, scale]);
    }
    for (const { loss, grads } of [whole, ...parts]) {
      loss.dispose();
      disposeParams(grads);
    }
  });

  test('options out of range and batches without reference are refused', () => {
    const loader = packPreferencePairs({ pairs: encoded, sequenceLength, microBatchSize: 2, seed: 1, padTokenId });
    expect(() => tf.tidy(() => preferenceLoss({ config })(policy, loader.batchAt(0)).loss)).toThrow(
      /must carry reference log-probabilities/,
    );
    expect(() => preferenceLoss({ config, beta: 0 })).toThrow(/beta/);
    expect(() => preferenceLoss({ config, labelSmoothing: 0.5 })).toThrow(/labelSmoothing/);
    expect(() => preferenceLoss({ config, lossTypes: ['ipo'], labelSmoothing: 0.1 })).toThrow(
      /labelSmoothing must be 0 for ipo/,
    );
    expect(() => preferenceLoss({ config, lossTypes: ['dpo' as never] })).toThrow(/lossTypes must be some of sigmoid/);
    expect(() => preferenceLoss({ config, lossTypes: ['sigmoid', 'sft'], lossWeights: [1] })).toThrow(
      /lossWeights must be 2 numbers/,
    );
  });
});

describe('precomputeReferenceLogProbs', () => {
  test('gives each answer the sum of its own tokens, in the order of the pairs', async () => {
    const reference = await referenceOf();
    for (const index of [0, 5, encoded.length - 1]) {
      const batch = collatePreferencePairs(encoded, [index], [[0], [1]], { numRows: 2, sequenceLength, padTokenId });
      const logps = tf.tidy(() => sequenceLogProbs(tokenNll(policy, config, batch), batch.sequenceIds, 2));
      const [chosen, rejected] = await logps.data();
      logps.dispose();
      expect(reference.chosen[index]).toBeCloseTo(chosen!, 3);
      expect(reference.rejected[index]).toBeCloseTo(rejected!, 3);
    }
  });

  test('is kept on disk and refused for other data, model, tokenizer, template or length', async () => {
    const path = join(directory, 'cache', 'reference.json');
    const fingerprint = await fingerprintReference({
      pairs: encoded,
      model: policy,
      tokenizer,
      maxLength: sequenceLength,
    });
    const options = { params: policy, config, pairs: encoded, sequenceLength, microBatchSize: 4, padTokenId };
    const progress: number[] = [];
    const computed = await precomputeReferenceLogProbs({
      ...options,
      cache: { path, fingerprint },
      onProgress: ({ completedBatches }) => progress.push(completedBatches),
    });
    expect(progress.length).toBeGreaterThan(0);
    const before = progress.length;
    const again = await precomputeReferenceLogProbs({
      ...options,
      cache: { path, fingerprint },
      onProgress: () => progress.push(0),
    });
    expect(again).toEqual(computed);
    expect(progress.length).toBe(before);

    const other = initQwen2Params(config, 2);
    const changed = {
      model: await fingerprintReference({ pairs: encoded, model: other, tokenizer, maxLength: sequenceLength }),
      data: await fingerprintReference({
        pairs: encoded.slice(1),
        model: policy,
        tokenizer,
        maxLength: sequenceLength,
      }),
      maxLength: await fingerprintReference({ pairs: encoded, model: policy, tokenizer, maxLength: 17 }),
      tokenizer: { ...fingerprint, tokenizer: 'another' },
      template: { ...fingerprint, template: 'another' },
    };
    disposeParams(other);
    for (const [part, otherFingerprint] of Object.entries(changed)) {
      const run = precomputeReferenceLogProbs({ ...options, cache: { path, fingerprint: otherFingerprint } });
      await expect(run).rejects.toThrow(
        new RegExp(`got ${part} \\S+ instead of ${otherFingerprint[part as 'data']} at`),
      );
    }
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, text.length / 2));
    await expect(precomputeReferenceLogProbs({ ...options, cache: { path, fingerprint } })).rejects.toThrow(
      /must be a whole file/,
    );
  });

  test('stops at the signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(
      precomputeReferenceLogProbs({
        params: policy,
        config,
        pairs: encoded,
        sequenceLength,
        microBatchSize: 4,
        padTokenId,
        signal,
      }),
    ).rejects.toThrow('enough');
  });
});
