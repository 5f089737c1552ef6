import { expect, test } from 'vitest';
import { bleu } from '../metrics/bleu.ts';
import type { LanguageModel } from '../model/language-model.ts';
import { aggregateSamples } from './aggregate-samples.ts';
import { bitsPerByteTask } from './bits-per-byte-task.ts';
import { buildClozeItems } from './build-cloze-items.ts';
import { clozeTask } from './cloze-task.ts';
import type { EvalTask } from './eval-task.ts';
import { measure, scoreOfSums, statisticsOfRows } from './metric-definition.ts';
import { preferenceLogProbs, preferenceTask } from './preference-task.ts';
import { defaultBleuTokenizer, translationTask } from './translation-task.ts';

/** Answers by rule: a nat per character, less by what `bonus` says of a continuation; generation copies what follows the last colon. */
function ruleModel(bonus: (continuation: string) => number = () => 0): LanguageModel {
  return {
    loglikelihood: async (requests) =>
      requests.map(({ continuation }) => ({
        logProb: continuation.includes('TOO LONG') ? Number.NaN : bonus(continuation) - continuation.length,
        isGreedy: false,
        numTokens: continuation.length,
      })),
    loglikelihoodRolling: async (texts) =>
      texts.map((text) => ({ logProb: -2 * text.length, numTokens: text.length, numBytes: Buffer.byteLength(text) })),
    generateUntil: async (requests) => requests.map(({ prompt }) => prompt.slice(prompt.lastIndexOf(':') + 1)),
  };
}
const aggregate = (task: EvalTask, samples: Parameters<typeof aggregateSamples>[0]) =>
  aggregateSamples(samples, { metrics: task.metrics, macroBy: task.macroBy, numResamples: 20, seed: 1 });
const tiers = { eng_Latn: 'high', swh_Latn: 'low', rus_Cyrl: 'low' };

test('bits per byte: per document, per language, per tier, pooled and macro', async () => {
  const task = bitsPerByteTask({
    documents: [
      { id: '1', text: 'abcd', language: 'eng_Latn' },
      { id: '2', text: 'habari', language: 'swh_Latn' },
      { id: '3', text: 'дом', language: 'rus_Cyrl' },
    ],
    tiers,
  });
  const { samples } = await task.run(ruleModel(), {});
  const { overall, groups } = aggregate(task, samples);
  const bits = 2 / Math.LN2;
  expect(groups.language!.eng_Latn!.metrics.bits_per_byte!.value).toBeCloseTo(bits, 12);
  // Two bytes for each letter of Cyrillic.
  expect(groups.language!.rus_Cyrl!.metrics.bits_per_byte!.value).toBeCloseTo(bits / 2, 12);
  expect(groups.language!.rus_Cyrl!.metrics.nats_per_token!.value).toBeCloseTo(2, 12);
  expect(groups.tier!.low!.metrics.bits_per_byte!.value).toBeCloseTo(18 / 12 / Math.LN2, 12);
  expect(groups.tier!.low!.macro!.bits_per_byte).toMatchObject({ value: expect.closeTo(0.75 * bits, 12), count: 2 });
  expect(overall.macro!.bits_per_byte!.value).toBeCloseTo((2.5 / 3) * bits, 12);
  expect(overall.metrics.byte_perplexity!.value).toBeCloseTo(Math.exp(26 / 16), 12);
  expect(groups.tier!.high!.macro).toBeUndefined();
});

test('translation: corpus BLEU and chrF per direction, samples kept, language apart from the pivot', async () => {
  const pairs = [
    {
      id: 'a',
      source: 'good day to you all',
      target: 'habari za siku kwenu nyote',
      sourceLanguage: 'eng_Latn',
      targetLanguage: 'swh_Latn',
    },
    {
      id: 'b',
      source: 'the old house',
      target: 'nyumba ya zamani sana',
      sourceLanguage: 'eng_Latn',
      targetLanguage: 'swh_Latn',
    },
    {
      id: 'c',
      source: 'nyumba ya zamani',
      target: 'the old house there',
      sourceLanguage: 'swh_Latn',
      targetLanguage: 'eng_Latn',
    },
  ];
  const outputs: Record<string, string> = { a: 'habari za siku kwenu', b: 'nyumba ya kale', c: 'the old house there' };
  const task = translationTask({ pairs, prompt: ({ id, source }) => `${source}:${outputs[id]}`, tiers });
  const { samples, signatures } = await task.run(ruleModel(), {});
  const { groups, overall } = aggregate(task, samples);
  const expected = bleu(
    ['habari za siku kwenu', 'nyumba ya kale'],
    pairs.slice(0, 2).map(({ target }) => target),
  ).score;
  expect(groups.direction!['eng_Latn-swh_Latn']!.metrics.bleu!.value).toBe(expected);
  expect(groups.direction!['eng_Latn-swh_Latn']!.metrics.chrf!.stderr).toBeGreaterThan(0);
  expect(overall.macro!.bleu!.value).toBeCloseTo((expected + 100) / 2, 9);
  expect(groups.language!.swh_Latn!.numSamples).toBe(3);
  expect(samples[1]!.record).toMatchObject({ hypothesis: 'nyumba ya kale', reference: 'nyumba ya zamani sana' });
  expect(signatures!['bleu swh_Latn']).toBe('nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0+ts');
  expect(['zho_Hans', 'jpn_Jpan', 'tha_Thai', 'kor_Hang'].map(defaultBleuTokenizer)).toEqual([
    'zh',
    'char',
    'char',
    '13a',
  ]);
});

