import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { knowledgeRows } from '../knowledge/knowledge-rows.ts';
import type { ByteParts } from './bytes/byte-part.ts';
import { splitJson } from './bytes/split-json.ts';
import { listInputs } from './list-inputs.ts';
import { type ReadDocumentsOptions, readDocuments } from './read-documents.ts';

async function read(contents: string, options: ReadDocumentsOptions = {}, name = 'a.json') {
  const path = join(await mkdtemp(join(tmpdir(), 'json-')), name);
  await writeFile(path, name.endsWith('.gz') ? gzipSync(contents) : contents);
  const [input] = await listInputs({ locations: [path] });
  const faults: string[] = [];
  const onFault: ReadDocumentsOptions['onFault'] = ({ byteOffset, reason }) =>
    void faults.push(`${byteOffset} ${reason}`);
  const documents = await Array.fromAsync(readDocuments(input!, { language: 'eng_Latn', onFault, ...options }));
  return { read: documents.map(({ id, text }) => `${id} ${text}`), faults };
}

const ROWS = [
  { text: 'one ]}, "quoted" \\' },
  { id: 'own', text: '{"text": "inner"}', deep: [[{ a: '}' }]] },
  { text: 'ü' },
];
const READ = ['a.json:1 one ]}, "quoted" \\', 'own {"text": "inner"}', 'a.json:3 ü'];

test.each([
  ['an array', JSON.stringify(ROWS)],
  ['a printed array', `\ufeff${JSON.stringify(ROWS, null, 2)}\n`],
  ['JSON lines', ROWS.map((row) => JSON.stringify(row)).join('\n')],
  ['printed objects', ROWS.map((row) => JSON.stringify(row, null, 1)).join('\n\n')],
])('%s in a .json file', async (_, contents) => {
  expect(await read(contents)).toEqual({ read: READ, faults: [] });
});

test('values are the same wherever the bytes are cut', async () => {
  const bytes = Buffer.from(JSON.stringify(ROWS, null, 1));
  for (const size of [1, 2, 7]) {
    const parts = async function* (): ByteParts {
      for (let offset = 0; offset < bytes.length; offset += size)
        yield { bytes: bytes.subarray(offset, offset + size), offset };
    };
    const report = ({ detail }: { detail: string }): never => expect.fail(detail);
    const values = await Array.fromAsync(splitJson(parts(), { location: 'x', maxBytes: 1000, report }));
    expect(values.map(({ bytes: value }) => JSON.parse(`${value}`))).toEqual(ROWS);
    expect(values.map(({ at }) => bytes.indexOf(123, at.byteOffset))).toEqual(values.map(({ at }) => at.byteOffset));
  }
});

test('what is wrong is told with its byte', async () => {
  expect(await read('[{"text":"a"},{"text":}, {"text":"c"}]')).toEqual({
    read: ['a.json:1 a', 'a.json:2 c'],
    faults: ['14 malformed'],
  });
  expect(await read('[{"text":"a"}, 7, {"text":"c"}]')).toEqual({ read: ['a.json:1 a'], faults: ['15 malformed'] });
  expect(await read('[{"text":"a"}] {"text":"b"}')).toMatchObject({ faults: ['15 malformed'] });
  expect(await read('[{"text":"a"}, {"text":"b')).toEqual({ read: ['a.json:1 a'], faults: ['15 malformed'] });
  expect(await read('[{"text":"a"}')).toMatchObject({ faults: ['1 malformed'] });
  expect(await read('\0')).toMatchObject({ faults: ['0 malformed'] });
  const long = JSON.stringify([{ text: 'x'.repeat(5000) }, { text: 'b' }]);
  expect(await read(long, { maxDocumentBytes: 100 })).toEqual({ read: ['a.json:1 b'], faults: ['1 too_long'] });
  expect(await read(JSON.stringify(ROWS), {}, 'a.json.gz')).toMatchObject({ faults: [] });
});

test("SQuAD's nested articles are one document a question", async () => {
  const qas = [
    { id: 'q1', question: 'Where?', answers: [{ text: 'In Paris', answer_start: 3 }] },
    { id: 'q2', question: 'Why?', is_impossible: true, answers: [] },
  ];
  const squad = { version: '2.0', data: [{ title: 'T', paragraphs: [{ context: 'It is in Paris.', qas }] }] };
  const documentOfRow = knowledgeRows({ kind: 'reading' });
  expect(await read(JSON.stringify(squad), { documentOfRow })).toEqual({
    read: ['q1 It is in Paris.\n\nWhere?\n\nIn Paris'],
    faults: ['0 empty'],
  });
});
