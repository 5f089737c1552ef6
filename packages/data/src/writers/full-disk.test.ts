// biome-ignore-all lint/suspicious/noTemplateCurlyInString: path templates name their fields so
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createDocumentWriter } from './create-document-writer.ts';

/** A file system of 1 MiB; only root may make one. */
function mountTiny(): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'tiny-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory], { stdio: 'ignore' });
    return directory;
  } catch {
    return undefined;
  }
}

const tiny = mountTiny();
afterAll(() => {
  if (tiny !== undefined) execFileSync('umount', [tiny]);
});

test.skipIf(tiny === undefined)('a full disk stops the writer, and abandoning leaves nothing', async () => {
  const directory = join(tiny!, 'out');
  const writer = createDocumentWriter({
    directory,
    template: '${language}/${rank}.jsonl',
    rank: 0,
    maxHeldBytes: 100_000,
  });
  const document = (number: number) => ({
    id: `${number}`,
    text: 'x'.repeat(10_000),
    language: 'eng_Latn',
    metadata: {},
  });
  const fill = async (): Promise<void> => {
    for (let number = 0; number < 1000; number++) await writer.write(document(number));
  };
  await expect(fill()).rejects.toThrow(/every document must reach the disk, got ENOSPC.*make room/s);
  await writer.abandon();
  expect((await readdir(directory, { recursive: true })).filter((path) => path.includes('jsonl'))).toEqual([]);
});

test('a disk that fails at the end gives no file its name', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fail-'));
  // A file stands where a folder is needed: every block fails.
  await writeFile(join(directory, 'eng_Latn'), '');
  const writer = createDocumentWriter({ directory, template: '${language}/${rank}.jsonl', rank: 0 });
  for (const language of ['swh_Latn', 'eng_Latn']) await writer.write({ id: 'a', text: 'x', language, metadata: {} });
  await expect(writer.close()).rejects.toThrow(/every document must reach the disk/);
  await writer.abandon();
  expect((await readdir(directory, { recursive: true })).filter((path) => path.includes('jsonl'))).toEqual([]);
});
