// biome-ignore-all lint/suspicious/noTemplateCurlyInString: path templates name their fields so
/**
 * Whole plans in this thread: translation pairs from every format, Parquet, and a disk that fills up in the middle of a unit.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  checkDataPlan,
  type DataPlanInput,
  type DataRun,
  type Document,
  droppedDocuments,
  hashRun,
  keptDocuments,
  listInputs,
  readDocuments,
  runRank,
  runStatistics,
  runStatus,
  startRun,
} from '../../src/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'plans-'));
const mounted: string[] = [];
afterAll(async () => {
  for (const place of mounted) execFileSync('umount', [place]);
  await rm(directory, { recursive: true, force: true });
});

function start(plan: DataPlanInput): Promise<DataRun> {
  const checked = checkDataPlan(plan);
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return startRun(checked.plan);
}

async function run(plan: DataPlanInput): Promise<DataRun> {
  const dataRun = await start(plan);
  for (const stage of dataRun.stages) await runRank({ run: dataRun.run, stage, rank: 0, worldSize: 1 });
  return dataRun;
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const write = async (name: string, lines: readonly string[]): Promise<string> => {
  await writeFile(join(directory, name), `${lines.join('\n')}\n`);
  return join(directory, name);
};

test('translation pairs of every format: rules, scorer, duplicates, pairs and documents, a funnel by pair', async () => {
  const tsv = await write('a.tsv', [
    'The house is old.\tNyumba ni ya zamani.',
    'The house is old.\tNyumba ni ya zamani.',
    'Same in both\tSame in both',
    'There are 15 houses.\tKuna nyumba 27.',
    'only one column',
    'A poor one.\tMbaya sana hii.',
  ]);
  const json = await write('b.jsonl', [
    JSON.stringify({ translation: { de: 'Das Haus ist alt.', en: 'The house is old.' } }),
  ]);
  const tmx = await write('c.tmx', [
    '<tmx version="1.4"><body><tu><tuv xml:lang="en"><seg>The road is long.</seg></tuv><tuv xml:lang="sw"><seg>Barabara ni ndefu.</seg></tuv></tu></body></tmx>',
  ]);
  const moses = await write('d.en', ['The river is deep.']);
  await write('d.fr', ['La rivière est profonde.']);
  const scorer = await write('scorer.mjs', [
    "export default async ({ source }) => (source.includes('poor') ? 0.1 : 0.9);",
  ]);
  const swahili = { sourceLanguage: 'eng_Latn', targetLanguage: 'swh_Latn' };
  const { run: place, stages } = await run({
    name: 'pairs',
    output: join(directory, 'pairs'),
    keepDropped: true,
    inputs: [
      { path: tsv, ...swahili },
      {
        path: json,
        format: 'translation',
        sourceLanguage: 'deu_Latn',
        targetLanguage: 'eng_Latn',
        sourceTag: 'de',
        targetTag: 'en',
      },
      { path: tmx, ...swahili, sourceTag: 'en', targetTag: 'sw' },
      { path: moses, targetPath: join(directory, 'd.fr'), sourceLanguage: 'eng_Latn', targetLanguage: 'fra_Latn' },
    ],
    steps: [
      'normalize',
      { step: 'parallel', limits: { minNumeralSimilarity: 0.9 }, scorer, minScore: 0.5 },
      { step: 'dedup', by: 'document' },
      { step: 'write', path: 'clean/${language}/${rank}.jsonl' },
      { step: 'render', pairsPerDocument: 2 },
      { step: 'write', path: 'documents/${language}/${rank}.jsonl' },
    ],
  });
  const { funnel, faults, statistics } = await runStatistics(place, stages);
  expect(faults).toEqual({ malformed: 1 });
  expect(funnel.languages).toEqual({
    'deu_Latn-eng_Latn': { read: 1, kept: 1, dropped: {} },
    'eng_Latn-fra_Latn': { read: 1, kept: 1, dropped: {} },
    'eng_Latn-swh_Latn': {
      read: 6,
      kept: 2,
      dropped: { exact_duplicate: 1, identical_copy: 1, numeral_mismatch: 1, pair_score_low: 1 },
    },
  });
  expect(JSON.parse(await readFile(join(place.path, 'clean/deu_Latn-eng_Latn/00001.jsonl'), 'utf8'))).toEqual({
    id: 'b.jsonl:1',
    translation: { deu_Latn: 'Das Haus ist alt.', eng_Latn: 'The house is old.' },
    metadata: { pair_score: 0.9 },
  });
  const dropped = await collect(droppedDocuments(place, stages));
  expect(dropped.map(({ document, reason, step }) => [document.text, reason, step])).toContainEqual([
    'A poor one.\nMbaya sana hii.',
    'pair_score_low',
    'parallel',
  ]);
  const kept = (await collect(keptDocuments(place, stages))).map(({ document }) => document);
  expect(kept.filter(({ language }) => language === 'swh_Latn')).toHaveLength(2);
  expect(kept.find(({ language }) => language === 'fra_Latn')?.text).toMatch(
    /The river is deep\.[\s\S]*La rivière est profonde\./,
  );
  // Both directions of four pairs, each in a file of its own.
  expect([kept.length, statistics.eng_Latn!.numDocuments]).toEqual([8, 4]);
});

test('what pairs cannot do is said before anything is written', () => {
  const input = { path: 'a.tsv', sourceLanguage: 'eng_Latn', targetLanguage: 'swh_Latn' };
  const problems = (inputs: object[], steps: unknown[]): string =>
    JSON.stringify(checkDataPlan({ name: 'x', output: 'o', inputs, steps }));
  expect(problems([input], ['gopherQuality', 'write'])).toContain('gopherQuality takes documents');
  expect(problems([input], ['parallel', { step: 'tokenize', tokenizer: 't' }])).toContain('put render before it');
  expect(problems([input], ['render', 'normalize', 'write'])).toContain('after render only one write and tokenize');
  expect(problems([input, { path: 'b.jsonl' }], ['parallel', 'write'])).toContain('all inputs must hold');
  expect(problems([{ path: 'b.jsonl' }], ['parallel', 'write'])).toContain('parallel takes translation pairs');
  expect(problems([{ path: 'b', format: 'moses' }], ['write'])).toContain('need sourceLanguage');
  expect(problems([{ ...input, targetLanguage: 'eng_Latn' }], ['write'])).toContain('must differ');
  expect(problems([input], [{ step: 'dedup', by: 'line' }, 'write'])).toContain('pairs are compared by');
});

test('a file of pairs among documents stops the plan, with the way out', async () => {
  const tsv = await write('stray.tsv', ['a\tb']);
  const plan = { name: 'x', inputs: [{ path: tsv }], output: join(directory, 'stray'), steps: ['write'] as const };
  await expect(start({ ...plan, steps: ['write'] })).rejects.toThrow(
    /must hold documents, got tsv at .*Name sourceLanguage/,
  );
});

test('Parquet: written by language, read back as the same documents', async () => {
  const documents: Document[] = ['eng_Latn', 'tha_Thai', 'eng_Latn'].map((language, number) => ({
    id: `d${number}`,
    text: `text ${number} สวัสดี\nline`,
    language,
    metadata: { url: `https://example.org/${number}`, score: number / 2 },
  }));
  const input = await write(
    'rows.jsonl',
    documents.map((document) => JSON.stringify(document)),
  );
  const { run: place } = await run({
    name: 'parquet',
    inputs: [{ path: input }],
    output: join(directory, 'parquet'),
    steps: [{ step: 'write', path: 'out/${language}/${rank}.parquet' }],
  });
  const files = await listInputs({ locations: [join(place.path, 'out')] });
  expect(files.map(({ name, format }) => [name, format])).toEqual([
    ['eng_Latn/00000.parquet', 'parquet'],
    ['tha_Thai/00000.parquet', 'parquet'],
  ]);
  const read = (await Promise.all(files.map((file) => collect(readDocuments(file))))).flat();
  expect(read).toEqual([documents[0], documents[2], documents[1]]);
});

function mountTiny(): string | undefined {
  const place = join(directory, 'tiny');
  mkdirSync(place);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'ignore' });
    mounted.push(place);
    return place;
  } catch {
    return undefined;
  }
}
const tiny = mountTiny();
if (tiny === undefined) console.warn('skipped: a full disk (only root may mount a small one)');

test.skipIf(tiny === undefined)(
  'a disk that fills up in a unit: failed, nothing half-written, completed with room',
  async () => {
    for (const file of ['0', '1']) {
      const rows = Array.from({ length: 30 }, (_, i) =>
        JSON.stringify({ id: `${file}/${i}`, text: `${i} `.repeat(4000), language: 'eng_Latn' }),
      );
      await write(`full-${file}.jsonl`, rows);
    }
    const plan = (output: string): DataPlanInput => ({
      name: 'full',
      inputs: ['0', '1'].map((file) => ({ path: join(directory, `full-${file}.jsonl`) })),
      output,
      steps: [{ step: 'write', path: 'out/${rank}.jsonl' }],
    });
    const output = join(tiny!, 'run');
    const { run: place, stages } = await start(plan(output));
    const stage = stages[0]!;
    const ballast = join(tiny!, 'ballast');
    // Room for the first unit, and for a part of the second.
    await writeFile(ballast, Buffer.alloc(500_000));
    await expect(runRank({ run: place, stage, rank: 0, worldSize: 1 })).rejects.toThrow(/ENOSPC.*make room/s);
    const [status] = await runStatus(place, stages);
    expect(status).toMatchObject({ state: 'incomplete', numCompleteUnits: 1 });
    expect(status!.ranks[0]).toMatchObject({ state: 'failed', error: expect.stringContaining('ENOSPC') });
    expect(await readdir(join(output, 'out'))).toEqual(['00000.jsonl']);
    expect(
      (await readdir(output, { recursive: true })).filter((path) => /writing.*jsonl|\.jsonl\.writing/.test(path)),
    ).toEqual([]);

    await rm(ballast);
    expect(await runRank({ run: place, stage, rank: 0, worldSize: 1 })).toMatchObject({ numUnits: 2, numSkipped: 1 });
    await run(plan(join(directory, 'roomy')));
    expect(await hashRun(output)).toBe(await hashRun(join(directory, 'roomy')));
  },
);
