import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { listInputs } from './list-inputs.ts';
import { type ReadDocumentsOptions, readDocuments } from './read-documents.ts';
import { type ReadFault, ReadFaultError } from './read-fault.ts';

async function folder(files: Record<string, string | Uint8Array>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'read-'));
  for (const [name, contents] of Object.entries(files)) {
    await mkdir(join(directory, name, '..'), { recursive: true });
    await writeFile(join(directory, name), contents);
  }
  return directory;
}

async function readAll(directory: string, options: ReadDocumentsOptions = {}) {
  const faults: ReadFault[] = [];
  const documents = [];
  for (const input of await listInputs({ locations: [directory] })) {
    const settings = { language: 'swh_Latn', onFault: (fault: ReadFault) => void faults.push(fault), ...options };
    for await (const document of readDocuments(input, settings)) documents.push(document);
  }
  const place = ({ location, line, byteOffset, reason }: ReadFault) =>
    `${location.slice(directory.length + 1)}:${line ?? ''} @${byteOffset} ${reason}`;
  return { documents, faults: faults.map(place), details: faults.map(({ detail }) => detail) };
}

test('reads text, JSON lines and HTML, plain and compressed, in the order of names', async () => {
  const row = JSON.stringify({ text: 'tatu', language: 'eng_Latn', metadata: { url: 'x', deep: { a: 1 } } });
  const directory = await folder({
    'a.txt': 'moja\n',
    'b/page.html': '<title>T</title><p>mbili</p>',
    'c.jsonl': `${row}\n\n{"text":"nne","id":"own"}`,
    'd.txt.gz': gzipSync('tano'),
    'e.jsonl.zst': zstdCompressSync(
      '{"text":"sita","language":"swc","language_script":"Latn","topic":"six","score":6,"none":null}\n',
    ),
    'ignored.bin': 'x',
  });
  const { documents, faults } = await readAll(directory);
  expect(faults).toEqual([]);
  expect(documents).toEqual([
    { id: 'a.txt', text: 'moja\n', language: 'swh_Latn', metadata: { path: 'a.txt' } },
    { id: 'b/page.html', text: 'mbili', language: 'swh_Latn', metadata: { path: 'b/page.html', title: 'T' } },
    { id: 'c.jsonl:1', text: 'tatu', language: 'eng_Latn', metadata: { url: 'x', deep: '{"a":1}' } },
    { id: 'own', text: 'nne', language: 'swh_Latn', metadata: {} },
    { id: 'd.txt.gz', text: 'tano', language: 'swh_Latn', metadata: { path: 'd.txt.gz' } },
    { id: 'e.jsonl.zst:1', text: 'sita', language: 'swc_Latn', metadata: { topic: 'six', score: 6 } },
  ]);
});

test('bad lines and files are reported with file, line and byte, and reading goes on', async () => {
  const directory = await folder({
    'a.jsonl': Buffer.concat([
      Buffer.from('{"text":"good"}\n{"text": broken\n{"body":"x"}\n{"text":"  "}\n"just a string"\n'),
      Buffer.from([0x7b, 0xff, 0xfe, 0x0a]),
      Buffer.from(`{"text":"${'x'.repeat(300)}"}\n{"text":"last"}`),
    ]),
    'b.txt': new Uint8Array([0x61, 0x62, 0xc3, 0x28]),
    'c.txt.gz': gzipSync('cut off in the middle of its stream').subarray(0, 20),
    'd.html': '<script>only code</script>',
    'f.txt': 'y'.repeat(300),
    'g.txt': 'end',
  });
  const { documents, faults, details } = await readAll(directory, { maxDocumentBytes: 200 });
  expect(documents.map(({ text }) => text)).toEqual(['good', 'last', 'end']);
  expect(faults).toEqual([
    'a.jsonl:2 @16 malformed',
    'a.jsonl:3 @32 malformed',
    'a.jsonl:4 @45 empty',
    'a.jsonl:5 @59 malformed',
    'a.jsonl:6 @76 invalid_utf8',
    'a.jsonl:7 @79 too_long',
    'b.txt: @2 invalid_utf8',
    'c.txt.gz: @9 unreadable',
    'd.html: @0 empty',
    'f.txt: @0 too_long',
  ]);
  expect(details[1]).toBe('no string field "text", got fields body');
});

