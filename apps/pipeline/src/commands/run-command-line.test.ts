import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeRunResults } from '../../test/fixtures/make-run-results.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import { BadInputError, EXIT_CODES } from '../errors.ts';
import { tinyCpu } from '../recipes/tiny-cpu.ts';
import type { Stage } from '../runner/stage.ts';
import type { Pipeline } from './pipeline.ts';
import { runCommandLine } from './run-command-line.ts';

let directory: string;
let run: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'marco-cli-'));
  run = join(directory, 'one');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const STAGES: Stage<Recipe>[] = [
  {
    name: 'data',
    title: 'Data',
    dependsOn: [],
    config: ({ seed }) => ({ seed }),
    run: async () => ({ numDocuments: 12_345 }),
  },
  {
    name: 'train',
    dependsOn: ['data'],
    config: ({ pretrain }) => ({ warmupRatio: pretrain.warmupRatio }),
    run: async () => ({ numTokens: 3_000_000 }),
  },
];

const pipelineOf = (stages: Stage<Recipe>[]): Pipeline => ({
  codeVersion: '1.2.3',
  stages: async () => stages,
  collectResults: async () => makeRunResults(),
});

function capture(): { stream: NodeJS.WriteStream; text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
}

async function marco(args: string[], stages = STAGES): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [capture(), capture()];
  const code = await runCommandLine(args, pipelineOf(stages), { stdout: stdout.stream, stderr: stderr.stream });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

describe('marco run', () => {
  test('runs, writes the report and says where everything lies, in plain lines without control characters', async () => {
    const { code, stdout, stderr } = await marco(['run', 'tiny-cpu', '--output', run]);
    expect(code).toBe(EXIT_CODES.done);
    expect(stderr).toBe('');
    expect(stdout).toContain('✔ 01 Data: ');
    expect(stdout).toContain('numDocuments 12.3k');
    expect(stdout).toMatch(/^ {2}02-train +ran .*numTokens 3M$/m);
    expect(stdout).toMatch(/^ {4}All languages +7\.\d\d +/m);
    expect(stdout).toContain(join(run, 'report.html'));
    expect(stdout).not.toContain('\u001b');
    expect(readdirSync(run).sort()).toEqual([
      ...['01-data', '02-train', 'recipe.json', 'report.html', 'report.md', 'results.json', 'run.log'],
    ]);
  });

  test('a second run does nothing and says so', async () => {
    await marco(['run', 'tiny-cpu', '--output', run]);
    const report = join(run, 'report.html');
    writeFileSync(report, 'left alone');
    const { code, stdout } = await marco(['run', 'tiny-cpu', '--output', run]);
    expect(code).toBe(EXIT_CODES.done);
    expect(stdout).toContain(`Nothing to do: all 2 stages of tiny-cpu are up to date in ${run}.`);
    expect(readFileSync(report, 'utf8')).toBe('left alone');
  });

  test('--set reruns what depends on it and says why', async () => {
    await marco(['run', 'tiny-cpu', '--output', run]);
    const { stdout } = await marco(['run', 'tiny-cpu', '--output', run, '--set', 'pretrain.warmupRatio=0.5']);
    expect(stdout).toContain('• 01 Data: up to date');
    expect(stdout).toContain(`▸ 02 train: config changed: warmupRatio ${tinyCpu().pretrain.warmupRatio} -> 0.5`);
  });

  test('--dry-run writes nothing', async () => {
    const { code, stdout } = await marco(['run', 'tiny-cpu', '--output', run, '--dry-run']);
    expect(code).toBe(EXIT_CODES.done);
    expect(stdout).toMatch(/^ {2}01-data +run +not run yet$/m);
    expect(existsSync(run)).toBe(false);
    const json = await marco(['run', 'tiny-cpu', '--output', run, '--dry-run', '--json']);
    expect(JSON.parse(json.stdout).stages).toMatchObject([{ name: 'data', status: 'run' }, { dependsOn: ['data'] }]);
  });

  test('--json gives one object on stdout, all else goes to stderr', async () => {
    const { stdout, stderr } = await marco(['run', 'tiny-cpu', '--output', run, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      directory: run,
      ran: ['data', 'train'],
      stages: [{ name: 'data', ran: true, counts: { numDocuments: 12_345 } }, { name: 'train' }],
      results: { schemaVersion: 1 },
    });
    expect(stderr).toContain('✔ 01 Data');
  });

  test('a failing stage ends with 1, bad input found by a stage with 2, another recipe in the directory with 2', async () => {
    const failing = (error: Error): Stage<Recipe>[] => [
      STAGES[0]!,
      { ...STAGES[1]!, run: () => Promise.reject(error) },
    ];
    const failed = await marco(['run', 'tiny-cpu', '--output', run], failing(new Error('the loss is NaN')));
    expect(failed.code).toBe(EXIT_CODES.failed);
    expect(failed.stderr).toBe('error stage train failed: the loss is NaN\n');
    const empty = await marco(['run', 'tiny-cpu', '--output', run], failing(new BadInputError('no documents')));
    expect(empty.code).toBe(EXIT_CODES.badInput);
    const other = await marco(['run', 'tiny-cpu', '--output', run, '--set', 'name=other', '--json']);
    expect(other.code).toBe(EXIT_CODES.badInput);
    expect(JSON.parse(other.stdout).error.message).toContain('got a run of "tiny-cpu" where "other" should go');
  });

  test('--verbose shows the stack of the cause', async () => {
    const stages: Stage<Recipe>[] = [{ ...STAGES[0]!, run: () => Promise.reject(new TypeError('deep')) }];
    const { stderr } = await marco(['run', 'tiny-cpu', '--output', run, '--verbose'], stages);
    expect(stderr).toMatch(/TypeError: deep\n\s+at /);
  });
});

