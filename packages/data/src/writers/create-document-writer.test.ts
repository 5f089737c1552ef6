// biome-ignore-all lint/suspicious/noTemplateCurlyInString: path templates name their fields so
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Document } from '../document.ts';
import { listInputs } from '../readers/list-inputs.ts';
import { readDocuments } from '../readers/read-documents.ts';
import { createDocumentWriter } from './create-document-writer.ts';

const temporaryDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'write-'));
const document = (number: number, language: string): Document => ({
  id: `a:${number}`,
  text: `maneno ${number} 字\u2028 "x"`,
  language,
  metadata: { url: `https://x/${number}`, score: number / 3, isLong: false },
});
const documents = Array.from({ length: 300 }, (_, number) =>
  document(number, number % 3 === 0 ? 'swh_Latn' : 'tha_Thai'),
);

async function readBack(directory: string): Promise<Document[]> {
  const found: Document[] = [];
  for (const input of await listInputs({ locations: [directory] }))
    found.push(...(await Array.fromAsync(readDocuments(input))));
  return found;
}

test.each([
  '${language}/${rank}.jsonl',
  '${language}/${rank}.jsonl.gz',
  '${language}/${rank}.jsonl.zst',
  '${language}/${rank}.parquet',
])('what %s writes is read back, by language, and the same twice', async (template) => {
  const written = [];
  for (const maxHeldBytes of [1e6, 1e6, 2000]) {
    const directory = await temporaryDirectory();
    const writer = createDocumentWriter({ directory, template, rank: 7, maxHeldBytes });
    for (const entry of documents) await writer.write(entry);
    expect(
      (await readdir(directory, { recursive: true })).filter((path) => /\/[^.][^/]*(?:jsonl|parquet)/.test(path)),
    ).toEqual([]);
    written.push(await writer.close());
    expect((await readBack(directory)).sort((a, b) => Number(a.id.slice(2)) - Number(b.id.slice(2)))).toEqual(
      documents,
    );
    expect((await readdir(directory, { recursive: true })).filter((path) => path.includes('writing'))).toEqual([]);
  }
  expect(written[1]).toEqual(written[0]);
  expect(written[0]!.map(({ path, numDocuments }) => [path.replace(/\..*/, ''), numDocuments])).toEqual([
    ['swh_Latn/00007', 100],
    ['tha_Thai/00007', 200],
  ]);
});

test('files have a size limit, and what was abandoned leaves nothing', async () => {
  const directory = await temporaryDirectory();
  const writer = createDocumentWriter({ directory, template: '${rank}.jsonl', rank: 0, maxFileBytes: 4000 });
  for (const entry of documents) await writer.write(entry);
  const files = await writer.close();
  expect(files.length).toBeGreaterThan(5);
  expect(files.map(({ path }) => path)).toContain('00000-1.jsonl');
  expect(Math.max(...files.map(({ sizeBytes }) => sizeBytes))).toBeLessThan(4300);
  expect(await readBack(directory)).toHaveLength(300);

  const other = await temporaryDirectory();
  const abandoned = createDocumentWriter({ directory: other, template: '${rank}.jsonl', rank: 0, maxHeldBytes: 100 });
  for (const entry of documents.slice(0, 10)) await abandoned.write(entry);
  expect(await readdir(other)).toEqual(['.00000.jsonl.writing']);
  await abandoned.abandon();
  expect(await readdir(other)).toEqual([]);
  await expect(abandoned.write(documents[0]!)).rejects.toThrow(/must be open, got one that is failed/);
});

test('names from documents stay inside the directory, and templates are checked', async () => {
  const directory = await temporaryDirectory();
  const writer = createDocumentWriter({ directory, template: '${source}/${rank}.jsonl', rank: 0 });
  await writer.write({ ...documents[0]!, metadata: { source: '../../etc/passwd' } });
  expect((await writer.close()).map(({ path }) => path)).toEqual(['__.._etc_passwd/00000.jsonl']);
  for (const template of ['${language}.jsonl', '../${rank}.jsonl', '/${rank}.jsonl', '${rank}.csv', '${rank']) {
    expect(() => createDocumentWriter({ directory, template, rank: 0 })).toThrow(/a template must/);
  }
});

test('a file that a killed run left half-written is replaced', async () => {
  const directory = await temporaryDirectory();
  const options = { directory, template: '${rank}.jsonl', rank: 0, maxHeldBytes: 100 };
  const killed = createDocumentWriter(options);
  for (const entry of documents.slice(0, 50)) await killed.write(entry);
  const writer = createDocumentWriter(options);
  await writer.write(documents[0]!);
  await writer.close();
  expect(await readFile(join(directory, '00000.jsonl'), 'utf8')).toContain('"a:0"');
  expect(await readBack(directory)).toEqual([documents[0]]);
});
