import { createRandom, disposeParams, initBackend, type ParamMap, tf } from '@marco-ts/core';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { batchInputs } from '../loss/causal-batch.ts';
import { estimate } from '../qwen2/estimate.ts';
import { initQwen2Params } from '../qwen2/init-qwen2-params.ts';
import type { Qwen2Config } from '../qwen2/qwen2-config.ts';
import { qwen2Logits } from '../qwen2/qwen2-hidden.ts';
import { type GenerateOptions, generate } from './generate.ts';
import { type SamplingOptions, sampleToken } from './sample-token.ts';

const config: Qwen2Config = {
  hiddenSize: 24,
  numHiddenLayers: 2,
  numAttentionHeads: 6,
  numKeyValueHeads: 2,
  intermediateSize: 32,
  vocabSize: 60,
  maxPositionEmbeddings: 64,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  tieWordEmbeddings: false,
  initializerRange: 0.4,
  bosTokenId: null,
  eosTokenId: null,
};

let params: ParamMap;
let numTensors = 0;
beforeAll(() => initBackend({ prefer: ['cpu'] }));
beforeEach(() => {
  params = initQwen2Params(config, 11);
  numTensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(numTensors);
  disposeParams(params);
});

const prompts = [Int32Array.of(1, 2, 3, 4, 5), Int32Array.of(9), Int32Array.of(30, 31, 32)];
const run = async (options: Partial<GenerateOptions> = {}) =>
  (await generate({ params, config, prompts, maxNewTokens: 8, ...options })).map((answer) => [...answer]);

/** The definition: the whole sequence through the model for every token. */
function greedyByFullForward(prompt: Int32Array, count: number): number[] {
  const tokens = [...prompt];
  for (let i = 0; i < count; i++) {
    const L = tokens.length;
    tokens.push(
      tf.tidy(() => {
        const inputs = batchInputs({
          batchSize: 1,
          sequenceLength: L,
          inputIds: Int32Array.from(tokens),
          positionIds: Int32Array.from(tokens, (_, t) => t),
          segmentIds: new Int32Array(L),
        });
        const row = qwen2Logits(params, config, inputs)
          .dataSync()
          .subarray((L - 1) * config.vocabSize);
        return row.indexOf(Math.max(...row));
      }),
    );
  }
  return tokens.slice(prompt.length);
}

test('greedy with a cache, in a batch of unlike prompts, is greedy with the full forward pass', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat({ max: 59 }), { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 4 }),
      async (lists) => {
        const some = lists.map((list) => Int32Array.from(list));
        expect(await run({ prompts: some, maxNewTokens: 6 })).toEqual(
          some.map((prompt) => greedyByFullForward(prompt, 6)),
        );
      },
    ),
    { numRuns: 12 },
  );
});

test('an answer depends on its prompt and place, not on the rest of the batch', async () => {
  const together = await run({ temperature: 1, seed: 4 });
  const first = await run({ temperature: 1, seed: 4, prompts: prompts.slice(0, 1) });
  expect(first[0]).toEqual(together[0]);
  expect(await run({ temperature: 1, seed: 4 })).toEqual(together);
  expect(await run({ temperature: 1, seed: 5 })).not.toEqual(together);
});

test('on marco-wasm a greedy answer is that of the prompt alone, whatever the batch and whoever leaves it', async () => {
  await initBackend({ prefer: ['wasm'] });
  const random = createRandom(3);
  const some = Array.from({ length: 9 }, () =>
    Int32Array.from({ length: 1 + random.integer(20) }, () => random.integer(config.vocabSize)),
  );
  const options = { prompts: some, maxNewTokens: 24, eosTokenIds: [7] };
  const together = await run(options);
  expect(new Set(together.map((answer) => answer.length)).size).toBeGreaterThan(1);
  for (const [i, prompt] of some.entries())
    expect(await run({ ...options, prompts: [prompt] }), `prompt ${i}`).toEqual([together[i]]);
  await initBackend({ prefer: ['cpu'] });
  const onCpu = await run(options);
  expect(onCpu).toEqual(together);
});

