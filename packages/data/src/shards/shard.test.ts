import { mkdtemp, open, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendIds, loadTokenizer, trainTokenizer } from '@marco-ts/tokenizer';
import { expect, test } from 'vitest';
import { packSequences } from '../batches/pack-sequences.ts';
import type { Document } from '../document.ts';
import { openShard } from './open-shard.ts';
import { requireOneTokenizer } from './require-one-tokenizer.ts';
import type { Shard, ShardTokenizer } from './shard.ts';
import { writeShard } from './write-shard.ts';

const bytes: ShardTokenizer = {
  vocabSize: 257,
  eosTokenId: 256,
  appendOrdinary: (text, list) => appendIds(list, new TextEncoder().encode(text)),
};
const wide: ShardTokenizer = {
  vocabSize: 151_936,
  eosTokenId: 151_643,
  appendOrdinary: (text, list) =>
    appendIds(
      list,
      Array.from(text, (c) => 70_000 + c.charCodeAt(0)),
    ),
};
const documents: Document[] = [
  { id: 'a', text: 'abc', language: 'eng_Latn', metadata: {} },
  { id: 'b', text: 'é', language: 'fra_Latn', metadata: {} },
  { id: 'c', text: 'defgh', language: 'eng_Latn', metadata: {} },
];
const place = async () => join(await mkdtemp(join(tmpdir(), 'shard-')), 'nested', 'shard');
const write = (directory: string, tokenizer = bytes, texts: readonly Document[] = documents) =>
  writeShard(directory, texts, tokenizer, { name: 'mixed/00000', source: 'mixed' });

test.each([
  ['uint16', bytes, 0, (text: string) => [...new TextEncoder().encode(text), 256]],
  ['uint32', wide, 0, (text: string) => [...text].map((c) => 70_000 + c.charCodeAt(0)).concat(151_643)],
])('%s: what is read is what was written, from memory and from the file', async (dtype, tokenizer, _, expected) => {
  const directory = await place();
  const info = await write(directory, tokenizer);
  expect(info).toMatchObject({
    dtype,
    numDocuments: 3,
    numBytes: 10,
    languages: ['eng_Latn', 'fra_Latn'],
    source: 'mixed',
  });
  for (const maxResidentBytes of [0, 1 << 20]) {
    const shard = await openShard(directory, { maxResidentBytes });
    expect(shard.info).toEqual(info);
    for (const [index, { text, language }] of documents.entries()) {
      const length = shard.documentLength(index);
      const target = new Int32Array(length + 2);
      shard.readTokens(index, 0, length, target, 1);
      expect([...target]).toEqual([0, ...expected(text), 0]);
      expect(shard.documentLanguage(index)).toBe(language);
    }
    const middle = new Int32Array(2);
    shard.readTokens(2, 1, 2, middle, 0);
    expect([...middle]).toEqual(expected('defgh').slice(1, 3));
    shard.close();
    expect(() => shard.readTokens(0, 0, 1, middle, 0)).toThrow(/must be open/);
  }
});

test('languages are counted in tokens', async () => {
  const info = await write(await place());
  expect(info.languageTokens).toEqual([10, 3]);
  expect(info.numTokens).toBe(13);
});

