import { disposeParams, initBackend, type ParamMap, tf } from '@marco-ts/core';
import { initQwen2Params, type Qwen2Config, qwen2Logits } from '@marco-ts/model';
import { type Tokenizer, trainTokenizer } from '@marco-ts/tokenizer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Qwen2LanguageModel, qwen2LanguageModel } from './qwen2-language-model.ts';

const corpus = [
  'the small birds sing near the old house',
  'ndege wadogo wanaimba karibu na nyumba',
  'птицы поют у старого дома',
];
let tokenizer: Tokenizer;
let config: Qwen2Config;
let params: ParamMap;
let model: Qwen2LanguageModel;
let numTensors: number;

beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  tokenizer = trainTokenizer(corpus, { vocabSize: 300, minFrequency: 1 });
  config = {
    hiddenSize: 16,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    numKeyValueHeads: 1,
    intermediateSize: 32,
    vocabSize: tokenizer.vocabSize,
    maxPositionEmbeddings: 48,
    rmsNormEps: 1e-6,
    ropeTheta: 10_000,
    tieWordEmbeddings: true,
    initializerRange: 0.4,
    bosTokenId: null,
    eosTokenId: tokenizer.eosTokenId,
  };
  params = initQwen2Params(config, 7);
  model = qwen2LanguageModel({ params, config, tokenizer });
  numTensors = tf.memory().numTensors;
});
afterAll(() => {
  expect(tf.memory().numTensors).toBe(numTensors);
  disposeParams(params);
});

/** Log-probabilities of ids[1..] by the full logits of one sequence alone, and the most likely token at each place. */
function plainLogProbs(ids: readonly number[]): { logProbs: number[]; best: number[] } {
  return tf.tidy(() => {
    const length = ids.length - 1;
    const logits_BLV = qwen2Logits(params, config, {
      inputIds_BL: tf.tensor2d(ids.slice(0, -1), [1, length], 'int32'),
      positionIds_BL: tf.tensor2d([...ids.keys()].slice(0, -1), [1, length], 'int32'),
      segmentIds_BL: tf.zeros([1, length], 'int32') as tf.Tensor2D,
    });
    const table = (tf.logSoftmax(logits_BLV).arraySync() as number[][][])[0]!;
    const best = table.map((row) => row.indexOf(Math.max(...row)));
    return { logProbs: table.map((row, index) => row[ids[index + 1]!]!), best };
  });
}
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test('loglikelihood is the sum of the continuation tokens of the full logits', async () => {
  const [answer] = await model.loglikelihood([{ context: 'the small birds ', continuation: 'sing near' }]);
  const head = tokenizer.encode('the small birds');
  const { logProbs } = plainLogProbs([...tokenizer.encode('the small birds sing near')]);
  expect(answer!.numTokens).toBe(logProbs.length + 1 - head.length);
  expect(answer!.logProb).toBeCloseTo(sum(logProbs.slice(head.length - 1)), 4);
});

test('texts that begin alike, and choices of one text, give what each request gives alone', async () => {
  const start = 'ndege wadogo wanaimba karibu na nyumba the';
  const contexts = ['small', 'old', 'near', 'birds', 'sing old'].map((word) => `${start} ${word}`);
  const requests = [...contexts, 'птицы'].flatMap((context) =>
    [' house', ' поют у старого', ' n'].map((continuation) => ({ context, continuation })),
  );
  expect(tokenizer.encode(start).length).toBeGreaterThan(16);
  for (const batchTokens of [4096, 24]) {
    const answers = await qwen2LanguageModel({ params, config, tokenizer, batchTokens }).loglikelihood(requests);
    for (const [index, { context, continuation }] of requests.entries()) {
      const { logProbs } = plainLogProbs([...tokenizer.encode(context + continuation)]);
      const own = sum(logProbs.slice(tokenizer.encode(context).length - 1));
      expect(answers[index]!.logProb, `${context}|${continuation}`).toBeCloseTo(own, 4);
    }
  }
});

