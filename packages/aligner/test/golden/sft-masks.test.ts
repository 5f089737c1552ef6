/** Assistant masks of real chats in many languages against those that transformers computes from TRL's training template. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeConversation, type TokenSequence } from '@marco-ts/aligner';
import { type ChatMessage, createTokenizer } from '@marco-ts/tokenizer';
import { expect, test } from 'vitest';

const testData = process.env.MARCO_TEST_DATA;

test.skipIf(!testData)("masks equal TRL's on its own template, token by token", () => {
  const trained = createTokenizer({
    vocabJson: readFileSync(join(testData!, 'tokenizer/qwen2/vocab.json'), 'utf8'),
    mergesText: readFileSync(join(testData!, 'tokenizer/qwen2/merges.txt'), 'utf8'),
    tokenizerConfig: {
      ...JSON.parse(readFileSync(join(testData!, 'tokenizer/qwen2.5/tokenizer_config.json'), 'utf8')),
      chat_template: readFileSync(join(testData!, 'golden/chat_template/templates/trl_qwen2_5_training.jinja'), 'utf8'),
    },
  });
  const rows = readFileSync(join(testData!, 'golden/chat_template/qwen2.5_assistant_masks.jsonl'), 'utf8')
    .trim()
    .split('\n');
  let compared = 0;
  for (const row of rows) {
    const { messages, input_ids, assistant_mask } = JSON.parse(row);
    const plain = (messages as ChatMessage[]).every(
      ({ role, content }) => ['system', 'user', 'assistant'].includes(role) && content?.trim(),
    );
    if (!plain || !messages.some(({ role }: ChatMessage) => role === 'assistant')) continue;
    const sequence = encodeConversation(trained, messages, 100_000) as TokenSequence;
    expect([...sequence.ids]).toEqual(input_ids);
    expect([...sequence.labels].map((label) => (label === -100 ? 0 : 1))).toEqual(assistant_mask);
    compared++;
  }
  expect(compared).toBeGreaterThan(10);
});
