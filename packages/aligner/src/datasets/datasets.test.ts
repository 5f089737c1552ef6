import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DatasetRow } from './dataset-row.ts';
import { type DatasetSpec, datasetEntry } from './dataset-spec.ts';
import { detectRowTemplate } from './detect-row-template.ts';
import { readConversations } from './read-conversations.ts';
import { readDatasetRows } from './read-dataset-rows.ts';
import { readPreferencePairs, readUnpairedAnswers } from './read-preferences.ts';

const rowsOf = (...fields: Record<string, unknown>[]): DatasetRow[] =>
  fields.map((row, index) => ({ where: `set.jsonl:${index + 1}`, fields: row }));
const conversationsOf = (fields: Record<string, unknown>, spec?: DatasetSpec) =>
  readConversations({ rows: rowsOf(fields), language: 'swh_Latn', ...(spec && { spec }) }).conversations[0]!.messages;

const asked = { role: 'user', content: 'jua?' };
const answered = { role: 'assistant', content: 'sun' };
const alpaca = { instruction: 'jua?', input: '', output: 'sun' };
const sharegpt = {
  conversations: [
    { from: 'human', value: 'jua?' },
    { from: 'gpt', value: 'sun' },
  ],
};
const openai = { messages: [asked, answered] };
const promptCompletion = { prompt: 'jua?', completion: 'sun' };

