import { describe, expect, test } from 'vitest';
import type { AnswerPrompt } from './answer-sampler.ts';
import { chatSampler } from './chat-sampler.ts';
import { collectPreferences, formatPreferenceTable, tableOfPairs } from './collect-preferences.ts';
import { modelJudge } from './model-judge.ts';
import { languageConsistencyReward, lengthReward, referenceReward, rewardJudge } from './reward-judge.ts';
import { translatePrompts } from './translate-prompts.ts';

const promptOf = (content: string, language = 'swh_Latn', reference?: string): AnswerPrompt => ({
  prompt: [{ role: 'user', content }],
  language,
  ...(reference === undefined ? {} : { reference }),
});
const identify = (text: string) => (/the|sun/.test(text) ? 'eng_Latn' : /ß|Haus/.test(text) ? 'deu_Latn' : 'swh_Latn');

describe('rewardJudge', () => {
  const judge = rewardJudge([
    languageConsistencyReward(identify),
    referenceReward('likeness', (answer, reference) => (answer === reference ? 100 : 20)),
    lengthReward({ maxRatio: 2 }, 0.5),
  ]);
  const prompt = promptOf('sun', 'swh_Latn', 'jua');

  test('the reward that makes most of the difference is the reason', async () => {
    expect(await judge(prompt, ['the sun', 'jua', 'jia'])).toEqual({
      best: 1,
      worst: 0,
      reason: 'language_consistency',
    });
    expect(await judge(prompt, ['jia', 'jua'])).toEqual({ best: 1, worst: 0, reason: 'likeness' });
    expect(await judge(prompt, ['jia', `${'jia '.repeat(9)}`])).toMatchObject({ best: 0, worst: 1, reason: 'length' });
    expect(await judge(prompt, ['jia', 'jio'])).toEqual({ reason: 'tie' });
  });

  test('what a reward cannot say counts for nobody; no reward and no number are refused', async () => {
    const byReference = rewardJudge([referenceReward('likeness', () => 1)]);
    expect(await byReference(promptOf('sun'), ['a', 'b'])).toEqual({ reason: 'tie' });
    const broken = rewardJudge([{ name: 'odd', score: () => Number.NaN }]);
    await expect(broken(prompt, ['a', 'b'])).rejects.toThrow(/NaN from odd/);
    expect(() => rewardJudge([])).toThrow(/got none/);
  });
});

describe('modelJudge', () => {
  const answersIn = (instruction: string) =>
    /Answer 1:\n(.*)\n\nAnswer 2:\n(.*)\n/.exec(instruction)!.slice(1) as [string, string];

  test('finds best and worst by comparisons in both orders', async () => {
    const asked: string[] = [];
    const judge = modelJudge({
      ask: async (instruction) => {
        asked.push(instruction);
        const [first, second] = answersIn(instruction).map(Number) as [number, number];
        return first === second ? '0' : `Answer ${first > second ? 1 : 2} is better.`.replace('Answer ', '');
      },
      languageName: () => 'Swahili',
    });
    expect(await judge(promptOf('how many?'), ['3', '9', '1', '5'])).toEqual({ best: 1, worst: 2, reason: 'judge' });
    expect(asked[0]).toContain('in Swahili?');
    expect(asked.length % 2).toBe(0);
    expect(answersIn(asked[0]!)).toEqual(['3', '9']);
    expect(answersIn(asked[1]!)).toEqual(['9', '3']);
  });

  test('a judge that always likes the first place makes no pair', async () => {
    const judge = modelJudge({ ask: async () => '1' });
    expect(await judge(promptOf('x'), ['a', 'b', 'c'])).toEqual({ reason: 'judge_depends_on_order' });
    const silent = modelJudge({ ask: async () => 'both are fine' });
    expect(await silent(promptOf('x'), ['a', 'b'])).toEqual({ reason: 'judge_depends_on_order' });
    const even = modelJudge({ ask: async () => '0' });
    expect(await even(promptOf('x'), ['a', 'b'])).toEqual({ reason: 'tie' });
    expect(() => modelJudge({ ask: async () => '', instruction: 'which?' })).toThrow(/\{question\}/);
  });
});