test('cloze: accuracy raw and by length, refused items skipped and named', async () => {
  const items = [
    { id: '1', language: 'eng_Latn', context: 'x', choices: ['short', 'much longer'], gold: 0 },
    { id: '2', language: 'eng_Latn', context: 'x', choices: ['short', 'good but longer'], gold: 1 },
    { id: '3', language: 'swh_Latn', context: 'x', choices: ['TOO LONG', 'b'], gold: 1 },
  ];
  const task = clozeTask({ items, tiers });
  const { samples, skipped } = await task.run(
    ruleModel((text) => (text.includes('good') ? 5 : 0)),
    {},
  );
  expect(skipped).toEqual([{ id: '3', reason: expect.stringContaining('choice 0 of 9 tokens') }]);
  const { overall } = aggregate(task, samples);
  // By itself the shorter text wins both; per character the longer does.
  expect(samples.map(({ statistics }) => statistics)).toEqual([
    { acc: [1, 1], acc_norm: [0, 1], acc_bytes: [0, 1] },
    { acc: [0, 1], acc_norm: [1, 1], acc_bytes: [1, 1] },
  ]);
  expect(overall.metrics).toMatchObject({ acc: { value: 0.5 }, acc_norm: { value: 0.5 } });
  expect(task.metrics.acc!.chance).toBe(0.5);
});

test('cloze items: the true paragraph follows, the other is of another article, the same seed gives the same', () => {
  const articles = ['a', 'b', 'c'].flatMap((id) =>
    ['eng_Latn', 'swh_Latn'].map((language) => ({
      id,
      language,
      paragraphs: Array.from({ length: 5 }, (_, index) => `${language} ${id} ${index} ${'w'.repeat(3 * index)}`),
    })),
  );
  const items = buildClozeItems({ articles, seed: 3 });
  expect(items).toHaveLength(24);
  expect(new Set(items.map(({ id }) => id)).size).toBe(24);
  for (const { language, context, choices, gold } of items) {
    const own = articles.find((article) => article.paragraphs.includes(context))!;
    const place = own.paragraphs.indexOf(context);
    expect(own.paragraphs[place + 1]).toBe(choices[gold]);
    expect(own.paragraphs).not.toContain(choices[1 - gold]);
    expect(choices[1 - gold]!.startsWith(language)).toBe(true);
    expect(Math.abs(choices[0]!.length - choices[1]!.length)).toBeLessThanOrEqual(3);
  }
  expect(new Set(items.map(({ gold }) => gold)).size).toBe(2);
  expect(buildClozeItems({ articles, seed: 3 })).toEqual(items);
  expect(buildClozeItems({ articles, seed: 4 })).not.toEqual(items);
  expect(buildClozeItems({ articles, seed: 3, maxItemsPerLanguage: 2 })).toHaveLength(4);
  expect(buildClozeItems({ articles: articles.slice(0, 1), seed: 3 })).toEqual([]);
  expect(() => buildClozeItems({ articles: [articles[0]!, articles[0]!], seed: 3 })).toThrow("got 'a' twice");
});

test('preference: reward against the reference, a tie is one half, groups by kind', async () => {
  const pairs = [
    { prompt: 'p', chosen: 'good answer', rejected: 'bad', language: 'eng_Latn', kind: 'truncated' },
    { prompt: 'p', chosen: 'good', rejected: 'wrong', language: 'swh_Latn', kind: 'wrong-language' },
    { prompt: 'p', chosen: 'yes', rejected: 'no', language: 'swh_Latn', kind: 'wrong-language' },
  ];
  const format = { formatPrompt: (prompt: string) => `${prompt}:`, completionSuffix: '#' };
  const referenceLogProbs = await preferenceLogProbs(ruleModel(), pairs, format);
  expect(referenceLogProbs[1]).toEqual({ chosen: -5, rejected: -6 });
  const task = preferenceTask({ pairs, referenceLogProbs, tiers, ...format });
  const same = aggregate(task, (await task.run(ruleModel(), {})).samples);
  expect(same.overall.metrics.reward_acc!.value).toBe(0.5);
  expect(same.overall.metrics.reward_margin!.value).toBe(0);
  const trained = ruleModel((text) => (text.startsWith('good') ? 2 : 0));
  const better = aggregate(task, (await task.run(trained, {})).samples);
  expect(better.overall.metrics.reward_acc!.value).toBeCloseTo(2.5 / 3, 12);
  expect(better.overall.metrics.reward_margin!.value).toBeCloseTo(4 / 3, 12);
  expect(better.groups.kind!.truncated!.metrics).toMatchObject({ reward_acc: { value: 1 }, logprob_acc: { value: 0 } });
  expect(better.groups.kind!['wrong-language']!.metrics.logprob_acc!.value).toBe(0.5);
  const alone = preferenceTask({ pairs, ...format });
  expect(Object.keys(alone.metrics)).toEqual(['logprob_acc', 'logprob_acc_norm']);
  const long = preferenceTask({ pairs: [...pairs, { ...pairs[0]!, rejected: 'TOO LONG' }], ...format });
  expect((await long.run(ruleModel(), {})).skipped).toMatchObject([{ id: '3' }]);
});

