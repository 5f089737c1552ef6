import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { disposeParams, initBackend } from '@marco-ts/core';
import { loadQwen2, saveQwen2 } from '@marco-ts/model/files';
import { loadTokenizer } from '@marco-ts/tokenizer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyChatModel } from '../../../test/fixtures/tiny-chat-model.ts';
import { EXIT_CODES } from '../../errors.ts';
import { runCommandLine } from '../run-command-line.ts';

let directory: string;
const at = (name: string): string => join(directory, name);
const swahili = 'Watu wote wamezaliwa huru, hadhi na haki zao ni sawa. Wote wamejaliwa akili na dhamiri.';
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'marco-tokenizer-'));
  const rows = [
    { text: 'All human beings are born free and equal in dignity and rights.', language: 'eng_Latn' },
    { text: swahili, lang: 'sw' },
    { text: `${swahili} ${swahili}` },
  ];
  writeFileSync(at('udhr.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  await initBackend({ prefer: ['cpu'] });
  const model = tinyChatModel();
  await saveQwen2(at('model'), { ...model, files: model.tokenizer.files() });
  disposeParams(model.params);
});
afterAll(() => rmSync(directory, { recursive: true }));

async function marco(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const text = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        text[name] += chunk.toString();
        done();
      },
    }) as unknown as NodeJS.WriteStream;
  const pipeline = { codeVersion: '1', stages: async () => [], collectResults: async () => Promise.reject() };
  const code = await runCommandLine(args, pipeline, { stdout: stream('stdout'), stderr: stream('stderr') });
  return { code, ...text };
}

test('train writes a directory that loads, and languages come from rows or the file', async () => {
  const made = await marco('tokenizer', 'train', at('udhr.jsonl'), '--vocab-size', '280', '--out', at('new'), '--json');
  expect(made).toMatchObject({ code: EXIT_CODES.done, stderr: '' });
  const { vocabSize, fertility } = JSON.parse(made.stdout);
  expect((await loadTokenizer(at('new'))).vocabSize).toBe(vocabSize);
  expect(fertility.map(({ language }: { language: string }) => language)).toEqual(['eng_Latn', 'sw', 'udhr']);
  const again = await marco('tokenizer', 'train', at('udhr.jsonl'), '--vocab-size', '280', '--out', at('new'));
  expect(again.code).toBe(EXIT_CODES.badInput);
  expect(again.stderr).toMatch(/--out must be a new directory/);
});

test('extend keeps old ids, lets embeddings grow, and shows fewer tokens per word', async () => {
  const args = ['--new-tokens', '20', '--model', at('model'), '--out', at('grown')];
  const { code, stdout } = await marco('tokenizer', 'extend', at('model'), at('udhr.jsonl'), ...args);
  expect(code).toBe(EXIT_CODES.done);
  expect(stdout).toMatch(/before: tokens\/word.*after: tokens\/word/);
  const [, before, after] = stdout.match(/udhr +1 +([\d.]+) +[\d.]+ +([\d.]+)/)!;
  expect(Number(after)).toBeLessThan(Number(before));
  const old = await loadTokenizer(at('model'));
  const tokenizer = await loadTokenizer(at('grown'));
  expect(tokenizer.vocabSize).toBe(old.vocabSize + 20);
  expect(tokenizer.idToToken(300)).toBe(old.idToToken(300));
  const { config, params } = await loadQwen2(at('grown'));
  expect(config.vocabSize).toBe(tokenizer.vocabSize);
  expect(params.get('model.embed_tokens.weight')!.shape[0]).toBe(config.vocabSize);
  disposeParams(params);
});

test('eval shows tokenizers side by side', async () => {
  const { stdout } = await marco('tokenizer', 'eval', at('model'), at('udhr.jsonl'), '--beside', at('grown'), '--json');
  const [{ tokenizers }] = JSON.parse(stdout);
  expect(Object.keys(tokenizers)).toEqual(['model', 'grown']);
});

test('verify ends with 1 where ids differ and says where, and with 2 for what are no vectors', async () => {
  const tokenizer = await loadTokenizer(at('model'));
  const good = { text: 'Kila mtu', ids: [...tokenizer.encode('Kila mtu')] };
  writeFileSync(at('good.jsonl'), `${JSON.stringify(good)}\n`);
  expect((await marco('tokenizer', 'verify', at('model'), at('good.jsonl'))).code).toBe(EXIT_CODES.done);
  writeFileSync(
    at('bad.jsonl'),
    `${readFileSync(at('good.jsonl'))}${JSON.stringify({ ...good, ids: [good.ids[0], 7] })}\n`,
  );
  const bad = await marco('tokenizer', 'verify', at('model'), at('bad.jsonl'));
  expect(bad.code).toBe(EXIT_CODES.failed);
  expect(bad.stdout).toMatch(/^line 2, id 1: .* where 7 was due, in "Kila mtu"\n1 of 2 texts have the same ids\n$/);
  writeFileSync(at('none.jsonl'), '{"text": 3}\n');
  const none = await marco('tokenizer', 'verify', at('model'), at('none.jsonl'));
  expect(none.code).toBe(EXIT_CODES.badInput);
  expect(none.stderr).toMatch(/none\.jsonl:1/);
});
