/** Cleaning of an instruction set: every step drops what it should, says why, and the funnel adds up. */
import { disposeParams, initBackend, type ParamMap, tf } from '@marco-ts/core';
import { causalLanguageModelLoss, initQwen2Params } from '@marco-ts/model';
import { adamw, constant, runToEnd, train } from '@marco-ts/trainer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  buildTranslationInstructions,
  type Conversation,
  difficultyStep,
  diversityStep,
  embedConversations,
  exactDuplicateStep,
  instructionDifficulties,
  kCenterGreedy,
  languageConsistencyStep,
  lengthStep,
  nearDuplicateStep,
  packConversations,
  selectConversations,
} from '../../src/index.ts';
import { toyParagraphs, toyTokenizer } from '../toy-corpus.ts';
import { toyModelConfig } from '../toy-model.ts';

const tokenizer = toyTokenizer();
const config = toyModelConfig(tokenizer);
const conversations = buildTranslationInstructions({ paragraphs: toyParagraphs, seed: 1, directions: 'from_pivot' });
const shape = { sequenceLength: 256, microBatchSize: 4 };

const say = (asked: string, answered: string, language = 'swh_Latn'): Conversation => ({
  messages: [
    { role: 'user', content: asked },
    { role: 'assistant', content: answered },
  ],
  language,
  task: 'said',
});

let params: ParamMap;
let tensorsBefore: number;
beforeAll(async () => {
  await initBackend({ prefer: ['wasm', 'cpu'] });
  const random = initQwen2Params(config, 1);
  const loader = packConversations({ ...shape, tokenizer, conversations, numEpochs: 40, seed: 1 });
  const trained = await runToEnd(
    train({
      params: random,
      lossFn: causalLanguageModelLoss(config),
      batchAt: loader.batchAt,
      numSteps: loader.numBatches,
      optimizer: adamw({ learningRate: constant({ peak: 0.005 }) }),
    }),
  );
  disposeParams(random);
  params = trained.params;
});
afterAll(() => disposeParams(params));
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(tensorsBefore));

describe('steps on text', () => {
  test('drop by language, length and copies, with reasons that add up', async () => {
    const long = 'jua linawaka juu ya nyumba ya zamani leo';
    const set = [
      say('moja', long),
      say('moja', long),
      say('mbili', 'the sun is over the old house today'),
      say('tatu', 'jua'),
      say('nne', 'j'),
      say('moja', `${long} tena na tena kila siku ya mwaka huu mpya wote`, 'deu_Latn'),
    ];
    const identify = (text: string) =>
      text.includes('the ') ? 'eng_Latn' : text.includes('tena') ? undefined : 'swh_Latn';
    const dropped: string[] = [];
    const { conversations: kept, funnel } = await selectConversations(
      set,
      [languageConsistencyStep({ identify }), lengthStep({ minAnswer: 2 }), exactDuplicateStep()],
      { onDrop: (_, reason) => dropped.push(reason) },
    );
    expect(kept).toEqual([set[0], set[3], set[5]]);
    expect(funnel.droppedByReason).toEqual({
      'language_consistency: answer_in_eng_Latn': 1,
      'length: answer_too_short': 1,
      'exact_duplicate: copy': 1,
    });
    expect(dropped.length).toBe(funnel.dropped);
    expect(funnel.read).toBe(funnel.kept + funnel.dropped);
    expect(funnel.languages.deu_Latn).toMatchObject({ read: 1, kept: 1 });
    await expect(selectConversations(set, [lengthStep({ minAnswer: 999 })])).rejects.toThrow(
      /some conversation must be left.*answer_too_short/,
    );
    await expect(selectConversations(set, [{ name: 'odd', judge: () => [] }])).rejects.toThrow(/0 verdicts from odd/);
  });

  test('near duplicates of one language go, the first stays', async () => {
    const letters = 'abcdefghijklmnop';
    const words = Array.from({ length: 60 }, (_, index) => `neno${letters[index >> 4]}${letters[index & 15]}`);
    const first = words.join(' ');
    const near = [...words.slice(0, 59), 'mwisho'].join(' ');
    const other = words.map((word) => `${word}x`).join(' ');
    const { conversations: kept } = await selectConversations(
      [say('a', first), say('a', near), say('a', other), say('a', near, 'deu_Latn')],
      [nearDuplicateStep()],
    );
    expect(kept.map(({ messages, language }) => [messages[1]!.content === near, language])).toEqual([
      [false, 'swh_Latn'],
      [false, 'swh_Latn'],
      [true, 'deu_Latn'],
    ]);
  });
});

describe('steps on our own model', () => {
  test('a learned instruction is easier than a mismatched one; the step keeps the hardest that still help', async () => {
    const some = conversations.slice(0, 12);
    const mismatched = some.map(({ messages, ...rest }, index) => ({
      ...rest,
      messages: [messages[0]!, some[(index + 5) % some.length]!.messages[1]!],
    }));
    const own = await instructionDifficulties(some, { params, config, tokenizer, ...shape });
    const wrong = await instructionDifficulties(mismatched, { params, config, tokenizer, ...shape });
    const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(own.every((value) => value > 0 && value < 1)).toBe(true);
    expect(mean(wrong)).toBeGreaterThan(1.3 * mean(own));
    const step = difficultyStep({ params, config, tokenizer, ...shape, maxDifficulty: 1, keepShare: 0.5 });
    const { conversations: kept, funnel } = await selectConversations([...some, say('x ', 'mti '.repeat(300))], [step]);
    expect(funnel.droppedByReason['difficulty: too_long']).toBe(1);
    for (const [language, { read, kept: numKept }] of Object.entries(funnel.languages)) {
      const numUsable = read - (language === 'swh_Latn' ? 1 : 0);
      expect(numKept).toBe(Math.ceil(numUsable / 2));
    }
    const easiest = some[own.indexOf(Math.min(...own))]!;
    expect(kept).not.toContain(easiest);
  });

  test('vectors have length 1 and do not depend on the batch; diversity keeps as many per language', async () => {
    const some = conversations.slice(0, 10);
    const [together, alone] = await Promise.all([
      embedConversations(some, { params, config, tokenizer, ...shape }),
      embedConversations(some, { params, config, tokenizer, ...shape, microBatchSize: 1 }),
    ]);
    for (const [index, vector] of together.entries()) {
      expect(Math.hypot(...vector!)).toBeCloseTo(1, 4);
      for (let d = 0; d < vector!.length; d++) expect(vector![d]).toBeCloseTo(alone[index]![d]!, 3);
    }
    const step = diversityStep({ params, config, tokenizer, ...shape, keepPerLanguage: 2 });
    const { funnel } = await selectConversations(some, [step]);
    for (const { read, kept } of Object.values(funnel.languages)) expect(kept).toBe(Math.min(2, read));
  });
});

test('k-center greedy picks one of each cluster before any twice, and its radius is at most twice the best', () => {
  const at = (angle: number) => Float32Array.from([Math.cos(angle), Math.sin(angle)]);
  const vectors = [0, 0.02, 0.04, 2, 2.02, 2.04, 4, 4.02, 4.04].map(at);
  const picked = kCenterGreedy(vectors, 3);
  expect(new Set(picked.map((index) => Math.floor(index / 3))).size).toBe(3);
  expect(kCenterGreedy(vectors, 20).length).toBe(9);
  expect(kCenterGreedy([], 3)).toEqual([]);
});