test('an end token stops its answer and is left out; the others go on as before', async () => {
  const free = await run();
  const end = free[0]![2]!;
  const stopped = await run({ eosTokenIds: [end] });
  for (const [i, answer] of free.entries()) {
    const at = answer.indexOf(end);
    expect(stopped[i]).toEqual(at < 0 ? answer : answer.slice(0, at));
  }
  const byConfig = await generate({ params, config: { ...config, eosTokenId: end }, prompts, maxNewTokens: 8 });
  expect(byConfig.map((answer) => [...answer])).toEqual(stopped);
});

test('tokens are told as they come; the callback may end an answer', async () => {
  const told: number[][] = prompts.map(() => []);
  const answers = await run({ onToken: (token, i) => told[i]!.push(token) >= i + 2 });
  expect(told).toEqual(answers);
  expect(answers.map((answer) => answer.length)).toEqual([2, 3, 4]);
  expect(answers.map((answer, i) => answer.slice(0, i + 2))).toEqual(
    (await run()).map((answer, i) => answer.slice(0, i + 2)),
  );
});

test('logits are told before a penalty changes them, one row for each token of each answer', async () => {
  const best: number[][] = prompts.map(() => []);
  const penalized = await run({
    repetitionPenalty: 1e9,
    onLogits: (logits_V, i) => best[i]!.push(logits_V.indexOf(Math.max(...logits_V))),
  });
  expect(best.map(({ length }) => length)).toEqual(penalized.map(({ length }) => length));
  const free = await run();
  expect(best.map(([first]) => first)).toEqual(free.map(([first]) => first));
  expect(best).not.toEqual(penalized);
});

test('stop strings end an answer after the token that completes one; its text is cut before it', async () => {
  const textOf = (tokens: readonly number[]) => tokens.map((token) => `<${token}>`).join('');
  const free = await run();
  // Spans two tokens: the end of the second and the beginning of the third of the first answer.
  const stop = `${free[0]![1]}><${String(free[0]![2])[0]}`;
  const texts = prompts.map(() => '');
  const stopped = await run({
    text: {
      createDecoder: () => ({ push: (token) => `<${token}>`, end: () => '' }),
      stopStrings: [stop],
      onText: (text, i) => {
        texts[i] += text;
      },
    },
  });
  for (const [i, answer] of free.entries()) {
    const place = textOf(answer).indexOf(stop);
    const kept = answer.findIndex((_, count) => textOf(answer.slice(0, count + 1)).includes(stop)) + 1;
    expect(texts[i]).toBe(place < 0 ? textOf(answer) : textOf(answer).slice(0, place));
    expect(stopped[i]).toEqual(place < 0 ? answer : answer.slice(0, kept));
  }
  expect(stopped[0]!.length).toBeLessThan(free[0]!.length);
});

test('text ends with what its decoder held back, however the answer ends', async () => {
  const free = await run();
  const end = free[0]![2]!;
  const texts = prompts.map(() => '');
  await run({
    eosTokenIds: [end],
    onToken: (_, i) => i === 1,
    text: {
      createDecoder: () => ({ push: () => '.', end: () => '!' }),
      onText: (text, i) => {
        texts[i] += text;
      },
    },
  });
  const lengthOf = (answer: number[]) => (answer.includes(end) ? answer.indexOf(end) : answer.length);
  expect(texts).toEqual(free.map((answer, i) => `${'.'.repeat(i === 1 ? 1 : lengthOf(answer))}!`));
});

test('finished rows leave the batch: only the others get tokens', async () => {
  const seen: number[] = [];
  const rows = new Array<number>(prompts.length).fill(0);
  await run({
    onToken: (_, i) => {
      seen.push(i);
      return ++rows[i]! > i;
    },
  });
  expect(seen).toEqual([0, 1, 2, 1, 2, 2]);
});