describe('instruction sets', () => {
  test.each([
    ['alpaca', alpaca],
    ['sharegpt', sharegpt],
    ['openai', openai],
    ['prompt-completion', promptCompletion],
    ['prompt-completion', { prompt: [asked], completion: [answered] }],
  ] as const)('%s is found and read', (template, fields) => {
    expect(detectRowTemplate(rowsOf(fields)[0]!)).toBe(template);
    expect(conversationsOf(fields)).toEqual([asked, answered]);
  });

  test('system messages, history, input, tools and text parts come along', () => {
    const history = [['mti?', 'tree']];
    expect(
      conversationsOf({ ...alpaca, instruction: 'Translate', input: 'jua?', history, system: 'Be short.' }),
    ).toEqual([
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: 'mti?' },
      { role: 'assistant', content: 'tree' },
      { role: 'user', content: 'Translate\njua?' },
      answered,
    ]);
    const called = {
      conversations: [
        { from: 'human', value: 'jua?' },
        { from: 'function_call', value: '{"name":"look"}' },
        { from: 'observation', value: 'sun' },
        { from: 'gpt', value: 'sun' },
      ],
      tools: '[{"name":"look"}]',
    };
    const [conversation] = readConversations({ rows: rowsOf(called), language: 'swh_Latn' }).conversations;
    expect(conversation!.tools).toEqual([{ name: 'look' }]);
    expect(conversation!.messages.slice(1, 3)).toEqual([
      { role: 'assistant', content: '<tool_call>\n{"name":"look"}\n</tool_call>' },
      { role: 'user', content: '<tool_response>\nsun\n</tool_response>' },
    ]);
    const call = {
      role: 'assistant',
      content: null,
      tool_calls: [{ function: { name: 'look', arguments: '{"at":1}' } }],
    };
    expect(conversationsOf({ messages: [asked, call, { role: 'tool', content: 'sun' }, answered] })[1]!.content).toBe(
      '<tool_call>\n{"name":"look","arguments":{"at":1}}\n</tool_call>',
    );
    const parts = {
      role: 'user',
      content: [
        { type: 'text', text: 'ju' },
        { type: 'text', text: 'a?' },
      ],
    };
    expect(conversationsOf({ messages: [parts, answered] })).toEqual([asked, answered]);
  });

  test('columns and roles may have other names', () => {
    const spec = { template: 'alpaca', columns: { prompt: 'question', response: 'std_answer' } } as const;
    expect(conversationsOf({ question: 'jua?', std_answer: 'sun' }, spec)).toEqual([asked, answered]);
    const turns = [
      { who: 'me', said: 'jua?' },
      { who: 'bot', said: 'sun' },
    ];
    const tags = { role_tag: 'who', content_tag: 'said', user_tag: 'me', assistant_tag: 'bot' };
    expect(conversationsOf({ turns }, { template: 'sharegpt', columns: { messages: 'turns' }, tags })).toEqual([
      asked,
      answered,
    ]);
  });

  test.each<[string, Record<string, unknown>[], RegExp]>([
    [
      'mixed templates',
      [openai, alpaca],
      /set\.jsonl:2\.fields: all rows must follow the template of the set, openai, got alpaca/,
    ],
    ['two templates in a row', [{ ...alpaca, ...openai }], /set\.jsonl:1\.fields: .*got alpaca and openai/],
    ['no template', [{ text: 'jua' }], /known template .*instruction.*, got text/],
    [
      'an empty answer',
      [openai, { messages: [asked, { role: 'assistant', content: ' ' }] }],
      /set\.jsonl:2\.messages\[1\]\.content: a text must not be empty/,
    ],
    [
      'an unknown role',
      [{ messages: [{ role: 'bard', content: 'x' }, answered] }],
      /messages\[0\]\.role: a role must be one of user, assistant, .*got bard/,
    ],
    ['no answer', [{ messages: [asked] }], /must end with an answer, got user/],
    [
      'a late system message',
      [{ messages: [asked, { role: 'system', content: 'x' }, answered] }],
      /system message must come first/,
    ],
    ['an answer of weight 0', [{ messages: [asked, { ...answered, weight: 0 }] }], /messages\[1\]\.weight/],
    [
      'a picture',
      [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }, answered] }],
      /content\[0\]: content must be text/,
    ],
    ['a bad tool list', [{ ...openai, tools: '{' }], /tools: tools must be a JSON list/],
    ['a bad turn of history', [{ ...alpaca, history: ['x'] }], /history\[0\]/],
    ['text as a number', [{ ...alpaca, output: 3 }], /output: a field must be text, got 3/],
  ])('refuses %s, naming row and field', (_, fields, error) => {
    expect(() => readConversations({ rows: rowsOf(...fields), language: 'swh_Latn' })).toThrow(error);
  });

  test('bad rows are dropped and counted where that is asked for', () => {
    const rows = rowsOf(openai, alpaca, { messages: [asked] }, { ...openai, lang: 'deu_Latn' });
    const { conversations, report } = readConversations({ rows, language: 'swh_Latn', badRows: 'drop' });
    expect(conversations.map(({ language }) => language)).toEqual(['swh_Latn', 'deu_Latn']);
    expect(report.numRows).toBe(report.numKept + Object.values(report.dropped).reduce((sum, count) => sum + count, 0));
    expect(report.problems.map(({ where }) => where)).toEqual(['set.jsonl:2', 'set.jsonl:3']);
    expect(() =>
      readConversations({ rows: rowsOf({ messages: [asked] }), language: 'swh_Latn', badRows: 'drop' }),
    ).toThrow(/got 1 of 1/);
    expect(() => readConversations({ rows: rowsOf(openai), language: () => 'sw' })).toThrow(
      /ISO 639-3 and script.*got sw/,
    );
  });
});

