import { estimate, parseQwen2Config } from '@marco-ts/model';
import { expect, test } from 'vitest';
import { affordableBatchTokens, freeMemoryBytes } from './batch-tokens.ts';

const sized = (hiddenSize: number, positions = 32_768) =>
  parseQwen2Config({
    model_type: 'qwen2',
    hidden_size: hiddenSize,
    num_hidden_layers: 24,
    num_attention_heads: 16,
    num_key_value_heads: 2,
    intermediate_size: 4 * hiddenSize,
    vocab_size: 151_936,
    max_position_embeddings: positions,
    rms_norm_eps: 1e-6,
    rope_theta: 1e6,
    tie_word_embeddings: true,
    initializer_range: 0.02,
  });

test('batches grow with the free memory to a limit, shrink with the model, and hold one sequence at least', () => {
  const free = [0, 2 ** 28, 2 ** 29, 2 ** 30, 2 ** 40];
  const tokens = free.map((bytes) => affordableBatchTokens(sized(1024), bytes));
  expect(tokens).toEqual(tokens.toSorted((left, right) => left - right));
  expect([tokens[0], tokens.at(-1)]).toEqual([512, 4096]);
  expect(affordableBatchTokens(sized(4096), 2 ** 30)).toBeLessThan(affordableBatchTokens(sized(1024), 2 ** 30));
  expect(affordableBatchTokens(sized(1024, 128), 0)).toBe(128);
  expect(affordableBatchTokens(sized(1024), freeMemoryBytes())).toBeGreaterThanOrEqual(512);
});

test('what a batch needs is no more than half of what is free', () => {
  const config = sized(1024);
  for (const freeBytes of [2 ** 29, 2 ** 30, 2 ** 31]) {
    const batchSize = affordableBatchTokens(config, freeBytes) / 512;
    const { inferenceBytes, weightBytes } = estimate(config, { batchSize, sequenceLength: 512 });
    expect(inferenceBytes - weightBytes).toBeLessThanOrEqual(freeBytes / 2);
  }
});
