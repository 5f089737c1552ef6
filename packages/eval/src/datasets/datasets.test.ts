import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { directoryDatasetFiles } from './directory-dataset-files.ts';
import { findSplitFiles } from './find-split-files.ts';
import { hubDatasetFiles } from './hub-dataset-files.ts';
import { loadSplit } from './load-split.ts';
import { openArchives } from './open-archives.ts';
import { readRows } from './read-rows.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'marco-datasets-'));
});
afterEach(() => rm(root, { recursive: true }));
async function put(path: string, contents: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), contents);
}

describe('rows of a file', () => {
  const rows = [
    { question: 'Maji ni nini?', label: 1 },
    { question: '水"是,什么\n?', label: 0 },
  ];
  test('JSON Lines, JSON, compressed or not', async () => {
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    expect(await readRows('a.jsonl', bytes(lines))).toEqual(rows);
    expect(await readRows('a.jsonl.gz', gzipSync(lines))).toEqual(rows);
    expect(await readRows('a.ndjson.zst', zstdCompressSync(lines))).toEqual(rows);
    expect(await readRows('a.json', bytes(JSON.stringify(rows)))).toEqual(rows);
    expect(await readRows('a.json', bytes(JSON.stringify({ data: rows })))).toEqual(rows);
  });

  test('Parquet, with nested columns and big integers as numbers', async () => {
    const buffer = parquetWriteBuffer({
      columnData: [
        { name: 'question', data: rows.map(({ question }) => question) },
        { name: 'label', data: [1n, 0n], type: 'INT64' },
        { name: 'choices', data: [['a', 'b'], ['c']], type: 'JSON' },
      ],
    });
    expect(await readRows('test-00000-of-00001.parquet', new Uint8Array(buffer))).toEqual([
      { ...rows[0], choices: ['a', 'b'] },
      { ...rows[1], choices: ['c'] },
    ]);
  });

  test('CSV and TSV with and without a header, lines of text', async () => {
    expect(await readRows('a.csv', bytes('\ufeffQuestion,A\n"x, ""y""\nz",b\n'))).toEqual([
      { Question: 'x, "y"\nz', A: 'b' },
    ]);
    expect(await readRows('a.tsv', bytes('Er sagte "ja".\t18\n'), ['question', 'answer'])).toEqual([
      { question: 'Er sagte "ja".', answer: '18' },
    ]);
    expect(await readRows('swh_Latn.devtest', bytes('moja\r\n\r\nmbili\n'))).toEqual([
      { text: 'moja' },
      { text: '' },
      { text: 'mbili' },
    ]);
  });

  test("SQuAD's nested JSON is a row for each question", async () => {
    const nested = {
      data: [
        {
          title: 't',
          paragraphs: [{ context: 'c', qas: [{ id: '1', question: 'q', answers: [{ text: 'a', answer_start: 2 }] }] }],
        },
      ],
    };
    expect(await readRows('xquad.de.json', bytes(JSON.stringify(nested)))).toEqual([
      { id: '1', title: 't', context: 'c', question: 'q', answers: { text: ['a'], answer_start: [2] } },
    ]);
  });

  test('what is broken is named with its place', async () => {
    await expect(readRows('a.jsonl', bytes('{"a": 1}\n{"a": '))).rejects.toThrow('got a.jsonl: line 2');
    await expect(readRows('a.csv', bytes('a,b\n1,2,3\n'))).rejects.toThrow('a.csv');
    await expect(readRows('a.parquet', bytes('not parquet at all'))).rejects.toThrow('a.parquet');
    await expect(readRows('a.json', bytes('{"x": 1}'))).rejects.toThrow('neither a list of rows');
    await expect(readRows('a.jsonl', Uint8Array.of(0x22, 0xff, 0x22))).rejects.toThrow('a.jsonl');
  });
});