describe('preference sets', () => {
  const chosen = 'sun';
  const rejected = 'moon';
  const bad = { role: 'assistant', content: rejected };
  test.each<[string, Record<string, unknown>]>([
    ['texts', { prompt: 'jua?', chosen, rejected }],
    ['alpaca', { instruction: 'jua?', input: '', chosen, rejected }],
    [
      'messages',
      {
        conversations: [{ from: 'human', value: 'jua?' }],
        chosen: { from: 'gpt', value: chosen },
        rejected: { from: 'gpt', value: rejected },
      },
    ],
    ['lists', { prompt: [asked], chosen: [answered], rejected: [bad] }],
    ['an implicit prompt', { chosen: [asked, answered], rejected: [asked, bad] }],
    ['whole conversations', { chosen_messages: [asked, answered], rejected_messages: [asked, bad] }],
  ])('answers as %s', (_, fields) => {
    const { pairs, report } = readPreferencePairs({ rows: rowsOf(fields), language: 'swh_Latn' });
    expect(pairs).toEqual([
      { prompt: [asked], chosen, rejected, language: 'swh_Latn', kind: 'given', where: 'set.jsonl:1' },
    ]);
    expect(report.numKept).toBe(1);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['equal answers', { prompt: 'jua?', chosen, rejected: chosen }, /rejected: answers must differ/],
    ['a missing answer', { prompt: 'jua?', chosen }, /rejected: a row must have a better and a worse answer/],
    ['an empty answer', { prompt: 'jua?', chosen, rejected: '' }, /rejected: a text must not be empty/],
    ['two prompts', { chosen: [asked, answered], rejected: [{ ...asked, content: 'mti?' }, bad] }, /same prompt/],
    [
      'an answered prompt',
      { prompt: [asked, answered], chosen: [answered], rejected: [bad] },
      /prompt must end with a user message/,
    ],
    [
      'a user as the answer',
      { prompt: 'jua?', chosen: [asked], rejected: [bad] },
      /chosen: an answer must be the assistant/,
    ],
  ])('refuses %s', (_, fields, error) => {
    expect(() => readPreferencePairs({ rows: rowsOf(fields), language: 'swh_Latn' })).toThrow(error);
  });

  test('answers with a label or KTO tag', () => {
    const rows = rowsOf({ ...openai, label: true }, { messages: [asked, bad], kto_tag: false });
    const { answers } = readUnpairedAnswers({ rows, language: 'swh_Latn', kind: 'human' });
    expect(answers).toEqual([
      { prompt: [asked], answer: 'sun', isDesirable: true, language: 'swh_Latn', kind: 'human', where: 'set.jsonl:1' },
      {
        prompt: [asked],
        answer: 'moon',
        isDesirable: false,
        language: 'swh_Latn',
        kind: 'human',
        where: 'set.jsonl:2',
      },
    ]);
    const unclear = rowsOf({ ...promptCompletion, label: 'good' });
    expect(() => readUnpairedAnswers({ rows: unclear, language: 'swh_Latn' })).toThrow(
      /label: a label must be true or false, got good/,
    );
  });
});

describe('files', () => {
  test('lists and lines, each row with its place; what is no JSON is named', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'marco-rows-'));
    const write = async (name: string, contents: string) => {
      await writeFile(join(directory, name), contents);
      return readDatasetRows(join(directory, name));
    };
    expect((await write('a.json', JSON.stringify([alpaca, alpaca])))[1]!.where).toBe('a.json[1]');
    expect((await write('a.jsonl', `\uFEFF${JSON.stringify(alpaca)}\n\n${JSON.stringify(alpaca)}\n`))[1]!.where).toBe(
      'a.jsonl:3',
    );
    await expect(write('b.jsonl', '{}\n{')).rejects.toThrow(/must be JSON.*b\.jsonl:2/);
    await expect(write('c.json', '[3]')).rejects.toThrow(/must be an object, got 3 at c\.json\[0\]/);
    await expect(write('d.jsonl', '\n')).rejects.toThrow(/must have rows/);
    await rm(directory, { recursive: true });
  });

  test('dataset_info.json: names, columns and tags; everything wrong is named', () => {
    const info = {
      mine: {
        file_name: 'm.json',
        formatting: 'sharegpt',
        ranking: true,
        num_samples: 5,
        columns: { messages: 'turns' },
        tags: { user_tag: 'me' },
      },
      plain: { file_name: 'p.json' },
      hub: { hf_hub_url: 'some/set' },
      odd: { file_name: 'o.json', formatting: 'csv' },
      pictures: { file_name: 'v.json', columns: { images: 'images' } },
    };
    const entry = (name: string) => datasetEntry(info, name, 'dataset_info.json');
    expect(entry('mine')).toEqual({
      fileName: 'm.json',
      isRanking: true,
      numSamples: 5,
      spec: { template: 'sharegpt', columns: { messages: 'turns' }, tags: { user_tag: 'me' } },
    });
    expect(entry('plain').spec.template).toBe('alpaca');
    expect(() => entry('none')).toThrow(/only mine, plain, hub, odd, pictures at dataset_info\.json: none/);
    expect(() => entry('hub')).toThrow(/must have file_name, got none at .*: hub/);
    expect(() => entry('odd')).toThrow(/: odd\.formatting/);
    expect(() => entry('pictures')).toThrow(/images.*: pictures\.columns/);
  });
});
