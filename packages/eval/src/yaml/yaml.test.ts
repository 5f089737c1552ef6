import { describe, expect, test } from 'vitest';
import { documentTask } from '../tasks/definition/document-task.ts';
import { readTaskYaml } from './read-task-yaml.ts';
import { rowTemplate } from './row-template.ts';

async function read(files: Readonly<Record<string, string>>, path = 'tasks/a.yaml') {
  return readTaskYaml({
    path,
    read: async (name) => files[name] ?? Promise.reject(new Error(`no file ${name}`)),
    language: 'swh_Latn',
  });
}
async function definition(yaml: string) {
  const own = await read({ 'tasks/a.yaml': yaml });
  if ('group' in own) throw new Error('a group');
  return own;
}
const base = 'task: mine\ndataset_path: owner/set\ntest_split: test\n';
const choice = `${base}output_type: multiple_choice\ndoc_to_text: "{{q}}"\ndoc_to_target: label\ndoc_to_choice: ["A", "B"]\n`;

describe('templates', () => {
  test.each([
    ["{{['A', 'B', 'C'].index(answer)}}", { answer: 'C' }, '2'],
    ['{{choices.label.index(answerKey)}}', { choices: { label: ['1', '2'] }, answerKey: '2' }, '1'],
    ['{{question.strip()}}\nAnswer:\n', { question: ' x ' }, 'x\nAnswer:\n'],
    ['{% if a is not none %}{{a[3:]}}{% else %}{{n|string}}{% endif %}', { a: null, n: 12 }, '12'],
    ['{% for c in choices %}{{ loop.index }}. {{ c }}\n{% endfor %}', { choices: ['x', 'y'] }, '1. x\n2. y\n'],
    ['{% set first = list[0] %} {{ first|upper }}', { list: ['q'] }, ' Q'],
    ['{{ [a, b]|join(" ") }}', { a: '1', b: '2' }, '1 2'],
  ])('%s', (template, row, expected) => {
    expect(rowTemplate(template, 'doc_to_text')(row)).toBe(expected);
  });

  test('a missing field, a value that is not in the list and a broken template are named', () => {
    expect(() => rowTemplate('{{ question }}', 'doc_to_text of mine')({ answer: 1 })).toThrow(
      "doc_to_text of mine names the field 'question', got a row with answer",
    );
    expect(() => rowTemplate("{{['A'].index(x)}}", 'doc_to_target')({ x: 'Z' })).toThrow('looks for "Z"');
    expect(() => rowTemplate('{% if %}', 'doc_to_text')).toThrow('must be a Jinja template');
  });
});

test('an exam with includes, examples and lists becomes the same requests as the built-in task', async () => {
  const files = {
    'tasks/mmlu_anatomy.yaml':
      '"dataset_name": "anatomy"\n"description": "About anatomy.\\n\\n"\n"tag": "mmlu_stem_tasks"\n"include": "_default"\n"task": "mmlu_anatomy"\n',
    'tasks/_default':
      'dataset_path: cais/mmlu\ntest_split: test\nfewshot_split: dev\nfewshot_config:\n  sampler: first_n\noutput_type: multiple_choice\ndoc_to_text: "{{question.strip()}}\\nA. {{choices[0]}}\\nB. {{choices[1]}}\\nAnswer:"\ndoc_to_choice: ["A", "B"]\ndoc_to_target: answer\nmetric_list:\n  - metric: acc\n    aggregation: mean\n    higher_is_better: true\nmetadata:\n  version: 1.0\n',
  };
  const own = await read(files, 'tasks/mmlu_anatomy.yaml');
  if ('group' in own) throw new Error('a group');
  const row = (index: number) => ({ question: ` q${index} `, choices: ['x', 'y'], answer: index % 2 });
  const { documents, memberOf, version } = documentTask(
    own,
    { dev: [row(0), row(1)], test: [row(2)] },
    { numFewShot: 1 },
  );
  expect(documents![0]!.requests).toEqual(
    ['A', 'B'].map((letter) => ({
      type: 'loglikelihood',
      context: 'About anatomy.\n\nq0\nA. x\nB. y\nAnswer: A\n\nq2\nA. x\nB. y\nAnswer:',
      continuation: ` ${letter}`,
    })),
  );
  expect([memberOf, version]).toEqual([['mmlu_stem_tasks'], 1]);
});

