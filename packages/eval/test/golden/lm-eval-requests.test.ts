import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { disposeParams, initBackend, tf } from '@marco-ts/core';
import { loadQwen2 } from '@marco-ts/model/files';
import { loadTokenizer } from '@marco-ts/tokenizer';
import { expect, test } from 'vitest';
import { choiceAccuracy } from '../../src/answers/choice-accuracy.ts';
import { qwen2LanguageModel } from '../../src/model/qwen2-language-model.ts';

// A tiny Qwen2 with the real vocabulary, asked by lm-evaluation-harness 0.4.13 through transformers in fp32 on CPU. Log-likelihoods
// agree within 1e-4, those of whole documents (thousands of nats) within 2e-6 of their size: float32 sums in another order.
const root = process.env.MARCO_TEST_DATA ?? '';
const folder = join(root, 'golden', 'tiny_qwen2', 'c_fullvocab_bf16');
const present = root !== '' && existsSync(join(folder, 'lm_eval_golden.json'));

interface Item {
  readonly context: string;
  readonly continuations: string[];
  readonly loglikelihoods: number[];
  readonly is_greedy?: boolean[];
  readonly gold: number;
  readonly pred: number;
}
interface RollingItem {
  readonly text: string;
  readonly loglikelihood: number;
  readonly bytes: number;
  readonly bits_per_byte: number;
}

test.skipIf(!present)('requests of real tasks score as in lm-evaluation-harness', async () => {
  await initBackend({ prefer: ['wasm', 'cpu'] });
  const golden: { results: { task: string; items: (Item | RollingItem)[] }[] } = JSON.parse(
    readFileSync(join(folder, 'lm_eval_golden.json'), 'utf8'),
  );
  const { params, config } = await loadQwen2(folder);
  const tokenizer = await loadTokenizer(join(root, 'tokenizer', 'qwen2'));
  const numTensors = tf.memory().numTensors;
  const model = qwen2LanguageModel({
    params,
    config,
    tokenizer,
    maxLength: 2048,
    prefixTokenId: 151_645,
    batchTokens: 2048,
  });
  let numCompared = 0;
  const close = (actual: number, expected: number, what: string): void => {
    numCompared++;
    expect(Math.abs(actual - expected), `${what}: ${actual} for ${expected}`).toBeLessThan(
      Math.max(1e-4, 2e-6 * Math.abs(expected)),
    );
  };

  for (const { task, items } of golden.results) {
    if ('text' in items[0]!) {
      const own = items as RollingItem[];
      const answers = await model.loglikelihoodRolling(own.map(({ text }) => text));
      for (const [index, item] of own.entries()) {
        const { logProb, numBytes } = answers[index]!;
        close(logProb, item.loglikelihood, `${task} ${index}`);
        expect(numBytes).toBe(item.bytes);
        expect(-logProb / Math.LN2 / numBytes).toBeCloseTo(item.bits_per_byte, 5);
      }
      continue;
    }
    const own = items as Item[];
    const requests = own.flatMap(({ context, continuations }) =>
      continuations.map((continuation) => ({ context, continuation })),
    );
    const answers = await model.loglikelihood(requests);
    let next = 0;
    for (const [index, item] of own.entries()) {
      const mine = answers.slice(next, (next += item.continuations.length));
      for (const [choice, answer] of mine.entries()) {
        close(answer.logProb, item.loglikelihoods[choice]!, `${task} ${index} ${choice}`);
        if (item.is_greedy) expect(answer.isGreedy).toBe(item.is_greedy[choice]);
      }
      const logProbs = mine.map(({ logProb }) => logProb);
      expect(choiceAccuracy(item.continuations, logProbs, item.gold).prediction).toBe(item.pred);
    }
  }
  expect(numCompared).toBeGreaterThan(250);
  expect(model.notices).toEqual([]);
  expect(tf.memory().numTensors).toBe(numTensors);
  disposeParams(params);
});