test('no prompts, no answers', async () => {
  expect(await run({ prompts: [] })).toEqual([]);
});

test('the signal stops between two tokens', async () => {
  const controller = new AbortController();
  let count = 0;
  const stopped = run({
    signal: controller.signal,
    onToken: () => {
      if (++count === 4) controller.abort(new Error('enough'));
    },
  });
  await expect(stopped).rejects.toThrow('enough');
  expect(count).toBeLessThan(7);
});

describe('refused', () => {
  test.each<[string, Partial<GenerateOptions>, RegExp]>([
    [
      'an empty prompt',
      { prompts: [Int32Array.of(1), new Int32Array(0)] },
      /at least one token, got none at prompts\[1\]/,
    ],
    [
      'an id past the vocabulary',
      { prompts: [Int32Array.of(1, 60)] },
      /below vocabSize 60, got 60 at prompts\[0\]\[1\]/,
    ],
    [
      'a prompt past the context',
      { prompts: [new Int32Array(57)] },
      /fit maxPositionEmbeddings 64, got 57 \+ 8 at prompts\[0\]/,
    ],
    ['no new tokens', { maxNewTokens: 0 }, /maxNewTokens must be a whole number from 1, got 0/],
    ['a negative temperature', { temperature: -1 }, /temperature must be a number from 0, got -1/],
    ['half a topK', { topK: 0.5 }, /topK must be a whole number from 0/],
    ['topP 0', { topP: 0 }, /topP must be above 0 and at most 1/],
    ['minP above 1', { minP: 2 }, /minP must be from 0 to 1/],
    [
      'an empty stop string',
      { text: { createDecoder: () => ({ push: () => '', end: () => '' }), stopStrings: [''] } },
      /must not be empty/,
    ],
    [
      'a run past the budget',
      { memoryBudgetBytes: 1e5 },
      /generate: inference must fit 0\.1 MiB, got 0\.\d MiB for batchSize 3, sequenceLength 13\. What would fit: batchSize \d/,
    ],
    ['no penalty', { repetitionPenalty: 0 }, /repetitionPenalty must be above 0/],
  ])('%s', async (_, options, message) => {
    await expect(run(options)).rejects.toThrow(message);
  });

  test('a missing parameter leaves nothing behind', async () => {
    const fewer = new Map([...params].filter(([name]) => name !== 'model.layers.1.mlp.up_proj.weight'));
    await expect(run({ params: fewer })).rejects.toThrow(/got none called model.layers.1.mlp.up_proj.weight/);
  });

  test('NaN in the parameters is said, not sampled', async () => {
    const broken = tf.fill([24], Number.NaN);
    await expect(run({ params: new Map([...params, ['model.norm.weight', broken]]) })).rejects.toThrow(
      /got NaN at token 0/,
    );
    broken.dispose();
  });
});

test('the estimate of memory is about what marco-wasm takes', async () => {
  await initBackend({ prefer: ['wasm'] });
  const backend = tf.backend() as unknown as { disposeData(id: object, force?: boolean): boolean };
  const { disposeData } = backend;
  const bytesInUse = () => (tf.memory() as tf.MemoryInfo & { wasmBytesInUse: number }).wasmBytesInUse;
  const before = bytesInUse();
  const some = { ...config, hiddenSize: 96, intermediateSize: 256, maxPositionEmbeddings: 256, vocabSize: 2000 };
  const someParams = initQwen2Params(some, 1);
  let peak = 0;
  try {
    backend.disposeData = (id, force) => {
      peak = Math.max(peak, bytesInUse());
      return disposeData.call(backend, id, force);
    };
    const rows = Array.from({ length: 6 }, () => new Int32Array(190).fill(3));
    await generate({ params: someParams, config: some, prompts: rows, maxNewTokens: 10 });
  } finally {
    backend.disposeData = disposeData;
    disposeParams(someParams);
    await initBackend({ prefer: ['cpu'] });
  }
  const { inferenceBytes } = estimate(some, { batchSize: 6, sequenceLength: 200, fusedKernels: true });
  expect(inferenceBytes / (peak - before)).toBeGreaterThan(0.95);
  expect(inferenceBytes / (peak - before)).toBeLessThan(1.3);
});