test('items that cannot be scored fairly are refused when the task is made', () => {
  const text = (overrides: object) => ({ id: '1', text: 'x', language: 'eng_Latn', ...overrides });
  const of = (documents: ReturnType<typeof text>[]) => () => bitsPerByteTask({ documents, tiers });
  expect(of([])).toThrow('at least one item, got 0');
  expect(of([text({}), text({})])).toThrow("got '1' twice");
  expect(of([text({ language: '' })])).toThrow("got none at item '1'");
  expect(of([text({ language: 'deu_Latn' })])).toThrow("got none for 'deu_Latn'");
  const pair = { id: '1', source: 'x', target: 'y', sourceLanguage: 'eng_Latn', targetLanguage: 'swh_Latn' };
  const prompt = () => '';
  expect(() => translationTask({ pairs: [{ ...pair, target: ' ' }], prompt })).toThrow("at pair '1'");
  expect(() => translationTask({ pairs: [{ ...pair, targetLanguage: '' }], prompt })).toThrow('needs');
  expect(() => translationTask({ pairs: [pair], prompt, tokenize: () => 'ja-mecab' as 'none' })).toThrow('MeCab');
  const item = { id: '1', language: 'eng_Latn', context: 'x', choices: ['a', 'b'], gold: 0 };
  expect(() => clozeTask({ items: [{ ...item, gold: 2 }] })).toThrow('got 2 of 2');
  expect(() => clozeTask({ items: [{ ...item, choices: ['a', ' '] }] })).toThrow('must not be blank');
  expect(() => clozeTask({ items: [{ ...item, choices: ['a', 'a'] }] })).toThrow('must differ');
  expect(() => clozeTask({ items: [item, { ...item, id: '2', choices: ['a', 'b', 'c'] }] })).toThrow(
    "got 3 at '2' and 2 before",
  );
  const preference = { prompt: 'p', chosen: 'a', rejected: 'b', language: 'eng_Latn', kind: 'k' };
  const formatPrompt = String;
  expect(() => preferenceTask({ pairs: [{ ...preference, rejected: 'a' }], formatPrompt })).toThrow(
    'two different texts',
  );
  expect(() => preferenceTask({ pairs: [{ ...preference, kind: '' }], formatPrompt })).toThrow('needs a kind');
  expect(() => preferenceTask({ pairs: [preference], referenceLogProbs: [], formatPrompt })).toThrow(
    'got 0 for 1 pairs',
  );
});

test('a limit takes the first items of each language', async () => {
  const documents = ['1', '2', '3'].flatMap((id) =>
    ['eng_Latn', 'swh_Latn'].map((language) => ({ id: id + language, text: 'x', language })),
  );
  const task = bitsPerByteTask({ documents });
  const { samples } = await task.run(ruleModel(), { limit: 2 });
  expect(samples.map(({ id }) => id)).toEqual(['1eng_Latn', '1swh_Latn', '2eng_Latn', '2swh_Latn']);
  await expect(task.run(ruleModel(), { limit: 0 })).rejects.toThrow('limit must be');
});

test('kinds of metrics', () => {
  expect(scoreOfSums({ type: 'ter' })([3, 12])).toBe(25);
  expect(scoreOfSums({ type: 'exponential-ratio' })([0, 5])).toBe(1);
  const bootstrap = { numResamples: 10, seed: 1 };
  const { stderr } = measure(
    { type: 'exponential-ratio' },
    [
      [1, 1],
      [2, 1],
      [3, 1],
    ],
    bootstrap,
  );
  expect(stderr).toBeCloseTo(Math.exp(2) / Math.sqrt(3), 9);
  expect(
    measure(
      { type: 'ratio', scale: 2 },
      [
        [1, 1],
        [2, 1],
        [3, 1],
      ],
      bootstrap,
    ),
  ).toMatchObject({ value: 4, stderr: expect.closeTo(2 / Math.sqrt(3), 9) });
  expect(() => scoreOfSums({ type: 'comet' } as never)).toThrow("'comet'");
  expect(() => statisticsOfRows([[1, 1], [1]])).toThrow('got 1 at row 1');
});
