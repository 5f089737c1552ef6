/**
 * AdamW steps of a tiny Qwen2 against PyTorch, and TRL's SFT and DPO curves, all through the one loop.
 *
 * The references lie in `MARCO_TEST_DATA`. SFT uses TRL's own training template, whose marks decide the mask; DPO uses the plain one, with
 * which TRL counts the line feed after an answer's end, so the test labels it too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  disposeParams,
  IGNORE_INDEX,
  initBackend,
  type LossFn,
  type ParamMap,
  paramsToArrays,
  tf,
} from '@marco-ts/core';
import { type CausalBatch, causalLanguageModelLoss, type Qwen2Config } from '@marco-ts/model';
import { loadQwen2 } from '@marco-ts/model/files';
import { type ChatMessage, createTokenizer, type Tokenizer } from '@marco-ts/tokenizer';
import {
  adamw,
  chain,
  clipByGlobalNorm,
  constant,
  cosine,
  runToEnd,
  type StepCompleted,
  type TrainOptions,
  train,
} from '@marco-ts/trainer';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  collatePreferencePairs,
  collateRows,
  type EncodedPreferencePair,
  encodeConversation,
  encodePreferencePairs,
  type PreferenceBatch,
  precomputeReferenceLogProbs,
  preferenceLoss,
  type TokenSequence,
} from '../../src/index.ts';

const testData = process.env.MARCO_TEST_DATA;
const models = join(testData ?? '', 'golden/tiny_qwen2');
const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));

interface LogEntry {
  readonly loss: number;
  readonly grad_norm: number;
  readonly [metric: string]: number;
}

async function stepsOf<Batch>(options: TrainOptions<Batch>): Promise<{ steps: StepCompleted[]; params: ParamMap }> {
  const steps: StepCompleted[] = [];
  const { params } = await runToEnd(train(options), (event) => {
    if (event.type === 'step-completed') steps.push(event);
  });
  return { steps, params };
}

const relative = (value: number, expected: number): number =>
  Math.abs(value - expected) / Math.max(1, Math.abs(expected));

describe.skipIf(!testData).each(['cpu', 'wasm'] as const)('AdamW steps of PyTorch on %s', (backend) => {
  test('losses, norms and final parameters of twelve clipped steps with warm-up and cosine', async () => {
    await initBackend({ prefer: [backend] });
    const directory = join(models, 'a_gqa_untied');
    const golden = readJson(directory, 'golden.json');
    const { input_ids, labels } = golden.loss_backward as { input_ids: number[][]; labels: number[][] };
    const { adamw: reference } = golden;
    const { config, params } = await loadQwen2(directory);
    const sequences = input_ids.map((ids, row) => ({
      ids: Int32Array.from(ids),
      labels: Int32Array.from(labels[row]!),
    }));
    const batch = rowsOf(sequences, 0);
    const optimizer = chain(
      clipByGlobalNorm(reference.clip),
      adamw({
        learningRate: cosine({ peak: reference.lr, warmupSteps: 3, numSteps: 12 }),
        beta1: reference.betas[0],
        beta2: reference.betas[1],
        eps: reference.eps,
        weightDecay: reference.weight_decay,
        decayMask: () => true,
      }),
    );
    const tensorsBefore = tf.memory().numTensors;
    const result = await stepsOf({
      params,
      lossFn: causalLanguageModelLoss(config),
      batchAt: () => batch,
      numSteps: 12,
      optimizer,
    });
    const log = reference.log as { lr: number; loss: number; grad_norm_before_clip: number }[];
    expect(result.steps.length).toBe(log.length);
    for (const [index, expected] of log.entries()) {
      const step = result.steps[index]!;
      expect(step.learningRate).toBeCloseTo(expected.lr, 12);
      expect(relative(step.loss, expected.loss), `loss of step ${index}`).toBeLessThan(1e-4);
      expect(relative(step.gradNorm, expected.grad_norm_before_clip), `norm of step ${index}`).toBeLessThan(1e-3);
    }
    const norms = reference.param_l2_after as Record<string, number>;
    const arrays = await paramsToArrays(result.params);
    expect(Object.keys(norms).length).toBe(arrays.size);
    for (const [name, { data }] of arrays) {
      expect(relative(Math.hypot(...data), norms[name]!), name).toBeLessThan(1e-3);
    }
    disposeParams(result.params);
    expect(tf.memory().numTensors).toBe(tensorsBefore);
    disposeParams(params);
  });
});

describe.skipIf(!testData)('curves of TRL', () => {
  let makeTokenizer: (templateFile?: string) => Tokenizer;
  let config: Qwen2Config;
  let params: ParamMap;
  const directory = join(models, 'c_fullvocab_bf16');
  const golden = testData ? readJson(directory, 'trl_golden.json') : {};

  beforeAll(async () => {
    await initBackend({ prefer: ['wasm'] });
    makeTokenizer = (templateFile) =>
      createTokenizer({
        vocabJson: readFileSync(join(testData!, 'tokenizer/qwen2/vocab.json'), 'utf8'),
        mergesText: readFileSync(join(testData!, 'tokenizer/qwen2/merges.txt'), 'utf8'),
        tokenizerConfig: {
          ...readJson(testData!, 'tokenizer/qwen2.5/tokenizer_config.json'),
          ...(templateFile === undefined ? {} : { chat_template: readFileSync(join(testData!, templateFile), 'utf8') }),
        },
      });
    ({ config, params } = await loadQwen2(directory));
  });

  const optimizer = (lr: number) => chain(clipByGlobalNorm(1), adamw({ learningRate: constant({ peak: lr }) }));

  test.each(['sft_full', 'sft_assistant_only'] as const)('%s: ids, labels, six losses and norms', async (name) => {
    const tokenizer = makeTokenizer('golden/chat_template/templates/trl_qwen2_5_training.jinja');
    const { args, first_batch_input_ids, first_batch_labels, log } = golden[name];
    const rows = golden.sft_rows as { messages: ChatMessage[] }[];
    const sequences = rows.map(({ messages }) => {
      const sequence = encodeConversation(tokenizer, messages, 4096) as TokenSequence;
      return name === 'sft_full' ? { ids: sequence.ids, labels: sequence.ids } : sequence;
    });
    for (let row = 0; row < 4; row++) {
      const { length } = sequences[row]!.ids;
      expect([...sequences[row]!.ids]).toEqual(first_batch_input_ids[row].slice(0, length));
      expect([...sequences[row]!.labels]).toEqual(first_batch_labels[row].slice(0, length));
    }
    const batchAt = (index: number): CausalBatch => rowsOf(pick(sequences, index * 4, 4), tokenizer.padTokenId);
    const result = await stepsOf({
      params,
      lossFn: causalLanguageModelLoss(config),
      batchAt,
      numSteps: args.steps,
      optimizer: optimizer(args.lr),
    });
    compare(result.steps, log);
    disposeParams(result.params);
  });

  test('dpo: ids, masks, losses, norms, rewards and log-probabilities', async () => {
    const tokenizer = makeTokenizer();
    const { args, first_batch, log } = golden.dpo;
    const rows = golden.dpo_rows as { prompt: ChatMessage[]; chosen: ChatMessage[]; rejected: ChatMessage[] }[];
    const encoded = encodePreferencePairs(
      tokenizer,
      rows.map(({ prompt, chosen, rejected }) => ({
        prompt,
        chosen: chosen[0]!.content,
        rejected: rejected[0]!.content,
        language: 'cmn_Hans',
        kind: 'given',
      })),
      { maxLength: 4096 },
    );
    const pairs: EncodedPreferencePair[] = encoded.pairs.map((pair) => ({
      ...pair,
      chosen: withLineFeed(pair.chosen),
      rejected: withLineFeed(pair.rejected),
    }));
    const sides = ['chosen', 'rejected'] as const;
    for (const [row, sequence] of sides.flatMap((side) => pick(pairs, 0, 4).map((pair) => pair[side])).entries()) {
      const { length } = sequence.ids;
      expect([...sequence.ids]).toEqual(first_batch.input_ids[row].slice(0, length));
      expect([...sequence.labels].map((label) => (label === IGNORE_INDEX ? 0 : 1))).toEqual(
        first_batch.completion_mask[row].slice(0, length),
      );
    }
    const sequenceLength = Math.max(...pairs.flatMap((pair) => [pair.chosen.ids.length, pair.rejected.ids.length]));
    const reference = await precomputeReferenceLogProbs({
      params,
      config,
      pairs,
      sequenceLength,
      microBatchSize: 4,
      padTokenId: tokenizer.padTokenId,
    });
    const batchAt = (index: number): PreferenceBatch => {
      const indices = [0, 1, 2, 3].map((place) => (index * 4 + place) % pairs.length);
      return collatePreferencePairs(pairs, indices, [[0], [1], [2], [3], [4], [5], [6], [7]], {
        numRows: 8,
        sequenceLength,
        padTokenId: tokenizer.padTokenId,
        reference,
      });
    };
    const lossFn: LossFn<PreferenceBatch> = preferenceLoss({ config, beta: args.beta });
    const result = await stepsOf({ params, lossFn, batchAt, numSteps: args.steps, optimizer: optimizer(args.lr) });
    expect(result.steps[0]!.loss).toBeCloseTo(Math.LN2, 4);
    compare(result.steps, log);
    for (const [index, step] of result.steps.entries()) {
      for (const metric of [
        'rewards/chosen',
        'rewards/rejected',
        'rewards/margins',
        'logps/chosen',
        'logps/rejected',
      ]) {
        expect(relative(step.metrics[metric]!, log[index][metric]), `${metric} of step ${index}`).toBeLessThan(1e-3);
      }
      // Before the first step policy and reference are one model: which of two equal rewards is greater is rounding.
      if (index > 0) expect(step.metrics['rewards/accuracies']).toBeCloseTo(log[index]['rewards/accuracies'], 6);
    }
    disposeParams(result.params);
  });

  function compare(steps: readonly StepCompleted[], log: readonly LogEntry[]): void {
    expect(steps.length).toBe(log.length);
    for (const [index, expected] of log.entries()) {
      expect(Math.abs(steps[index]!.loss - expected.loss), `loss of step ${index}`).toBeLessThan(
        1e-4 * Math.max(1, expected.loss),
      );
      expect(relative(steps[index]!.gradNorm, expected.grad_norm), `norm of step ${index}`).toBeLessThan(1e-3);
    }
  }
});

function rowsOf(sequences: readonly TokenSequence[], padTokenId: number): CausalBatch {
  const sequenceLength = Math.max(...sequences.map(({ ids }) => ids.length));
  const rows = sequences.map((sequence, sequenceId) => [{ sequence, sourceId: 0, sequenceId }]);
  return collateRows(rows, { numRows: rows.length, sequenceLength, padTokenId });
}

function pick<Item>(items: readonly Item[], start: number, count: number): Item[] {
  return Array.from({ length: count }, (_, place) => items[(start + place) % items.length]!);
}

/** Labels the line feed that the template writes after an answer's end, as TRL's masks do. */
function withLineFeed({ ids, labels }: TokenSequence): TokenSequence {
  return {
    ids,
    labels: labels.map((label, t) =>
      label === IGNORE_INDEX && t > 0 && labels[t - 1] !== IGNORE_INDEX ? ids[t]! : label,
    ),
  };
}