test.each([
  ['belebele', ['data/swh_Latn.jsonl', 'data/sin_Latn.jsonl'], 'swh_Latn', 'test', ['data/swh_Latn.jsonl']],
  [
    'xcopa',
    ['sw/test-00000-of-00001.parquet', 'sw/validation-00000-of-00001.parquet', 'et/test-0.parquet'],
    'sw',
    'validation',
    ['sw/validation-00000-of-00001.parquet'],
  ],
  [
    'xcopa of its authors',
    ['data/sw/val.sw.jsonl', 'data/sw/test.sw.jsonl'],
    'sw',
    'validation',
    ['data/sw/val.sw.jsonl'],
  ],
  ['mmmlu', ['test/mmlu_SW-KE.csv', 'test/mmlu_DE-DE.csv'], 'SW_KE', 'test', ['test/mmlu_SW-KE.csv']],
  ['mgsm', ['mgsm_de.tsv', 'mgsm_en.tsv'], 'de', 'test', ['mgsm_de.tsv']],
  ['c-eval', ['dev/logic_dev.csv', 'val/logic_val.csv', 'val/law_val.csv'], 'logic', 'val', ['val/logic_val.csv']],
  ['xquad', ['xquad.de.json', 'xquad.el.json'], 'xquad.de', 'validation', ['xquad.de.json']],
  [
    'flores',
    ['f.tar.gz!/flores200_dataset/dev/swh_Latn.dev', 'f.tar.gz!/flores200_dataset/devtest/swh_Latn.devtest'],
    'swh_Latn',
    'devtest',
    ['f.tar.gz!/flores200_dataset/devtest/swh_Latn.devtest'],
  ],
  [
    'a subject whose name ends another one',
    ['c.zip!/test/law.csv', 'c.zip!/test/college_law.csv', 'c.zip!/dev/law.csv'],
    'law',
    'test',
    ['c.zip!/test/law.csv'],
  ],
  [
    'exams',
    ['multilingual/test-0.parquet', 'multilingual_with_para/test-0.parquet'],
    'multilingual',
    'test',
    ['multilingual/test-0.parquet'],
  ],
  ['flores+', ['dev/swh_Latn.parquet', 'devtest/swh_Latn.parquet'], 'swh_Latn', 'dev', ['dev/swh_Latn.parquet']],
  [
    'arc',
    ['ARC-Easy/test-0.parquet', 'ARC-Challenge/test-0.parquet'],
    'ARC-Challenge',
    'test',
    ['ARC-Challenge/test-0.parquet'],
  ],
])('files of a split: %s', (_, files, config, split, expected) => {
  expect(findSplitFiles({ files, config, split, acceptUnnamed: true })).toEqual(expected);
});

test('what the card declares comes first, and files without a split are not taken for examples', () => {
  const card =
    '---\nconfigs:\n- config_name: sw\n  data_files:\n  - split: test\n    path: parts/*/x-*.jsonl\n---\nText';
  const files = ['parts/a/x-1.jsonl', 'parts/b/x-2.jsonl', 'sw/test.jsonl'];
  expect(findSplitFiles({ files, card, config: 'sw', split: 'test', acceptUnnamed: true })).toEqual(files.slice(0, 2));
  expect(findSplitFiles({ files: ['data/sw.jsonl'], config: 'sw', split: 'train', acceptUnnamed: false })).toEqual([]);
});