test('a language that is no code is reported, not taken for the default', async () => {
  const directory = await folder({
    'a.jsonl': '{"text":"moja","lang":"sw"}\n{"text":"mbili","language":["swh_Latn"]}\n{"text":"tatu","language":null}',
  });
  const { documents, details } = await readAll(directory);
  expect(documents.map(({ text, language }) => [text, language])).toEqual([
    ['mbili', 'swh_Latn'],
    ['tatu', 'swh_Latn'],
  ]);
  expect(details).toEqual(['language must be ISO 639-3 plus script, like "swh_Latn", got "sw"']);
});

test('fields have the names that the options say, and a text file may be lines', async () => {
  const directory = await folder({
    'a.jsonl': '{"content":"moja","key":7,"tongue":"eng_Latn"}',
    'b.txt': 'mbili\r\n\r\ntatu',
  });
  const { documents } = await readAll(directory, {
    textKey: 'content',
    idKey: 'key',
    languageKey: 'tongue',
    textUnit: 'line',
  });
  expect(documents.map(({ id, text, language }) => [id, text, language])).toEqual([
    ['7', 'moja', 'eng_Latn'],
    ['b.txt:1', 'mbili', 'swh_Latn'],
    ['b.txt:3', 'tatu', 'swh_Latn'],
  ]);
});

test('without onFault the first fault stops the reading and names its place', async () => {
  const directory = await folder({ 'a.jsonl': '{"text":"good"}\nbroken' });
  const [input] = await listInputs({ locations: [directory] });
  const reading = Array.fromAsync(readDocuments(input!));
  await expect(reading).rejects.toThrow(`at ${join(directory, 'a.jsonl')}:2 (byte 16). Mend it`);
  await expect(reading).rejects.toBeInstanceOf(ReadFaultError);
});

test('inputs: folders, files and patterns together, each file once, in one order; unknown ones are refused', async () => {
  const directory = await folder({
    'b/x.jsonl': '',
    'a/x.jsonl': '',
    'a/y.warc.gz': '',
    'c/z.parquet': '',
    'a/readme.pdf': '',
  });
  const inputs = await listInputs({ locations: [directory, join(directory, 'a/x.jsonl'), `${directory}/*/*.parquet`] });
  expect(inputs.map(({ name, format, compression }) => [name, format, compression])).toEqual([
    ['a/x.jsonl', 'jsonl', 'none'],
    ['a/y.warc.gz', 'warc', 'gzip'],
    ['b/x.jsonl', 'jsonl', 'none'],
    ['c/z.parquet', 'parquet', 'none'],
  ]);
  const named = await listInputs({ locations: [join(directory, 'a/x.jsonl'), join(directory, 'b/x.jsonl')] });
  expect(named.map(({ name }) => name)).toEqual([join(directory, 'a/x.jsonl'), join(directory, 'b/x.jsonl')]);
  expect((await listInputs({ locations: ['https://x.org/a.warc.wet.gz?key=1'] }))[0]).toMatchObject({
    name: 'a.warc.wet.gz',
    format: 'wet',
    compression: 'gzip',
  });
  await expect(listInputs({ locations: ['/nowhere/at/all'] })).rejects.toThrow(/ENOENT/);
  await expect(listInputs({ locations: [join(directory, 'a/readme.pdf')] })).rejects.toThrow(/must end in one of/);
  await expect(listInputs({ locations: [`${directory}/*/*.csv`] })).rejects.toThrow(/there must be files/);
});

const numOpenFiles = (): number => readdirSync('/proc/self/fd').length;

test.skipIf(process.platform !== 'linux')('who stops early keeps no file open', async () => {
  const rows = '{"text":"x"}\n'.repeat(300_000);
  const record =
    'WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ntext\r\n\r\n'.repeat(
      20_000,
    );
  const directory = await folder({
    'a.jsonl': rows,
    'b.jsonl.gz': gzipSync(rows, { level: 0 }),
    'c.jsonl.zst': zstdCompressSync(
      randomBytes(600_000)
        .toString('hex')
        .replace(/.{1000}/g, '{"text":"$&"}\n'),
    ),
    'd.wet': record,
  });
  const before = numOpenFiles();
  for (const input of await listInputs({ locations: [directory] })) {
    for await (const { text } of readDocuments(input, { onFault: () => {} })) {
      expect(text.length).toBeGreaterThan(0);
      break;
    }
  }
  expect(numOpenFiles()).toBe(before);
});
