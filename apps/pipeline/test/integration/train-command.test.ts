/**
 * `marco train` on shards of its own: stopped by SIGUSR1 and gone on with, and by two workers of which one is killed in the middle of a round.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { disposeParams, tf } from '@marco-ts/core';
import { saveQwen2 } from '@marco-ts/model/files';
import { loadTokenizer, trainTokenizer } from '@marco-ts/tokenizer';
import { readJsonlLog } from '@marco-ts/trainer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyChatModel } from '../fixtures/tiny-chat-model.ts';
import { writeTinyPretraining } from '../fixtures/tiny-pretraining.ts';

const root = mkdtempSync(join(tmpdir(), 'marco-train-command-'));
const cli = resolve(import.meta.dirname, '../../src/cli.ts');

beforeAll(() => writeTinyPretraining(root));
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Finished {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
}

/** Runs the command; `stop` sends the signal as soon as its condition holds. */
function marcoTrain(
  args: readonly string[],
  stop?: { when: () => boolean; signal: NodeJS.Signals },
): Promise<Finished> {
  const given = ['train', 'recipe.yaml', '--shards', 'shards', '--model', 'model', ...args];
  return new Promise((finish, reject) => {
    const child = spawn(process.execPath, ['--conditions=@marco-ts/source', cli, ...given], {
      cwd: root,
      // Nine processes start here; the first one compiles for all.
      env: { ...process.env, NODE_COMPILE_CACHE: join(root, 'compiled') },
    });
    let output = '';
    const watch = setInterval(() => {
      if (stop === undefined || !stop.when()) return;
      clearInterval(watch);
      child.kill(stop.signal);
    }, 5);
    const read = (chunk: Buffer): void => {
      output += chunk;
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(watch);
      finish({ code, signal, output });
    });
  });
}

/** Whether a worker is in some round of a stage. */
function hasJoined(stage: string, worker: string): boolean {
  const rounds = join(root, 'mail', stage, 'rounds');
  return existsSync(rounds) && readdirSync(rounds).some((round) => existsSync(join(rounds, round, 'joined', worker)));
}

const modelHash = (directory: string): string =>
  createHash('sha256')
    .update(readFileSync(join(root, directory, 'model', 'model.safetensors')))
    .digest('hex');

test('trains both stages; SIGUSR1 saves and ends with 138, and the same command ends in the same model; with another recipe it is refused', async () => {
  const straight = await marcoTrain(['-o', 'straight']);
  expect(straight.code, straight.output).toBe(0);
  expect(readdirSync(join(root, 'straight', '03-second')).sort()).toEqual(
    expect.arrayContaining(['model', 'tensorboard', 'training.jsonl']),
  );
  expect(existsSync(join(root, 'straight', '03-second', 'model', 'tokenizer.json'))).toBe(true);
  const stopped = await marcoTrain(['-o', 'stopped'], {
    when: () =>
      existsSync(join(root, 'stopped', '02-first.partial', 'training.jsonl')) &&
      readFileSync(join(root, 'stopped', '02-first.partial', 'training.jsonl'), 'utf8').includes('step-completed'),
    signal: 'SIGUSR1',
  });
  expect(stopped.code, stopped.output).toBe(138);
  const checkpoints = join(root, 'stopped', '02-first.partial', 'checkpoints');
  const saved = readdirSync(checkpoints);
  const changed = await marcoTrain(['-o', 'stopped', '--set', 'pretrain.stages[0].learningRate=0.002']);
  expect(changed.code, changed.output).toBe(2);
  expect(changed.output).toMatch(
    /stage first half done .*stages\[0\]\.learningRate 0\.004 -> 0\.002\) at stopped\/02-first\.partial\/checkpoints.*--discard-unfinished/,
  );
  expect(readdirSync(checkpoints)).toEqual(saved);
  const resumed = await marcoTrain(['-o', 'stopped']);
  expect(resumed.code, resumed.output).toBe(0);
  expect(modelHash('stopped/03-second')).toBe(modelHash('straight/03-second'));
});

