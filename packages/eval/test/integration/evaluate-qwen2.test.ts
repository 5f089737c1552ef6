import { disposeParams, initBackend, tf } from '@marco-ts/core';
import { initQwen2Params, parseQwen2Config } from '@marco-ts/model';
import { type ChatMessage, trainTokenizer } from '@marco-ts/tokenizer';
import { expect, test } from 'vitest';
import {
  bitsPerByteTask,
  buildClozeItems,
  clozeTask,
  compareResults,
  evaluate,
  preferenceLogProbs,
  preferenceTask,
  qwen2LanguageModel,
  translationTask,
} from '../../src/index.ts';

const texts: Record<string, (article: number, part: number) => string> = {
  eng_Latn: (article, part) => `Article ${article}, part ${part}: everyone has the right to rest.`,
  swh_Latn: (article, part) => `Ibara ya ${article}, sehemu ya ${part}: kila mtu ana haki ya kupumzika.`,
  rus_Cyrl: (article, part) => `Статья ${article}, часть ${part}: каждый имеет право на отдых.`,
};
const tiers = { eng_Latn: 'high', swh_Latn: 'low', rus_Cyrl: 'low' };
const articles = Object.entries(texts).flatMap(([language, text]) =>
  [1, 2, 3].map((id) => ({ id: String(id), language, paragraphs: [1, 2, 3].map((part) => text(id, part)) })),
);

test('every task on a real model with chat prompts: before, after, and the comparison', async () => {
  await initBackend({ prefer: ['cpu'] });
  const documents = articles.map(({ id, language, paragraphs }) => ({
    id: `${language}${id}`,
    language,
    text: paragraphs.join('\n'),
  }));
  const tokenizer = trainTokenizer(
    documents.map(({ text }) => text),
    { vocabSize: 400 },
  );
  const config = parseQwen2Config({
    model_type: 'qwen2',
    hidden_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    intermediate_size: 32,
    vocab_size: tokenizer.vocabSize,
    max_position_embeddings: 256,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    tie_word_embeddings: false,
    initializer_range: 0.02,
    eos_token_id: tokenizer.eosTokenId,
  });
  const params = initQwen2Params(config, 1);
  const other = initQwen2Params(config, 2);
  const numTensors = tf.memory().numTensors;

  const pairs = ['swh_Latn', 'rus_Cyrl'].flatMap((language) =>
    [1, 2].map((part) => ({
      id: `${language}${part}`,
      source: texts.eng_Latn!(1, part),
      target: texts[language]!(1, part),
      sourceLanguage: 'eng_Latn',
      targetLanguage: language,
    })),
  );
  const ask = (source: string): ChatMessage[] => [{ role: 'user', content: `Translate: ${source}` }];
  const formatPrompt = (messages: ChatMessage[]): string =>
    tokenizer.renderChat(messages, { addGenerationPrompt: true });
  const preferences = pairs.map(({ source, target, targetLanguage }) => ({
    prompt: ask(source),
    chosen: target,
    rejected: target.slice(0, target.length / 2),
    language: targetLanguage,
    kind: 'truncated',
  }));
  const format = { formatPrompt, completionSuffix: '<|im_end|>' };
  const base = qwen2LanguageModel({ params, config, tokenizer, name: 'base' });
  const referenceLogProbs = await preferenceLogProbs(base, preferences, format);
  const tasks = [
    bitsPerByteTask({ documents, tiers }),
    clozeTask({ items: buildClozeItems({ articles, seed: 1 }), tiers }),
    translationTask({ pairs, prompt: ({ source }) => formatPrompt(ask(source)), maxNewTokens: 8, tiers }),
    preferenceTask({ pairs: preferences, referenceLogProbs, tiers, ...format }),
  ];
  const before = await evaluate(base, tasks);
  const after = await evaluate(qwen2LanguageModel({ params: other, config, tokenizer, name: 'other' }), tasks);

  expect(Object.keys(before.tasks)).toEqual(['bits_per_byte', 'cloze', 'translation', 'preference']);
  // Small random weights predict every token about equally.
  expect(before.tasks.bits_per_byte!.overall.metrics.nats_per_token!.value).toBeCloseTo(
    Math.log(tokenizer.vocabSize),
    1,
  );
  expect(before.tasks.cloze!.overall.numSamples).toBe(18);
  expect(before.tasks.translation!.samples.every(({ record }) => typeof record.hypothesis === 'string')).toBe(true);
  // The policy is the reference: no margin but rounding.
  expect(before.tasks.preference!.overall.metrics.reward_margin!.value).toBeCloseTo(0, 3);
  expect(Math.abs(after.tasks.preference!.overall.metrics.reward_margin!.value)).toBeGreaterThan(1e-3);
  expect(Object.values(before.tasks).every(({ numRefused, numTruncated }) => numRefused + numTruncated === 0)).toBe(
    true,
  );
  const rows = compareResults(JSON.parse(JSON.stringify(before)), JSON.parse(JSON.stringify(after)), {
    numResamples: 50,
  });
  expect(new Set(rows.map(({ grouping }) => grouping))).toEqual(
    new Set(['overall', 'language', 'tier', 'direction', 'kind']),
  );
  expect(rows.every(({ delta }) => Number.isFinite(delta))).toBe(true);
  expect(tf.memory().numTensors).toBe(numTensors);
  disposeParams(params);
  disposeParams(other);
});
