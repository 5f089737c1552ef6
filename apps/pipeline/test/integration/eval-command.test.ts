import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { disposeParams, initBackend } from '@marco-ts/core';
import { initQwen2Params } from '@marco-ts/model';
import { saveQwen2 } from '@marco-ts/model/files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runMarco } from '../fixtures/run-marco.ts';
import { tinyChatModel } from '../fixtures/tiny-chat-model.ts';

let directory: string;
const at = (...names: string[]): string => join(directory, ...names);
beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  directory = await mkdtemp(join(tmpdir(), 'marco-eval-command-'));
  const { tokenizer, config, params } = tinyChatModel();
  await saveQwen2(at('base'), { config, params, files: tokenizer.files() });
  disposeParams(params);
  const adapted = initQwen2Params(config, 9);
  await saveQwen2(at('adapted'), { config, params: adapted, files: tokenizer.files() });
  disposeParams(adapted);
  for (const [language, count] of [
    ['sw', 70],
    ['it', 30],
  ] as const) {
    await mkdir(at('sets/cambridgeltl/xcopa', language), { recursive: true });
    const rows = Array.from({ length: count }, (_, index) => ({
      premise: `Kila mtu ${index}.`,
      choice1: index === 3 ? 'ana haki ya kuishi '.repeat(60) : `Haki ${index % 5}`,
      choice2: `Life ${index % 7}`,
      question: index % 2 === 0 ? 'cause' : 'effect',
      label: index % 2,
    }));
    await writeFile(
      at('sets/cambridgeltl/xcopa', language, 'test.jsonl'),
      rows.map((row) => JSON.stringify(row)).join('\n'),
    );
  }
});
afterAll(() => rm(directory, { recursive: true }));

const marco = (...argv: string[]) => runMarco(['eval', ...argv]);

const run = (model: string, output: string, ...rest: string[]) =>
  marco(
    'run',
    '-m',
    at(model),
    '-t',
    'xcopa_sw,xcopa_it',
    '-d',
    at('sets'),
    '-o',
    at(output),
    '--backend',
    'cpu',
    '--json',
    ...rest,
  );
async function scoresIn(output: string): Promise<object> {
  const { tasks } = JSON.parse(await readFile(at(output, 'evaluation.json'), 'utf8'));
  return Object.fromEntries(
    Object.entries(tasks as Record<string, { samples: object; overall: object; skipped: object; notices: object }>).map(
      ([name, { samples, overall, skipped, notices }]) => [name, { samples, overall, skipped, notices }],
    ),
  );
}

test('ls finds by name and language; validate tells rows from what is missing', async () => {
  const { groups, tasks } = JSON.parse((await marco('ls', 'xcopa', 'swh', '--json')).out);
  expect(groups).toEqual([]);
  expect(tasks.map(({ name }: { name: string }) => name)).toEqual(['xcopa_sw']);
  expect((await marco('ls', '--groups')).out).toMatch(/marco +\d+\n[\s\S]*belebele +122/);

  const good = await marco('validate', '-t', 'xcopa_sw', '-d', at('sets'));
  expect(good.code).toBe(0);
  expect(good.out).toMatch(/xcopa_sw +70 +0/);
  const bad = await marco('validate', '-t', 'xcopa_sw,xcopa_th', '-d', at('sets'), '--json');
  expect(bad.code).toBe(2);
  const { tasks: checked } = JSON.parse(bad.out);
  expect(checked[0].problem).toBeNull();
  expect(checked[1].problem).toContain('xcopa');

  await writeFile(
    at('own.yaml'),
    'task: own\ndataset_path: own\ntest_split: test\noutput_type: generate_until\nprocess_results: !function utils.f\n',
  );
  const yaml = await marco('validate', '--task-yaml', at('own.yaml'), '--language', 'swh_Latn', '-d', at('sets'));
  expect(yaml).toMatchObject({ code: 2, err: expect.stringContaining('process_results') });
});

test('run writes results that a second call does not ask for again, and ranks find the same ones', async () => {
  const { code, out } = await run('base', 'whole');
  expect(code).toBe(0);
  const { scores, files } = JSON.parse(out);
  expect(scores.xcopa).toMatchObject({ numSkipped: 2 });
  expect(scores.xcopa.overall.numSamples).toBe(98);
  expect(Object.keys(scores.xcopa.byLanguage)).toEqual(['swh_Latn', 'ita_Latn']);
  expect(
    files.map((file: string) =>
      file
        .split(/[\\/]/)
        .at(-1)!
        .replace(/_\d.*\./, '.'),
    ),
  ).toEqual(['evaluation.json', 'results.json', 'samples_xcopa_sw.jsonl', 'samples_xcopa_it.jsonl']);
  const whole = await scoresIn('whole');
  expect((await run('base', 'whole')).err).toContain('100 answers are there already');
  expect(await scoresIn('whole')).toEqual(whole);

  for (const rank of ['1', '0', '2']) {
    const share = await run('base', 'ranks', '--rank', rank, '--world-size', '3');
    expect(JSON.parse(share.out)).toMatchObject({ rank: Number(rank), worldSize: 3 });
  }
  expect((await readdir(at('ranks/answers'))).sort()).toEqual([
    'rank-00000.jsonl',
    'rank-00001.jsonl',
    'rank-00002.jsonl',
  ]);
  expect((await run('base', 'ranks')).err).toContain('100 answers');
  expect(await scoresIn('ranks')).toEqual(whole);
});