test('cut off, overlong, changed and missing files are refused with their place', async () => {
  const damage = async (change: (directory: string) => Promise<void>) => {
    const directory = await place();
    await write(directory);
    await change(directory);
    return openShard(directory).then(
      () => 'opened',
      (error: Error) => error.message,
    );
  };
  const flip = async (path: string, position: number) => {
    const file = await open(path, 'r+');
    await file.write(new Uint8Array([0x7f]), 0, 1, position);
    await file.close();
  };
  expect(await damage((d) => truncate(join(d, 'tokens.bin'), 20))).toMatch(
    /must hold 26 bytes, got a file cut off after byte 20 at .*tokens\.bin/,
  );
  expect(
    await damage(async (d) =>
      writeFile(join(d, 'tokens.bin'), Buffer.concat([await readFile(join(d, 'tokens.bin')), Buffer.alloc(4)])),
    ),
  ).toMatch(/4 bytes more from byte 26 on/);
  expect(await damage((d) => flip(join(d, 'tokens.bin'), 4))).toMatch(/the tokens' checksum must be/);
  expect(await damage((d) => flip(join(d, 'documents.bin'), 10))).toMatch(/checksum of the document table/);
  expect(await damage((d) => truncate(join(d, 'documents.bin'), 3))).toMatch(
    /cut off after byte 3 at .*documents\.bin/,
  );
  expect(await damage((d) => writeFile(join(d, 'shard.json'), '{"formatVersion": 1'))).toMatch(/must be JSON/);
  expect(await damage((d) => writeFile(join(d, 'shard.json'), '{"formatVersion": 9}'))).toMatch(
    /formatVersion must be 1, got 9/,
  );
  await expect(openShard('/nowhere')).rejects.toThrow(/must hold shard\.json, got none at \/nowhere/);
});

test('nothing is left behind when writing fails, and a used directory is not overwritten', async () => {
  const directory = await place();
  const empty = [...documents, { id: 'void', text: '', language: 'eng_Latn', metadata: {} }];
  await expect(write(directory, bytes, empty)).rejects.toThrow(/must have text, got an empty one at void/);
  expect(await readdir(join(directory, '..'))).toEqual([]);
  await expect(write(directory, { ...bytes, vocabSize: 100 })).rejects.toThrow(
    /in \[0, 100\), got 195 at token 0 of document b|got 101|got 100/,
  );
  await write(directory);
  await expect(write(directory)).rejects.toThrow(/must not hold files/);
  expect((await openShard(directory)).info.numDocuments).toBe(3);
});

test('reads outside a document are refused', async () => {
  const directory = await place();
  await write(directory);
  const shard = await openShard(directory);
  const target = new Int32Array(20);
  expect(() => shard.readTokens(0, 2, 3, target, 0)).toThrow(
    /document of 4, got \[2, 5\) at document 0 of mixed\/00000/,
  );
  expect(() => shard.documentLength(3)).toThrow(/in \[0, 3\), got 3/);
});

test('a shard without documents is whole', async () => {
  const directory = await place();
  await write(directory, bytes, []);
  expect((await openShard(directory)).info).toMatchObject({ numDocuments: 0, numTokens: 0 });
});

test('shards say which tokenizer wrote them: another of the same size is refused, of the same after saving is not', async () => {
  const sentences = documents.map(({ text }) => `${text} and more`);
  const tokenizer = trainTokenizer(sentences, { vocabSize: 263 });
  const other = trainTokenizer(
    sentences.map((text) => [...text].reverse().join('')),
    { vocabSize: 263 },
  );
  expect(other.vocabSize).toBe(tokenizer.vocabSize);
  const saved = await mkdtemp(join(tmpdir(), 'tokenizer-'));
  for (const [name, contents] of Object.entries(tokenizer.files())) await writeFile(join(saved, name), contents);
  const open = async (by: ShardTokenizer) => {
    const directory = await place();
    await write(directory, by);
    return openShard(directory);
  };
  const shards = [await open(tokenizer), await open(await loadTokenizer(saved)), await open(other), await open(bytes)];
  const [first, again, foreign, unmarked] = shards as [Shard, Shard, Shard, Shard];
  expect(first.info.tokenizerFingerprint).toBe(tokenizer.fingerprint());
  expect(unmarked.info).not.toHaveProperty('tokenizerFingerprint');

  const expected = { fingerprint: tokenizer.fingerprint(), where: 'my-model' };
  expect(requireOneTokenizer([first, again, unmarked], expected)).toEqual([unmarked]);
  expect(requireOneTokenizer([unmarked])).toEqual([unmarked]);
  const [wanted, got] = [tokenizer, other].map((one) => one.fingerprint().slice(0, 12));
  expect(() => requireOneTokenizer([first, foreign], expected)).toThrow(
    `with the tokenizer ${wanted}… of my-model, got ${got}… at ${foreign.directory}/shard.json`,
  );
  expect(() => requireOneTokenizer([unmarked, first, foreign])).toThrow(
    `${wanted}… of ${first.directory}/shard.json, got ${got}… at ${foreign.directory}`,
  );
  const plan = { numTokens: 0, sources: [] };
  expect(() => packSequences({ shards: [first, foreign], plan, sequenceLength: 8, seed: 1 })).toThrow(
    'shards must be written with the tokenizer',
  );
  for (const shard of shards) shard.close();
});