test('collectPreferences: prompts are pairs or counted, by language, and the table says why', async () => {
  const prompts = [
    promptOf('sun', 'swh_Latn', 'jua'),
    promptOf('tree', 'swh_Latn', 'mti'),
    promptOf('house', 'deu_Latn', 'Haus'),
    promptOf('x', 'deu_Latn'),
  ];
  const said: Record<string, string[]> = {
    sun: ['jua', 'the sun', 'jua'],
    tree: ['mti', 'mti', ' '],
    house: ['Haus', 'Hut', 'the Haus'],
    x: ['ß', 'ßa'],
  };
  const progress: number[] = [];
  const { pairs, table } = await collectPreferences({
    prompts,
    sample: async (batch, numAnswers) => batch.map(({ prompt }) => said[prompt[0]!.content]!.slice(0, numAnswers)),
    numAnswers: 3,
    judge: rewardJudge([
      languageConsistencyReward(identify),
      referenceReward('likeness', (answer, reference) => (answer === reference ? 100 : 0)),
    ]),
    batchSize: 2,
    onProgress: ({ completedPrompts }) => progress.push(completedPrompts),
  });
  expect(pairs.map(({ chosen, rejected, kind }) => [chosen, rejected, kind])).toEqual([
    ['jua', 'the sun', 'language_consistency'],
    ['Haus', 'Hut', 'language_consistency'],
  ]);
  expect(progress).toEqual([2, 4]);
  expect(table).toEqual({
    swh_Latn: { numPrompts: 2, numPairs: 1, won: { language_consistency: 1 }, withoutPair: { same_answers: 1 } },
    deu_Latn: { numPrompts: 2, numPairs: 1, won: { language_consistency: 1 }, withoutPair: { tie: 1 } },
  });
  const lines = formatPreferenceTable(table).split('\n');
  expect(lines[0]).toMatch(
    /^language\s+prompts\s+pairs\s+won by language_consistency\s+no pair: same_answers\s+no pair: tie$/,
  );
  expect(lines.at(-1)).toMatch(/^all\s+4\s+2\s+2\s+1\s+1$/);
  expect(tableOfPairs(pairs).deu_Latn).toEqual({
    numPrompts: 1,
    numPairs: 1,
    won: { language_consistency: 1 },
    withoutPair: {},
  });
  await expect(
    collectPreferences({ prompts, sample: async () => [], numAnswers: 1, judge: rewardJudge([lengthReward({})]) }),
  ).rejects.toThrow(/numAnswers/);
});

test('chatSampler asks once per answer, no more at a time than told, and keeps their places', async () => {
  let [running, most, asked] = [0, 0, 0];
  const sample = chatSampler({
    ask: async ([message]) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      return ` ${message!.content} ${asked++} `;
    },
    concurrency: 2,
  });
  const answers = await sample([promptOf('a'), promptOf('b')], 3);
  expect(answers.map((own) => own.map((answer) => answer[0]))).toEqual([
    ['a', 'a', 'a'],
    ['b', 'b', 'b'],
  ]);
  expect([asked, most]).toEqual([6, 2]);
  const broken = chatSampler({ ask: () => Promise.reject(new Error('server gone')) });
  await expect(broken([promptOf('a')], 2)).rejects.toThrow('server gone');
});

test('translatePrompts keeps what is usable and counts the rest', async () => {
  const translations: Record<string, string> = {
    'the sun': 'jua',
    'the tree': 'the mti',
    'the house': '',
    'the river': 'the river',
    'the wolf': 'w'.repeat(90),
  };
  const { prompts, dropped } = await translatePrompts({
    prompts: Object.keys(translations).map((text) => promptOf(text, 'eng_Latn', text)),
    languages: ['swh_Latn', 'eng_Latn'],
    translate: async (text) => translations[text]!,
    identify,
  });
  expect(prompts).toEqual([promptOf('jua')]);
  expect(dropped).toEqual({ swh_Latn: { wrong_language: 1, empty: 1, copied: 1, length: 1 } });
});