test('isGreedy is true exactly where every token is the most likely', async () => {
  // Contexts after which the text of the most likely token is read back as that token.
  const found = corpus.flatMap((text) =>
    Array.from({ length: 12 }, (_, end) => text.slice(0, 2 * end + 1).trimEnd()).flatMap((context) => {
      const ids = [...tokenizer.encode(context)];
      const best = plainLogProbs([...ids, 0]).best.at(-1)!;
      const continuation = tokenizer.decode([best]);
      const isReadBack = String(tokenizer.encode(context + continuation)) === String([...ids, best]);
      return isReadBack && continuation.trim() !== '' ? [{ context, continuation }] : [];
    }),
  );
  expect(found.length).toBeGreaterThan(3);
  const answers = await model.loglikelihood(found);
  expect(answers.every(({ isGreedy, numTokens }) => isGreedy && numTokens === 1)).toBe(true);
  const longer = found.map(({ context, continuation }) => ({ context, continuation: `${continuation} й` }));
  const others = await model.loglikelihood(longer);
  for (const [index, { isGreedy, numTokens }] of others.entries()) {
    const ids = [...tokenizer.encode(longer[index]!.context + longer[index]!.continuation)];
    const { best } = plainLogProbs(ids);
    const start = ids.length - numTokens;
    expect(isGreedy).toBe(ids.slice(start).every((id, position) => best[start - 1 + position] === id));
  }
  expect(others.some(({ isGreedy }) => !isGreedy)).toBe(true);
});

test('an empty context is the end-of-text token', async () => {
  const [answer] = await model.loglikelihood([{ context: '', continuation: 'the house' }]);
  const { logProbs } = plainLogProbs([tokenizer.eosTokenId, ...tokenizer.encode('the house')]);
  expect(answer!.logProb).toBeCloseTo(sum(logProbs), 4);
});

test('rolling: a long text in windows equals its windows one by one, with bytes counted', async () => {
  const text = corpus.join(' ');
  const [answer] = await model.loglikelihoodRolling([text]);
  const ids = [...tokenizer.encode(text)];
  expect(ids.length).toBeGreaterThan(48);
  const whole = [tokenizer.eosTokenId, ...ids];
  let expected = sum(plainLogProbs(whole.slice(0, 49)).logProbs);
  for (let done = 48; done < ids.length; done += 48) {
    const end = Math.min(ids.length, done + 48);
    expected += sum(plainLogProbs(whole.slice(end - 48, end + 1)).logProbs.slice(48 - (end - done)));
  }
  expect(answer!.logProb).toBeCloseTo(expected, 3);
  expect(answer).toMatchObject({ numTokens: ids.length, numBytes: Buffer.byteLength(text) });
});

const requests = corpus.flatMap((text, index) =>
  text
    .split(' ')
    .map((word, position) => ({ context: text.slice(0, 4 + 3 * position), continuation: ` ${word}${index}` })),
);

test('law: answers come in order, once per distinct request, and do not depend on the batch', async () => {
  const asked = [...requests, requests[2]!, requests[0]!];
  const totals: number[] = [];
  const together = await model.loglikelihood(asked, { onProgress: (_, total) => totals.push(total) });
  const alone = qwen2LanguageModel({ params, config, tokenizer, batchTokens: 1 });
  const separate = await alone.loglikelihood(asked);
  expect(new Set(totals)).toEqual(new Set([requests.length]));
  for (const [index, answer] of together.entries()) {
    expect(answer.logProb).toBeCloseTo(separate[index]!.logProb, 4);
    expect(answer.isGreedy).toBe(separate[index]!.isGreedy);
  }
  expect(together.at(-2)).toEqual(together[2]);
  expect(together.at(-1)).toEqual(together[0]);
  const reversed = await model.loglikelihood(requests.toReversed());
  expect(reversed.toReversed().map(({ logProb }) => logProb)).toEqual(
    together.slice(0, -2).map(({ logProb }) => logProb),
  );
});

