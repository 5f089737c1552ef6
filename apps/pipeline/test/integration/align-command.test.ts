import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposeParams, initBackend } from '@marco-ts/core';
import { loadQwen2, saveQwen2 } from '@marco-ts/model/files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runMarco } from '../fixtures/run-marco.ts';
import { tinyChatModel } from '../fixtures/tiny-chat-model.ts';

let directory: string;
beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  directory = await mkdtemp(join(tmpdir(), 'marco-align-command-'));
  const { tokenizer, config, params } = tinyChatModel();
  await saveQwen2(join(directory, 'model'), { config, params, files: tokenizer.files() });
  disposeParams(params);
});
afterAll(() => rm(directory, { recursive: true }));

const marco = (...argv: string[]) => runMarco(argv);

async function write(name: string, rows: readonly object[]): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  return path;
}

const common = ['--backend', 'cpu', '--sequence-length', '96', '--learning-rate', '0.01', '--micro-batch-size', '2'];
const shortRun = [...common, '--max-new-tokens', '6', '--answers', '3'];

test('two rounds: each samples from the model of the round before, keeps its table, and a second call does nothing', async () => {
  const prompts = await write('prompts.jsonl', [
    { prompt: 'Haki?', completion: 'Kila mtu ana haki.', language: 'swh_Latn' },
    { prompt: 'Life?', completion: 'Everyone has the right.', language: 'eng_Latn' },
    { prompt: 'Mtu?', completion: 'Kila mtu.', language: 'swh_Latn' },
  ]);
  const output = join(directory, 'rounds');
  const command = [
    'align',
    join(directory, 'model'),
    '--prompts',
    prompts,
    '-o',
    output,
    '--rounds',
    '2',
    '--with-reference',
    '--json',
    ...shortRun,
  ];
  const { code, out } = await marco(...command);
  expect(code).toBe(0);
  const { model, stages } = JSON.parse(out);
  expect(stages.map(({ name }: { name: string }) => name)).toEqual([
    'round-1-pairs',
    'round-1',
    'round-2-pairs',
    'round-2',
  ]);
  expect(stages[0].counts).toMatchObject({ prompts: 3 });
  expect(await readFile(join(stages[0].directory, 'pair-table.txt'), 'utf8')).toMatch(
    /^language\s+prompts\s+pairs\s+won by/,
  );
  const pairs = (await readFile(join(stages[0].directory, 'pairs.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(pairs.length).toBe(stages[0].counts.pairs);
  for (const { chosen, rejected, kind } of pairs) {
    expect(chosen).not.toBe(rejected);
    expect(['language_consistency', 'reference', 'length']).toContain(kind);
  }
  const { config, params } = await loadQwen2(model);
  expect(config.hiddenSize).toBe(16);
  disposeParams(params);
  expect(await readdir(model)).toEqual(
    expect.arrayContaining(['model.safetensors', 'tokenizer.json', 'tokenizer_config.json']),
  );
  const again = JSON.parse((await marco(...command)).out);
  expect(again.stages.map(({ seconds }: { seconds: number }) => seconds)).toEqual(
    stages.map(({ seconds }: { seconds: number }) => seconds),
  );
});

test('given preferences: pairs, labels, and dataset_info.json', async () => {
  const pair = { instruction: 'Haki?', input: '', chosen: 'Kila mtu ana haki.', rejected: 'life' };
  await writeFile(join(directory, 'set.json'), JSON.stringify([pair, { ...pair, instruction: 'Mtu?' }]));
  const info = join(directory, 'dataset_info.json');
  await writeFile(
    info,
    JSON.stringify({
      mine: { file_name: 'set.json', ranking: true, columns: { chosen: 'chosen', rejected: 'rejected' } },
    }),
  );
  const paired = await marco(
    'align',
    join(directory, 'model'),
    '--preferences',
    'mine',
    '--dataset-info',
    info,
    '--language',
    'swh_Latn',
    '-o',
    join(directory, 'pairs'),
    '--loss',
    'simpo,sft',
    '--loss-weights',
    '1,0.5',
    ...common,
  );
  expect(paired.err).toBe('');
  expect(paired.code).toBe(0);
  expect(paired.out).toMatch(/swh_Latn\s+2\s+2\s+2/);
  const labelled = await write('kto.jsonl', [
    { prompt: 'Haki?', completion: 'Kila mtu.', label: true },
    { prompt: 'Mtu?', completion: 'life', label: false },
  ]);
  const kto = await marco(
    'align',
    join(directory, 'model'),
    '--preferences',
    labelled,
    '--language',
    'swh_Latn',
    '--loss',
    'kto',
    '-o',
    join(directory, 'kto'),
    ...common,
  );
  expect(kto.code).toBe(0);
});

test('an adapter: the first loss is ln 2 against the model with it off, and the saved model has it merged in', async () => {
  const rows = [1, 2, 3].map((number) => ({
    prompt: `Haki ${number}?`,
    chosen: 'Kila mtu ana haki.',
    rejected: 'life',
  }));
  const set = await write('lora.jsonl', rows);
  const output = join(directory, 'lora');
  const flags = ['--language', 'swh_Latn', '--lora-rank', '2', '--epochs', '3'];
  const { code } = await marco(
    'align',
    join(directory, 'model'),
    '--preferences',
    set,
    '-o',
    output,
    ...flags,
    ...common,
  );
  expect(code).toBe(0);
  const [first] = (await readFile(join(output, '02-round-1', 'training.jsonl'), 'utf8'))
    .split('\n')
    .filter((line) => line.includes('step-completed'))
    .map((line) => JSON.parse(line));
  expect(first.loss).toBeCloseTo(Math.LN2, 4);
  const [before, after] = await Promise.all([
    loadQwen2(join(directory, 'model')),
    loadQwen2(join(output, '02-round-1', 'model')),
  ]);
  expect([...after.params.keys()].sort()).toEqual([...before.params.keys()].sort());
  const changed = [...before.params].filter(
    ([name, tensor]) => !tensor.equal(after.params.get(name)!).all().dataSync()[0],
  );
  expect(changed.every(([name]) => name.endsWith('_proj.weight'))).toBe(true);
  expect(changed.length).toBeGreaterThan(0);
  disposeParams(before.params);
  disposeParams(after.params);
});

const eventsOf = async (output: string): Promise<StepLog[]> =>
  (await readFile(join(output, '02-round-1', 'training.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
interface StepLog {
  readonly type: string;
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
}

test('held-out preferences are measured before, while and after, against the model before, and change nothing in training', async () => {
  const pairOf = (number: number) => ({
    prompt: `Haki ${number}?`,
    chosen: 'Kila mtu ana haki.',
    rejected: 'life',
    language: number % 2 === 0 ? 'swh_Latn' : 'eng_Latn',
  });
  const set = await write('measured.jsonl', [1, 2, 3, 4, 5].map(pairOf));
  const other = await write('held-out.jsonl', [21, 22, 23].map(pairOf));
  const short = [...common, '--sequence-length', '72'];
  const align = (output: string, ...flags: string[]) =>
    marco('align', join(directory, 'model'), '--preferences', set, '-o', join(directory, output), ...short, ...flags);

  const every = ['--evaluate-every-steps', '3'];
  const measured = await align('measured', '--validation', other, ...every);
  expect([measured.code, measured.err]).toEqual([0, '']);
  expect(measured.out).toContain('3 of 3 held out are measured');
  const events = await eventsOf(join(directory, 'measured'));
  const validations = events.filter(({ type }) => type === 'evaluation-completed');
  expect(validations.map(({ step }) => step)).toEqual([0, 3, 5]);
  const [first, last] = [validations[0]!.metrics, validations.at(-1)!.metrics];
  expect(first.loss).toBeCloseTo(Math.LN2, 5);
  expect(first['rewards/margins']).toBeCloseTo(0, 5);
  expect(last.loss).toBeLessThan(first.loss!);
  expect(last['rewards/margins']).toBeGreaterThan(0);
  expect(Object.keys(last)).toEqual(
    expect.arrayContaining(['rewards/accuracies', 'rewards/accuracies/swh_Latn', 'rewards/accuracies/eng_Latn']),
  );
  // A set of its own takes nothing from training.
  expect((await align('unmeasured')).code).toBe(0);
  const [withIt, without] = await Promise.all(
    ['measured', 'unmeasured'].map((output) =>
      readFile(join(directory, output, '02-round-1', 'model', 'model.safetensors')),
    ),
  );
  expect(withIt!.equals(without!)).toBe(true);

  // Of those that are the other way round each step makes less: the round ends at the first.
  const reversed = await write('reversed.jsonl', [{ ...pairOf(31), chosen: 'life', rejected: 'Kila mtu ana haki.' }]);
  const watch = ['--evaluate-every-steps', '1', '--watch', 'rewards/margins', '--patience', '2'];
  const watched = await align('watched', '--validation', reversed, ...watch);
  expect(watched.code, watched.err).toBe(0);
  expect(watched.out).toContain('rewards/margins no longer improves: ended at step 2, the best was step 0');

  const shared = await align('shared', '--validation-share', '0.4', ...every);
  expect(shared.code, shared.err).toBe(0);
  const [, numHeldOut] = /(\d+) of \d+ held out are measured/.exec(shared.out)!;
  const [, numUsed] = /(\d+) of \d+ used/.exec(shared.out)!;
  expect(Number(numHeldOut)).toBeGreaterThan(0);
  expect(Number(numHeldOut) + Number(numUsed)).toBe(5);

  const labelled = await write(
    'labelled.jsonl',
    [1, 2, 3, 4].map((number) => ({
      prompt: 'Haki?',
      completion: 'Kila mtu.',
      label: number > 2,
      language: 'swh_Latn',
    })),
  );
  const kto = ['--loss', 'kto', '--preferences', labelled, '--validation', labelled, ...every];
  const unpaired = await align('measured-kto', ...kto);
  expect(unpaired.code, unpaired.err).toBe(0);
  const told = (await eventsOf(join(directory, 'measured-kto'))).filter(({ type }) => type === 'evaluation-completed');
  expect(told.length).toBeGreaterThan(1);
  for (const { metrics } of told) expect(Number.isFinite(metrics.loss)).toBe(true);

  for (const [flags, error] of [
    [['--validation', other], /validation: takes preferences .* give both or none/],
    [every, /give both or none/],
    [['--watch', 'loss'], /training\.watch: watches what is measured/],
    [['--keep-best'], /must come with --watch/],
    [['--validation', other, '--validation-share', '0.1', ...every], /--validation or --validation-share, got both/],
    [['--validation-share', '1.5', ...every], /validation/],
    [['--validation', join(directory, 'none.jsonl'), ...every], /none\.jsonl/],
  ] as const) {
    const { code, err } = await align('never-measured', ...flags);
    expect([code, err]).toEqual([2, expect.stringMatching(error)]);
  }
});

test('answers and verdicts may come from a server', async () => {
  const asked: { content: string; temperature: number; authorization: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    const { messages, temperature } = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const content: string = messages.at(-1).content;
    asked.push({ content, temperature, authorization: request.headers.authorization });
    const [, first, second] = /Answer 1:\n(.*)\n\nAnswer 2:\n(.*)\n/.exec(content) ?? [];
    const verdict = first === undefined ? `answer ${asked.length % 3}` : first > second! ? '1' : '2';
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ choices: [{ message: { content: verdict } }] }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  process.env.ALIGN_TEST_KEY = 'secret';
  try {
    const prompts = await write('asked.jsonl', [{ prompt: 'Haki?', completion: 'Kila mtu.', language: 'swh_Latn' }]);
    const servers = [
      '--sample-url',
      url,
      '--sample-model',
      'a',
      '--judge-url',
      url,
      '--judge-model',
      'b',
      '--key-variable',
      'ALIGN_TEST_KEY',
    ];
    const output = join(directory, 'served');
    const { code, out, err } = await marco(
      'align',
      join(directory, 'model'),
      '--prompts',
      prompts,
      '-o',
      output,
      ...servers,
      ...shortRun,
    );
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/swh_Latn\s+1\s+1\s+1/);
    const [pair] = (await readFile(join(output, '01-round-1-pairs', 'pairs.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(pair).toMatchObject({ chosen: 'answer 2', rejected: 'answer 0', kind: 'judge' });
    expect(asked[0]).toEqual({ content: 'Haki?', temperature: 1, authorization: 'Bearer secret' });
    expect(asked.at(-1)!.content).toContain('in Swahili?');
    expect(await readFile(join(output, 'recipe.json'), 'utf8')).not.toContain('secret');
  } finally {
    delete process.env.ALIGN_TEST_KEY;
    server.close();
  }
});

test('answers of a server that gave up half way are not asked for again', async () => {
  let numAnswered = 0;
  let isBroken = true;
  const server = createServer(async (request, response) => {
    await request.toArray();
    if (isBroken && numAnswered === 2) {
      // When the others have arrived.
      await new Promise((done) => setTimeout(done, 200));
      response.statusCode = 401;
      response.end('{}');
      return;
    }
    const content = ['Kila mtu.', 'life', 'Kila mtu ana haki.'][numAnswered++];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ choices: [{ message: { content } }] }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  try {
    const prompts = await write('broken.jsonl', [{ prompt: 'Haki?', completion: 'Kila mtu.', language: 'swh_Latn' }]);
    const source = ['--prompts', prompts, '--sample-url', url, '--sample-model', 'a', '-o', join(directory, 'broken')];
    const command = ['align', join(directory, 'model'), ...source, ...shortRun];
    const failed = await marco(...command);
    expect(failed.code).toBe(1);
    expect(failed.err).toMatch(/401/);
    isBroken = false;
    expect((await marco(...command)).code).toBe(0);
    expect(numAnswered).toBe(3);
  } finally {
    server.close();
  }
});

test('what cannot be used is refused before anything is trained', async () => {
  const mixed = await write('mixed.jsonl', [
    { prompt: 'Haki?', chosen: 'Kila mtu.', rejected: 'life' },
    { instruction: 'Haki?', chosen: 'Kila mtu.', rejected: '' },
  ]);
  const model = join(directory, 'model');
  const out = join(directory, 'refused');
  const refused = await marco('align', model, '--preferences', mixed, '--language', 'swh_Latn', '-o', out, ...common);
  expect(refused.code).toBe(2);
  expect(refused.err).toMatch(
    /mixed\.jsonl:2\.fields: all rows must follow the template of the set, prompt-completion, got alpaca/,
  );
  const dropped = await marco(
    'align',
    model,
    '--preferences',
    mixed,
    '--language',
    'swh_Latn',
    '--bad-rows',
    'drop',
    '-o',
    out,
    ...common,
  );
  expect(dropped.code).toBe(0);
  expect(dropped.out).toMatch(/1 rows left out/);
  const pair = { prompt: 'Haki?', chosen: 'Kila mtu.', rejected: 'life' };
  const wizard = [{ role: 'wizard', content: 'Haki?' }];
  const long = 'haki '.repeat(500);
  for (const [options, error] of [
    [[], /neither/],
    [['--preferences', mixed, '--rounds', '2'], /given preferences serve one round/],
    [['--prompts', mixed, '--loss', 'kto'], /kto takes rows with a label/],
    [['--prompts', mixed, '--reward', 'beauty=1'], /--reward takes one of .*beauty/],
    [['--preferences', mixed, '--loss', 'dpo'], /lossTypes/],
    [['--preferences', join(directory, 'none.jsonl')], /none\.jsonl/],
    [['--preferences', await write('empty.jsonl', [{ ...pair, chosen: '' }])], /empty\.jsonl:1\.chosen: .*got ""/],
    [
      ['--preferences', await write('role.jsonl', [{ ...pair, prompt: wizard }])],
      /role\.jsonl:1\.prompt\[0\]\.role: .*wizard/,
    ],
    [
      ['--preferences', await write('long.jsonl', [{ ...pair, prompt: long }]), '--language', 'swh_Latn'],
      /long\.jsonl:1\.prompt with \d+/,
    ],
  ] as const) {
    const { code, err } = await marco('align', model, ...options, '-o', join(directory, 'never'), ...common);
    expect([code, err]).toEqual([2, expect.stringMatching(error)]);
  }
});