describe('sampleToken', () => {
  const logits = [2, 1.5, 1, 0.5, 0, -1, -3];
  const draw = (options: SamplingOptions, count: number, seen: number[] = []) => {
    const random = createRandom(1);
    const counts = new Array<number>(logits.length).fill(0);
    for (let i = 0; i < count; i++) counts[sampleToken(Float32Array.from(logits), options, new Set(seen), random)]!++;
    return counts.map((value) => value / count);
  };
  const softmax = (values: number[], temperature: number, keep: (i: number) => boolean) => {
    const weights = values.map((value, i) => (keep(i) ? Math.exp(value / temperature) : 0));
    const total = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / total);
  };
  const N = 20_000;

  test.each<[string, SamplingOptions, (i: number) => boolean]>([
    ['temperature 1', { temperature: 1 }, () => true],
    ['temperature 0.5', { temperature: 0.5 }, () => true],
    ['top-k', { temperature: 1, topK: 3 }, (i) => i < 3],
    ['top-k past the vocabulary', { temperature: 2, topK: 100 }, () => true],
    // Probabilities of the first three: 0.38, 0.23, 0.14.
    ['top-p', { temperature: 1, topP: 0.7 }, (i) => i < 3],
    ['top-p below the first', { temperature: 1, topP: 0.1 }, (i) => i < 1],
    // Of the first two alone, the first has 0.62.
    ['top-p after top-k', { temperature: 1, topK: 2, topP: 0.6 }, (i) => i < 1],
    ['min-p', { temperature: 1, minP: 0.2 }, (i) => 2 - logits[i]! <= -Math.log(0.2)],
    ['min-p, hot', { temperature: 3, minP: 0.2 }, (i) => (2 - logits[i]!) / 3 <= -Math.log(0.2)],
    ['top-p is measured before min-p cuts', { temperature: 1, topP: 0.7, minP: 0.5 }, (i) => i < 2],
  ])('%s: the frequencies are those of the softmax over what is kept', (_, options, keep) => {
    const expected = softmax(logits, options.temperature!, keep);
    for (const [i, frequency] of draw(options, N).entries()) {
      if (expected[i] === 0) expect(frequency).toBe(0);
      else
        expect(Math.abs(frequency - expected[i]!)).toBeLessThan(
          4 * Math.sqrt((expected[i]! * (1 - expected[i]!)) / N) + 1e-9,
        );
    }
  });

  test('temperature 0 takes the first of the most likely, and draws nothing', () => {
    const random = createRandom(1);
    expect(sampleToken(Float32Array.of(1, 3, 3, 2), {}, new Set(), random)).toBe(1);
    expect(random.position).toBe(0);
  });

  test('infinite logits are said, not sampled', () => {
    for (const value of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const broken = () => sampleToken(Float32Array.of(1, value), { temperature: 1 }, new Set(), createRandom(1));
      expect(broken).toThrow(/must be finite numbers, got -?Infinity at token 1/);
    }
  });

  test('the penalty divides positive and multiplies negative logits of what was seen', () => {
    const values = Float32Array.of(2, 1.5, -1, -1);
    sampleToken(values, { repetitionPenalty: 2 }, new Set([0, 2]), createRandom(1));
    expect([...values]).toEqual([1, 1.5, -2, -1]);
    expect(draw({ repetitionPenalty: 2 }, 1, [0])).toEqual([0, 1, 0, 0, 0, 0, 0]);
  });
});