test('what does not fit is shortened or refused, counted and named', async () => {
  const short = qwen2LanguageModel({ params, config, tokenizer, maxLength: 8, name: 'short' });
  const long = corpus[0]!;
  const [cut, refused, whole] = await short.loglikelihood([
    { context: long, continuation: ' x' },
    { context: 'the', continuation: ` ${long} ${long}` },
    { context: 'the', continuation: ' old' },
  ]);
  const ids = [...tokenizer.encode(`${long} x`)].slice(-9);
  expect(cut!.logProb).toBeCloseTo(sum(plainLogProbs(ids).logProbs.slice(8 - cut!.numTokens)), 4);
  expect(refused).toMatchObject({ logProb: Number.NaN, isGreedy: false });
  expect(whole!.logProb).toBeLessThan(0);
  await short.generateUntil([{ prompt: long, until: [], maxNewTokens: 4 }]);
  expect(short.notices).toMatchObject([
    { request: 'loglikelihood', kind: 'truncated', index: 0, maxTokens: 9, excerpt: long },
    { request: 'loglikelihood', kind: 'refused', index: 1, maxTokens: 8 },
    { request: 'generateUntil', kind: 'truncated', index: 0, maxTokens: 4 },
  ]);
  expect(short.name).toBe('short');
});

test('generation is greedy, stops before a stop and answers in order', async () => {
  const prompts = ['the small', 'ndege', 'the small', ''];
  const free = await model.generateUntil(prompts.map((prompt) => ({ prompt, until: [], maxNewTokens: 12 })));
  expect(free[2]).toBe(free[0]);
  const alone = qwen2LanguageModel({ params, config, tokenizer, batchTokens: 1 });
  expect(await alone.generateUntil(prompts.map((prompt) => ({ prompt, until: [], maxNewTokens: 12 })))).toEqual(free);
  const stop = free[0]!.slice(3, 5);
  expect(stop).toHaveLength(2);
  const [stopped] = await model.generateUntil([
    { prompt: 'the small', until: ['\u0000never', stop], maxNewTokens: 12 },
  ]);
  expect(stopped).toBe(free[0]!.slice(0, free[0]!.indexOf(stop)));
});

test('a row that reached its stop is not generated further', async () => {
  const kernelsOf = async (until: string[], maxNewTokens: number) => {
    const { kernels } = await tf.profile(async () => {
      await model.generateUntil([{ prompt: 'the small', until, maxNewTokens }]);
      return [];
    });
    return kernels.length;
  };
  const [free] = await model.generateUntil([{ prompt: 'the small', until: [], maxNewTokens: 30 }]);
  const few = await kernelsOf([free!.slice(0, 1)], 30);
  expect(few).toBeLessThan((await kernelsOf([], 30)) / 3);
});

test('an aborted signal stops with its reason', async () => {
  const signal = AbortSignal.abort(new Error('stopped by test'));
  await expect(model.loglikelihood(requests, { signal })).rejects.toThrow('stopped by test');
  await expect(model.loglikelihoodRolling(corpus, { signal })).rejects.toThrow('stopped by test');
  await expect(model.generateUntil([{ prompt: 'a', until: [], maxNewTokens: 1 }], { signal })).rejects.toThrow(
    'stopped by test',
  );
});

test('a model whose numbers are gone bad is an error, not a refusal', async () => {
  const [name, tensor] = [...params].find(([key]) => key === 'model.norm.weight')!;
  const bad = tf.fill(tensor.shape, Number.NaN);
  const broken = qwen2LanguageModel({ params: new Map([...params, [name, bad]]), config, tokenizer });
  await expect(broken.loglikelihood([{ context: 'the', continuation: ' old' }])).rejects.toThrow("got NaN for ' old'");
  await expect(broken.loglikelihoodRolling(['the old'])).rejects.toThrow('Has training diverged?');
  bad.dispose();
});

test('bad sizes and requests are refused', async () => {
  expect(() => qwen2LanguageModel({ params, config, tokenizer, maxLength: 49 })).toThrow(
    "model's 48 positions, got 49",
  );
  expect(() => qwen2LanguageModel({ params, config, tokenizer, batchTokens: 0 })).toThrow('batchTokens');
  const smaller = { ...config, vocabSize: 100 };
  expect(() => qwen2LanguageModel({ params, config: smaller, tokenizer })).toThrow('got vocabSize 100');
  await expect(model.loglikelihoodRolling(['a', ''])).rejects.toThrow("got '' at index 1");
  await expect(model.generateUntil([{ prompt: 'a', until: [], maxNewTokens: 48 }])).rejects.toThrow('from 1 to 47');
});