test('two workers end with one model although one of them is killed in the middle of a round', async () => {
  const worker = (id: number) => [
    '-o',
    'together',
    '--mailbox',
    'mail',
    '--worker-id',
    `${id}`,
    '--num-workers',
    '2',
    '--inner-steps',
    '3',
    '--round-timeout',
    '20',
  ];
  const survivor = marcoTrain(worker(0));
  const lost = await marcoTrain(worker(1), {
    when: () => hasJoined('first', 'worker-1'),
    signal: 'SIGKILL',
  });
  expect(lost.signal, lost.output).toBe('SIGKILL');
  const back = await marcoTrain(worker(1));
  expect(back.code, back.output).toBe(0);
  const { code, output } = await survivor;
  expect(code, output).toBe(0);
  for (const stage of ['02-first', '03-second'])
    expect(modelHash(`together/worker-1/${stage}`)).toBe(modelHash(`together/worker-0/${stage}`));
});

test('an adapter is trained in place of the weights, and held-out text is measured before, while and after, in the log as it runs', async () => {
  writeFileSync(
    join(root, 'held-out.jsonl'),
    ['eng_Latn', 'cmn_Hans', 'swh_Latn']
      .map((language) =>
        JSON.stringify({ text: `${language} says that 1 and 5000 are numbers of ${language}.`, language }),
      )
      .join('\n'),
  );
  const settings = {
    'pretrain.lora': '{ rank: 2, targetModules: [q_proj, v_proj] }',
    'pretrain.evaluateEverySteps': '30',
  };
  const { code, output } = await marcoTrain([
    ...['-o', 'adapted', '--validation', 'held-out.jsonl'],
    ...Object.entries(settings).flatMap(([path, value]) => ['--set', `${path}=${value}`]),
  ]);
  expect(code, output).toBe(0);
  expect(readdirSync(join(root, 'adapted', '02-first', 'adapter')).sort()).toEqual([
    'adapter_config.json',
    'adapter_model.safetensors',
  ]);
  const events = await readJsonlLog(join(root, 'adapted', '03-second', 'training.jsonl'));
  const validations = events.flatMap((event) => (event.type === 'evaluation-completed' ? [event] : []));
  expect(validations.map(({ step }) => step)).toEqual([0, 30, 60, 64]);
  const groups = ['eng_Latn', 'cmn_Hans', 'swh_Latn', 'english', 'chinese', 'low', 'all'];
  const last = validations.at(-1)!.metrics;
  expect(Object.keys(last).sort()).toEqual(
    [
      ...groups.flatMap((group) => [`bits_per_byte/${group}`, `nats_per_token/${group}`]),
      'forgetting/english',
      'forgetting/chinese',
      ...groups.filter((group) => !['english', 'chinese'].includes(group)).map((group) => `gain/${group}`),
    ].sort(),
  );
  // Against the model before the first stage, whichever stage it is told in.
  const [base] = (await readJsonlLog(join(root, 'adapted', '02-first', 'training.jsonl'))).flatMap((event) =>
    event.type === 'evaluation-completed' ? [event.metrics] : [],
  );
  expect(last['gain/swh_Latn']).toBeCloseTo(base!['bits_per_byte/swh_Latn']! - last['bits_per_byte/swh_Latn']!, 10);
  const [step] = events.flatMap((event) => (event.type === 'step-completed' ? [event] : []));
  expect(Object.keys(step!.groups!)).toEqual(expect.arrayContaining(['eng_Latn', 'swh_Latn']));
});

