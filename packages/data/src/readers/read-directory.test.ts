import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type ReadProblem, readDirectory } from './read-directory.ts';

async function folder(files: Record<string, string | Uint8Array>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'read-'));
  for (const [name, contents] of Object.entries(files)) {
    await mkdir(join(directory, name, '..'), { recursive: true });
    await writeFile(join(directory, name), contents);
  }
  return directory;
}

async function readAll(directory: string, maxDocumentBytes?: number) {
  const problems: ReadProblem[] = [];
  const documents = await Array.fromAsync(
    readDirectory({
      directory,
      language: 'swh_Latn',
      onProblem: (problem) => problems.push(problem),
      ...(maxDocumentBytes === undefined ? {} : { maxDocumentBytes }),
    }),
  );
  return {
    documents,
    problems: problems.map(({ path, ...rest }) => ({ ...rest, path: path.slice(directory.length + 1) })),
  };
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
  const { documents, problems } = await readAll(directory);
  expect(problems).toEqual([]);
  expect(documents).toEqual([
    { id: 'a.txt', text: 'moja\n', language: 'swh_Latn', metadata: { path: 'a.txt' } },
    { id: 'b/page.html', text: 'mbili', language: 'swh_Latn', metadata: { path: 'b/page.html', title: 'T' } },
    { id: 'c.jsonl:1', text: 'tatu', language: 'eng_Latn', metadata: { url: 'x', deep: '{"a":1}' } },
    { id: 'own', text: 'nne', language: 'swh_Latn', metadata: {} },
    { id: 'd.txt.gz', text: 'tano', language: 'swh_Latn', metadata: { path: 'd.txt.gz' } },
    { id: 'e.jsonl.zst:1', text: 'sita', language: 'swc_Latn', metadata: { topic: 'six', score: 6 } },
  ]);
});

test('bad lines and files are reported with file and line, and reading goes on', async () => {
  const directory = await folder({
    'a.jsonl': Buffer.concat([
      Buffer.from('{"text":"good"}\n{"text": broken\n{"body":"x"}\n{"text":"  "}\n"just a string"\n'),
      Buffer.from([0x7b, 0xff, 0xfe, 0x0a]),
      Buffer.from(`{"text":"${'x'.repeat(300)}"}\n{"text":"last"}`),
    ]),
    'b.txt': new Uint8Array([0x61, 0x62, 0xc3, 0x28]),
    'c.txt.gz': gzipSync('cut off in the middle of its stream').subarray(0, 20),
    'd.html': '<script>only code</script>',
    'e.jsonl': '',
    'f.txt': 'y'.repeat(300),
    'g.txt': 'end',
  });
  const { documents, problems } = await readAll(directory, 200);
  expect(documents.map(({ text }) => text)).toEqual(['good', 'last', 'end']);
  expect(problems.map(({ path, line, reason }) => `${path}:${line ?? ''} ${reason}`)).toEqual([
    'a.jsonl:2 malformed',
    'a.jsonl:3 malformed',
    'a.jsonl:4 empty',
    'a.jsonl:5 malformed',
    'a.jsonl:6 invalid_utf8',
    'a.jsonl:7 too_long',
    'b.txt: invalid_utf8',
    'c.txt.gz: unreadable',
    'd.html: empty',
    'e.jsonl: empty',
    'f.txt: too_long',
  ]);
  expect(problems[1]!.detail).toBe('no string field "text", got fields body');
  expect(problems[6]!.detail).toBe('no UTF-8 from byte 2 on');
});

test('a language that is no code is reported, not taken for the default', async () => {
  const directory = await folder({
    'a.jsonl': '{"text":"moja","lang":"sw"}\n{"text":"mbili","language":["swh_Latn"]}\n{"text":"tatu","language":null}',
  });
  const { documents, problems } = await readAll(directory);
  expect(documents.map(({ text, language }) => [text, language])).toEqual([
    ['mbili', 'swh_Latn'],
    ['tatu', 'swh_Latn'],
  ]);
  expect(problems).toEqual([
    {
      path: 'a.jsonl',
      line: 1,
      reason: 'malformed',
      detail: 'language must be ISO 639-3 plus script, like "swh_Latn", got "sw"',
    },
  ]);
});

test('without onProblem the first problem stops the run and names its place', async () => {
  const directory = await folder({ 'a.jsonl': '{"text":"good"}\nbroken' });
  await expect(Array.fromAsync(readDirectory({ directory, language: 'eng_Latn' }))).rejects.toThrow(
    `at ${join(directory, 'a.jsonl')}:2. Mend it`,
  );
});

test('a missing folder and one without documents are refused', async () => {
  await expect(Array.fromAsync(readDirectory({ directory: '/nowhere/at/all', language: 'eng_Latn' }))).rejects.toThrow(
    /ENOENT/,
  );
  const directory = await folder({ 'a.pdf': 'x' });
  await expect(Array.fromAsync(readDirectory({ directory, language: 'eng_Latn' }))).rejects.toThrow(
    /must be \.txt, \.jsonl or \.html/,
  );
});