test('a split is read from a directory, from inside archives, and both sides of a parallel set', async () => {
  await put('owner/Set/data/sw.jsonl', '{"a":1}\n');
  const files = openArchives(directoryDatasetFiles(root));
  const options = { files, dataset: { path: 'owner/set', name: 'sw' }, split: 'test', isScored: true };
  expect(await loadSplit(options)).toEqual([{ a: 1 }]);
  await expect(loadSplit({ ...options, dataset: { path: 'owner/set', name: 'de' } })).rejects.toThrow(
    "the split 'test' of 'de', got none. There seem to be: sw",
  );
  await expect(loadSplit({ ...options, dataset: { path: 'owner/other' } })).rejects.toThrow(
    "'owner/other' must be in the directory",
  );

  const archive = pack();
  archive.entry({ name: 'flores200_dataset/devtest/eng_Latn.devtest' }, 'one\ntwo\n');
  archive.entry({ name: 'flores200_dataset/devtest/swh_Latn.devtest' }, 'moja\nmbili\n');
  archive.finalize();
  await put(
    'facebook--flores/flores200_dataset.tar.gz',
    gzipSync(Buffer.concat((await Array.fromAsync(archive)) as Uint8Array[])),
  );
  const parallel = ['eng_Latn', 'swh_Latn'].map((name) => ({ column: `sentence_${name}`, name }));
  const flores = { ...options, dataset: { path: 'facebook/flores', parallel }, split: 'devtest' };
  expect(await loadSplit(flores)).toEqual([
    { sentence_eng_Latn: 'one', sentence_swh_Latn: 'moja' },
    { sentence_eng_Latn: 'two', sentence_swh_Latn: 'mbili' },
  ]);

  await put('ceval-exam/ceval-exam.zip', zipSync({ 'val/logic_val.csv': bytes('id,question\n0,q\n') }));
  expect(await loadSplit({ ...options, dataset: { path: 'ceval/ceval-exam', name: 'logic' }, split: 'val' })).toEqual([
    { id: '0', question: 'q' },
  ]);

  // A set that is there without rows, such as one with a loading script, is looked for where its authors publish it.
  await put('scripted/script.py', 'pass');
  const published = { path: 'owner/set', name: 'sw' };
  expect(await loadSplit({ ...options, dataset: { path: 'x/scripted', name: 'sw', published } })).toEqual([{ a: 1 }]);
  await expect(
    loadSplit({ ...options, dataset: { path: 'x/scripted', published: { path: 'x/none' } } }),
  ).rejects.toThrow("'x/scripted' in");

  await put('short/eng_Latn.test', 'one\n');
  await put('short/swh_Latn.test', 'moja\nmbili\n');
  const short = { ...options, dataset: { path: 'x/short', parallel } };
  await expect(loadSplit(short)).rejects.toThrow('got 1 in sentence_eng_Latn and 2 in sentence_swh_Latn');
});

test('the Hub is asked file by file', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    if (request.url!.startsWith('/api/datasets/owner/set/tree/')) {
      response.end(
        JSON.stringify([
          { type: 'file', path: 'sw/test.jsonl', size: 8, oid: 'a'.repeat(40) },
          { type: 'file', path: 'de/test.jsonl', size: 8, oid: 'b'.repeat(40) },
        ]),
      );
    } else if (request.url!.includes('/resolve/') && request.url!.includes('sw/test.jsonl')) {
      const isProbe = request.headers.range === 'bytes=0-0';
      response.statusCode = isProbe ? 206 : 200;
      response.setHeader('etag', '"e1"');
      if (isProbe) response.setHeader('content-range', 'bytes 0-0/8');
      response.end(isProbe ? '{' : '{"a":1}\n');
    } else {
      response.statusCode = 404;
      response.end('{"error":"none"}');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const files = hubDatasetFiles({
    hubUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cacheDirectory: join(root, 'cache'),
  });
  const options = { files, dataset: { path: 'owner/set', name: 'sw' }, split: 'test', isScored: true };
  expect(await loadSplit(options)).toEqual([{ a: 1 }]);
  const downloads = (): string[] => asked.filter((url) => url.includes('/resolve/'));
  expect(downloads().some((url) => url.includes('de/'))).toBe(false);
  const numDownloads = downloads().length;
  expect(await loadSplit(options)).toEqual([{ a: 1 }]);
  expect(downloads()).toHaveLength(numDownloads);
  await expect(loadSplit({ ...options, dataset: { path: 'owner/none' } })).rejects.toThrow(
    'a data set must be readable on the Hub',
  );
  server.closeAllConnections();
  server.close();
});