test('a worker without a mailbox, a folder without shards, and shards of more ids than the model has, are bad input', async () => {
  const alone = await marcoTrain(['-o', 'bad', '--worker-id', '0']);
  expect(alone.code).toBe(2);
  expect(alone.output).toContain('--mailbox, --worker-id and --num-workers together');
  const half = await marcoTrain(['-o', 'half', '--set', 'pretrain.evaluateEverySteps=5']);
  expect(half.code).toBe(2);
  expect(half.output).toContain('--validation');
  const empty = await marcoTrain(['-o', 'bad', '--shards', 'nothing-here']);
  expect(empty.code).toBe(2);
  expect(empty.output).toContain('one directory per shard');
  const { config, params, tokenizer } = tinyChatModel();
  const [embeddings, hidden] = [params.get('model.embed_tokens.weight')!, config.hiddenSize];
  const fewer = new Map(params).set('model.embed_tokens.weight', tf.slice(embeddings, [0, 0], [280, hidden]));
  const small = { ...config, vocabSize: 280, eosTokenId: null };
  await saveQwen2(join(root, 'small'), { config: small, params: fewer, files: tokenizer.files() });
  const unknown = await marcoTrain(['-o', 'unknown', '--model', 'small']);
  expect(unknown.code, unknown.output).toBe(2);
  expect(unknown.output).toMatch(/below the model's vocabSize 280, got \d+ in all at .*shards\/cmn_Hans/);
  disposeParams(params);
  fewer.get('model.embed_tokens.weight')!.dispose();
});

test('shards of another tokenizer of the same size are refused before a step, shards that do not say theirs are trained on with a warning', async () => {
  const info = (directory: string) => join(root, directory, 'swh_Latn', 'shard.json');
  const change = (directory: string, changes: Record<string, unknown>): void => {
    cpSync(join(root, 'shards'), join(root, directory), { recursive: true });
    const written = JSON.parse(readFileSync(info(directory), 'utf8')) as Record<string, unknown>;
    writeFileSync(info(directory), JSON.stringify({ ...written, ...changes }));
  };
  // As they are when the tokenizer's directory was exchanged between two runs of tokenization.
  change('mixed', { tokenizerFingerprint: 'f'.repeat(64) });
  const mixed = await marcoTrain(['-o', 'mixed-run', '--shards', 'mixed']);
  expect(mixed.code, mixed.output).toBe(2);
  expect(mixed.output).toContain(`got ${'f'.repeat(12)}… at ${info('mixed')}`);

  const modelTokenizer = await loadTokenizer(join(root, 'model'));
  const { vocabSize } = modelTokenizer;
  const foreign = trainTokenizer(
    Array.from(
      { length: 300 },
      (_, index) => `Whatever else was learned in ${(index * 7919).toString(36)}, it differs.`,
    ),
    { vocabSize },
  );
  expect(foreign.vocabSize).toBe(vocabSize);
  cpSync(join(root, 'model'), join(root, 'foreign'), { recursive: true });
  for (const [name, contents] of Object.entries(foreign.files())) writeFileSync(join(root, 'foreign', name), contents);
  const own = modelTokenizer.fingerprint();
  const other = await marcoTrain(['-o', 'foreign-run', '--model', 'foreign']);
  expect(other.code, other.output).toBe(2);
  expect(other.output).toContain(
    `with the tokenizer ${foreign.fingerprint().slice(0, 12)}… of ${join(root, 'foreign')}, got ${own.slice(0, 12)}… at ${join(root, 'shards', 'cmn_Hans', 'shard.json')}`,
  );
  expect(existsSync(join(root, 'foreign-run', '02-first.partial', 'training.jsonl'))).toBe(false);

  change('unmarked', { tokenizerFingerprint: undefined });
  const short = [0, 1].flatMap((index) => ['--set', `pretrain.stages[${index}].numTokens=128`]);
  const unmarked = await marcoTrain(['-o', 'unmarked-run', '--shards', 'unmarked', ...short]);
  expect(unmarked.code, unmarked.output).toBe(0);
  expect(unmarked.output).toContain('1 of 4 shards do not say which tokenizer wrote them, such as');
  expect(unmarked.output).toContain(join(root, 'unmarked', 'swh_Latn'));
});