test('a run that is killed goes on and ends in the same results', async () => {
  const { stdout } = await killedRun(at('killed'));
  expect(stdout).toBe('');
  const log = await readFile(at('killed/answers/rank-00000.jsonl'), 'utf8');
  expect(log.split('\n').length).toBeGreaterThan(1);
  expect((await run('base', 'killed')).code).toBe(0);
  expect(await scoresIn('killed')).toEqual(await scoresIn('whole'));
});

/** Ends the process with SIGKILL as soon as a first chunk is logged. */
async function killedRun(output: string): Promise<{ stdout: string }> {
  const cli = join(import.meta.dirname, '../../src/cli.ts');
  const argv = [
    'eval',
    'run',
    '-m',
    at('base'),
    '-t',
    'xcopa_sw,xcopa_it',
    '-d',
    at('sets'),
    '-o',
    output,
    '--backend',
    'cpu',
    '--json',
  ];
  let stdout = '';
  const child = execFile(process.execPath, ['--conditions=@marco-ts/source', cli, ...argv], (_, out) => {
    stdout = out;
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    const log = await readFile(join(output, 'answers/rank-00000.jsonl'), 'utf8').catch(() => '');
    if (log.includes('\n')) break;
    await setTimeout(5);
  }
  child.kill('SIGKILL');
  await ended;
  return { stdout };
}

test('compare shows both models, every language and the samples they disagree on', async () => {
  await run('adapted', 'adapted-out');
  const { code, out } = await marco(
    'compare',
    at('whole'),
    at('adapted-out'),
    '--html',
    at('page.html'),
    '--markdown',
    at('page.md'),
  );
  expect(code).toBe(0);
  expect(out).toMatch(/xcopa +Swahili +acc +0\.\d+ +0\.\d+/);
  expect(out).toContain('worse by more than chance');
  expect(out).toMatch(/right answers +metric +both +lost +gained +neither/);
  const markdown = await readFile(at('page.md'), 'utf8');
  expect(markdown).toMatch(/^# base and adapted\n/);
  expect(markdown).toMatch(/\| xcopa \| Swahili \| acc \| 0\.\d+ \| 0\.\d+ \|/);
  const page = await readFile(at('page.html'), 'utf8');
  expect(page).toContain('<h1>base → adapted</h1>');
  expect(page).toContain('Swahili');
  const { disagreements, rows } = JSON.parse((await marco('compare', at('whole'), at('adapted-out'), '--json')).out);
  expect(rows.length).toBeGreaterThan(3);
  const [{ bothRight, onlyBefore, onlyAfter, bothWrong }] = disagreements;
  expect(bothRight + onlyBefore + onlyAfter + bothWrong).toBe(98);
});

test('what cannot be used is named: another model in one directory, unknown tasks, sets, ranks, servers without a name', async () => {
  const cases: [string[], string][] = [
    [
      ['run', '-m', at('adapted'), '-t', 'xcopa_sw', '-d', at('sets'), '-o', at('whole'), '--backend', 'cpu'],
      'answers of one model',
    ],
    [['run', '-m', at('base'), '-t', 'xkopa_sw', '-d', at('sets'), '-o', at('none')], 'Did you mean'],
    [['run', '-m', at('base'), '-d', at('sets'), '-o', at('none')], 'tasks must be named'],
    [
      ['run', '-m', at('base'), '-t', 'xcopa_sw', '-d', at('nowhere'), '-o', at('none'), '--backend', 'cpu'],
      '--data must be',
    ],
    [['run', '-m', at('base'), '-t', 'xcopa_sw', '-d', at('sets'), '-o', at('none'), '--rank', '2'], '--world-size'],
    [['run', '-m', 'http://127.0.0.1:9', '-t', 'xcopa_sw', '-d', at('sets'), '-o', at('none')], '--model-name'],
    [['compare', at('sets'), at('whole')], 'an evaluation must be readable'],
  ];
  for (const [argv, message] of cases) {
    const { code, err } = await marco(...argv);
    expect(err).toContain(message);
    expect(code).toBe(2);
  }
});

test('training text that holds items of a task is counted beside its scores, in the run and in the comparison', async () => {
  const filler = 'Maneno mengi zaidi yanafuata hapa ili mstari huu uwe mrefu wa kutosha kwa kulinganisha kabisa';
  await mkdir(at('sets/heldout/word_order/swh_Latn'), { recursive: true });
  const rows = [
    `${filler} leo`,
    'Mstari mwingine kabisa ambao hakuna maandishi ya mafunzo yaliyowahi kuwa nao hata mara moja tu',
  ];
  await writeFile(
    at('sets/heldout/word_order/swh_Latn/test.jsonl'),
    rows.map((sen) => JSON.stringify({ sen, wrong_sen: sen.split(' ').toReversed().join(' ') })).join('\n'),
  );
  await writeFile(
    at('training.jsonl'),
    JSON.stringify({ id: 'a', text: `Kwanza. ${filler}. Mwisho.`, language: 'swh_Latn' }),
  );
  const ask = (model: string, output: string, ...rest: string[]) =>
    marco(
      'run',
      '-m',
      at(model),
      '-t',
      'heldout_word_order_swh_Latn',
      '-d',
      at('sets'),
      '-o',
      at(output),
      '--backend',
      'cpu',
      ...rest,
    );
  const { out, code } = await ask('base', 'seen', '--training-data', at('training.jsonl'));
  expect(code).toBe(0);
  expect(out).toMatch(/in training text\n[\s\S]*heldout_word_order_swh_Latn +acc .* 2 +1 of 2/);
  await ask('adapted', 'unseen');
  expect((await marco('compare', at('seen'), at('unseen'))).out).toMatch(/in training text[\s\S]* 1 of 2/);
  expect((await ask('base', 'none', '--training-data', at('nowhere'))).code).toBe(2);
});