describe('marco resume and report', () => {
  test('resume goes on with the recipe of the directory', async () => {
    const stopped: Stage<Recipe>[] = [STAGES[0]!, { ...STAGES[1]!, run: () => Promise.reject(new Error('power')) }];
    await marco(['run', 'tiny-cpu', '--output', run, '--set', 'seed=5'], stopped);
    const { code, stdout } = await marco(['resume', run]);
    expect(code).toBe(EXIT_CODES.done);
    expect(stdout).toContain('• 01 Data: up to date');
    expect(JSON.parse(readFileSync(join(run, 'recipe.json'), 'utf8')).recipe.seed).toBe(5);
  });

  test('report writes the three files again', async () => {
    await marco(['run', 'tiny-cpu', '--output', run]);
    for (const file of ['report.html', 'report.md', 'results.json']) rmSync(join(run, file));
    const { code, stdout } = await marco(['report', run]);
    expect(code).toBe(EXIT_CODES.done);
    expect(stdout.trim().split('\n')).toEqual(
      ['report.html', 'report.md', 'results.json'].map((file) => join(run, file)),
    );
    expect(readFileSync(join(run, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });

  test('without a directory, the latest run below runs is meant', async () => {
    const before = process.cwd();
    process.chdir(directory);
    try {
      expect((await marco(['resume'])).stderr).toContain('there must be a run, got none below runs');
      await marco(['run', 'tiny-cpu']);
      expect((await marco(['resume'])).stdout).toContain('Nothing to do: all 2 stages of tiny-cpu');
    } finally {
      process.chdir(before);
    }
  });

  test('a directory without a run is refused', async () => {
    const { code, stderr } = await marco(['resume', directory]);
    expect(code).toBe(EXIT_CODES.badInput);
    expect(stderr).toContain('holds a recipe.json, got none at');
  });
});

describe('other commands and usage', () => {
  test('an unknown option names the help of its command', async () => {
    const { code, stderr } = await marco(['eval', 'run', '--modle', 'x']);
    expect(code).toBe(EXIT_CODES.badInput);
    expect(stderr).toContain('(see: marco eval run --help)');
  });

  test('plan prints stages, mixture and tokens', async () => {
    const { code, stdout } = await marco(['plan', 'tiny-cpu']);
    expect(code).toBe(EXIT_CODES.done);
    expect(stdout).toMatch(/^ {2}02-train +run +not run yet$/m);
    const { mixture } = JSON.parse((await marco(['plan', 'tiny-cpu', '--json'])).stdout) as {
      mixture: { stage: string; numTokens: number }[];
    };
    for (const { numTokens, name } of makeRunResults().recipe.pretrain.stages) {
      const planned = mixture.filter((row) => row.stage === name).reduce((sum, row) => sum + row.numTokens, 0);
      expect(Math.abs(planned - numTokens)).toBeLessThan(10);
    }
  });

  test('plan gives the share of a tier without languages to the others', async () => {
    const withoutChinese = ['plan', 'tiny-cpu', '--set', 'data.tiers.chinese=[]'];
    const { mixture } = JSON.parse((await marco([...withoutChinese, '--json'])).stdout) as {
      mixture: { stage: string; source: string; share: number }[];
    };
    const first = mixture.filter(({ stage }) => stage === mixture[0]!.stage);
    expect(first.map(({ source }) => source)).not.toContain('chinese');
    expect(first[0]).toMatchObject({ source: 'english', share: expect.closeTo(0.32 / 0.83, 9) });
    expect((await marco(withoutChinese)).stdout).toContain(
      'chinese: no text of the kind, so the others take its share',
    );
  });

  test('config check and schema', async () => {
    expect((await marco(['config', 'check', 'tiny-cpu'])).stdout).toBe('tiny-cpu: a valid recipe, "tiny-cpu"\n');
    const bad = await marco(['config', 'check', 'tiny-cpu', '--set', 'sft.numEpoch=2', '--json']);
    expect(bad.code).toBe(EXIT_CODES.badInput);
    expect(JSON.parse(bad.stdout).error.problems).toHaveLength(1);
    const schema = JSON.parse((await marco(['config', 'schema'])).stdout);
    expect(schema.properties.pretrain.properties.stages.items.required).toContain('learningRate');
  });

  test.each([
    [['--help'], EXIT_CODES.done, 'Examples:'],
    [['run', '--help'], EXIT_CODES.done, 'Exit codes:'],
    [['--version'], EXIT_CODES.done, '1.2.3'],
    [['rnu'], EXIT_CODES.badInput, 'Did you mean run?'],
    [['run'], EXIT_CODES.badInput, "missing required argument 'recipe'"],
    [['run', 'tiny-cpu', '--frobnicate'], EXIT_CODES.badInput, "unknown option '--frobnicate'"],
    [['run', 'tiny-cqu'], EXIT_CODES.badInput, 'Did you mean "tiny-cpu"?'],
    [['doctor', '--python', 'python3'], EXIT_CODES.badInput, '--python goes with --build-native'],
    [['doctor', '--libtensorflow', '.'], EXIT_CODES.badInput, '--libtensorflow goes with --build-native'],
    [
      ['doctor', '--build-native', '--python', 'a', '--libtensorflow', 'b'],
      EXIT_CODES.badInput,
      'Leave one of them out',
    ],
    [
      ['doctor', '--build-native', '--python', '/nowhere/python'],
      EXIT_CODES.badInput,
      'got: no program /nowhere/python',
    ],
    [
      ['doctor', '--build-native', '--libtensorflow', '/nowhere'],
      EXIT_CODES.badInput,
      'must be a directory, got "/nowhere"',
    ],
    [['run', 'tiny-cpu', '--set', 'seed'], EXIT_CODES.badInput, '--set takes path=value, got "seed"'],
  ])('%s ends with %i', async (args, expected, text) => {
    const { code, stdout, stderr } = await marco(args);
    expect(code).toBe(expected);
    expect(stdout + stderr).toContain(text);
  });

  test('the command itself ends with these codes', () => {
    const cli = resolve(import.meta.dirname, '../cli.ts');
    const start = (...args: string[]) =>
      spawnSync(process.execPath, ['--conditions=@marco-ts/source', cli, ...args], {
        encoding: 'utf8',
        cwd: directory,
      });
    writeFileSync(join(directory, 'bad.yaml'), 'extends: tiny-cpu\nname: mine\nsft:\n  numEpoch: 3\n');
    const bad = start('config', 'check', 'bad.yaml');
    expect(bad.stderr).toContain('bad.yaml:4:3: unknown key "numEpoch" at sft; did you mean "numEpochs"?');
    expect(bad.status).toBe(EXIT_CODES.badInput);
    writeFileSync(
      join(directory, 'mine.ts'),
      `import { type Recipe, tinyCpu } from '@marco-ts/pipeline';
export default (): Recipe => ({ ...tinyCpu(), name: 'mine' });`,
    );
    const good = start('config', 'check', 'mine.ts');
    expect(good.stdout + good.stderr).toBe('mine.ts: a valid recipe, "mine"\n');
    expect(good.status).toBe(EXIT_CODES.done);
  });
});