test('generation with filters, rolling texts and corpus scores', async () => {
  const generation = await definition(
    `${base}doc_to_text: "Q: {{q}}"\ndoc_to_target: "{{a}}"\ngeneration_kwargs:\n  until: ["\\n"]\n  do_sample: false\n  max_gen_toks: 9\nfilter_list:\n  - name: strict\n    filter:\n      - function: regex\n        regex_pattern: "is (\\\\d+)"\n      - function: take_first\nmetric_list:\n  - metric: exact_match\n    ignore_case: true\n`,
  );
  const [document] = documentTask(generation, { test: [{ q: 'x', a: '12' }] }).documents!;
  expect(document!.requests).toEqual([{ type: 'generate_until', prompt: 'Q: x', until: ['\n'], maxNewTokens: 9 }]);
  expect(document!.score(['it is 12.'])).toMatchObject({
    statistics: { 'exact_match,strict': [1, 1] },
    record: { extracted: { strict: '12' } },
  });
  expect(document!.score(['12'])).toMatchObject({
    statistics: { 'exact_match,strict': [0, 1] },
    record: { extracted: { strict: '[invalid]' } },
  });

  const rolling = await definition(
    `${base}output_type: loglikelihood_rolling\ndoc_to_text: ""\ndoc_to_target: "{{page}}"\nmetric_list:\n  - metric: word_perplexity\n  - metric: bits_per_byte\n`,
  );
  expect(documentTask(rolling, { test: [{ page: 'a b' }] }).documents![0]!.requests).toEqual([
    { type: 'loglikelihood_rolling', text: 'a b' },
  ]);

  const translation = await definition(
    `${base}doc_to_text: "{{s}}"\ndoc_to_target: t\nmetric_list:\n  - metric: bleu\n  - metric: chrf\n`,
  );
  expect(Object.keys(documentTask(translation, { test: [{ s: 'a', t: 'b' }] }).metrics)).toEqual(['bleu', 'chrf']);
});

test('a group lists its tasks', async () => {
  expect(
    await read({
      'tasks/a.yaml':
        'group: g\ntask:\n  - a\n  - b\naggregate_metric_list:\n  - metric: acc\n    weight_by_size: false\nmetadata:\n  version: 1\n',
    }),
  ).toEqual({
    group: 'g',
    tasks: ['a', 'b'],
    weightBySize: { acc: false },
  });
});

test.each([
  ['Python', `${choice}process_docs: !function utils.x\n`, "got 'process_docs'"],
  [
    'Python in a template',
    `${base}doc_to_text: !function utils.f\n`,
    "doc_to_text must be a template, a field or a value, got '!function utils.f'",
  ],
  ['an unknown key', `${choice}doc_to_image: x\n`, "got 'doc_to_image'"],
  ['an unknown metric', `${choice}metric_list:\n  - metric: brier_score\n`, 'got "brier_score"'],
  [
    'an unknown filter',
    `${base}filter_list:\n  - name: f\n    filter:\n      - function: majority_vote\n`,
    'got "majority_vote"',
  ],
  ['sampling', `${base}generation_kwargs:\n  do_sample: true\n`, 'generation_kwargs.do_sample'],
  ['beams', `${base}generation_kwargs:\n  num_beams: 4\n`, 'generation_kwargs.num_beams'],
  ['repeats', `${base}repeats: 4\n`, 'repeats must be 1'],
  ['an unknown sampler', `${choice}fewshot_config:\n  sampler: balanced\n`, 'got "balanced"'],
  ['no data set', 'task: mine\n', 'dataset_path'],
  ['an unknown output', `${base}output_type: classify\n`, 'output_type'],
  [
    'a bad pattern',
    `${base}filter_list:\n  - name: f\n    filter:\n      - function: regex\n        regex_pattern: "("\n`,
    'regular expression',
  ],
  ['an include of itself', 'include: a.yaml\ntask: mine\n', 'include must not come back'],
  ['no mapping', '- a\n', 'keys and values'],
])('%s is refused by name', async (_, yaml, message) => {
  await expect(read({ 'tasks/a.yaml': yaml })).rejects.toThrow(message);
});
