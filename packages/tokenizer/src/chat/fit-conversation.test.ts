import { expect, test } from 'vitest';
import type { ChatMessage } from '../tokenizer.ts';
import { trainTokenizer } from '../train/train-tokenizer.ts';
import { fitConversation } from './fit-conversation.ts';

const tokenizer = trainTokenizer(['haki ya kuishi na uhuru '.repeat(20)], { vocabSize: 300 });
const messages: ChatMessage[] = ['Haki', 'ya', 'kuishi', 'life', 'right'].map((content, index) => ({
  role: index % 2 === 0 ? 'user' : 'assistant',
  content,
}));
const lengthWithout = (numForgotten: number): number =>
  tokenizer.encodeChat([{ role: 'system', content: 'Be.' }, ...messages.slice(numForgotten)], {
    addGenerationPrompt: true,
  }).ids.length;

test('the oldest question and answer are forgotten first, the system message never', () => {
  const fit = (contextLength: number) =>
    fitConversation(tokenizer, { system: 'Be.', messages, contextLength, maxNewTokens: 1 });
  expect(fit(lengthWithout(0) + 1).numForgotten).toBe(0);
  const fitted = fit(lengthWithout(0));
  expect(fitted.numForgotten).toBe(2);
  expect(tokenizer.decode(fitted.prompt)).toMatch(
    /^<\|im_start\|>system\nBe\.<\|im_end\|>\n<\|im_start\|>user\nkuishi/,
  );
  expect(fit(lengthWithout(4) + 1).numForgotten).toBe(4);
});

test('a long answer may have half of the context, and the last question more than the other half', () => {
  const contextLength = lengthWithout(4) + 1;
  expect(fitConversation(tokenizer, { system: 'Be.', messages, contextLength, maxNewTokens: 1000 }).numForgotten).toBe(
    4,
  );
});

test('a message longer than the context is refused', () => {
  const long: ChatMessage[] = [{ role: 'user', content: 'zq'.repeat(100) }];
  expect(() => fitConversation(tokenizer, { messages: long, contextLength: 96, maxNewTokens: 10 })).toThrow(
    /a message must fit the model's 96 tokens, got \d+/,
  );
});
