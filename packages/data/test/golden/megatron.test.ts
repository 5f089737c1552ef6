/**
 * Megatron-LM's indexed dataset: files of its own writer, byte for byte, and read as a shard (tools/goldens/megatron_indexed_dataset.py).
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendIds, type IdList } from '@marco-ts/tokenizer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBatchLoader } from '../../src/batches/create-batch-loader.ts';
import { packSequences } from '../../src/batches/pack-sequences.ts';
import { openMegatron } from '../../src/megatron/open-megatron.ts';
import { writeMegatron } from '../../src/megatron/write-megatron.ts';
import { planMixture } from '../../src/mixture/plan-mixture.ts';
import { sourceStatsFromShards } from '../../src/mixture/source-stats.ts';

const GOLDEN = join(import.meta.dirname, 'megatron');
const VOCABULARIES = { uint16: 65_000, int32: 150_000 } as const;
let directory: string;
let documents: Record<keyof typeof VOCABULARIES, number[][]>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'megatron-'));
  documents = JSON.parse(await readFile(join(GOLDEN, 'documents.json'), 'utf8'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe.each(['uint16', 'int32'] as const)('%s', (dtype) => {
  const vocabSize = VOCABULARIES[dtype];

  test('our files are the bytes of Megatron', async () => {
    const texts = documents[dtype].map((ids, i) => ({
      id: `${i}`,
      text: ids.slice(0, -1).join(' '),
      language: 'eng_Latn',
      metadata: {},
    }));
    const appendOrdinary = (text: string, list: IdList) =>
      appendIds(list, text === '' ? [] : text.split(' ').map(Number));
    const prefix = join(directory, dtype);
    const written = await writeMegatron(prefix, texts, { vocabSize, eosTokenId: 0, appendOrdinary });
    expect(written).toEqual({ numDocuments: 4, numTokens: 13, dtype });
    for (const suffix of ['bin', 'idx'])
      expect(await readFile(`${prefix}.${suffix}`)).toEqual(await readFile(join(GOLDEN, `${dtype}.${suffix}`)));
    expect((await readdir(directory)).filter((name) => name.includes('writing'))).toEqual([]);
  });

  test("Megatron's files are read as a shard that batches are made of", async () => {
    const shard = await openMegatron(join(GOLDEN, dtype), { source: 'eng_Latn', vocabSize, eosTokenId: 0 });
    const read = documents[dtype].map((_, document) => {
      const ids = new Int32Array(shard.documentLength(document));
      shard.readTokens(document, 0, ids.length, ids, 0);
      return [...ids];
    });
    expect(read).toEqual(documents[dtype]);
    const plan = planMixture({
      sources: sourceStatsFromShards([shard], () => 'english'),
      shares: { english: 1, chinese: 0, high: 0, low: 0, parallel: 0, knowledge: 0, synthetic: 0 },
      numTokens: 13,
    });
    const packed = packSequences({ shards: [shard], plan, sequenceLength: 8, seed: 1 });
    expect(createBatchLoader({ shards: [shard], packed, microBatchSize: 1 }).numBatches).toBe(2);
    shard.close();
  });
});

test('files that do not fit together are refused with the place', async () => {
  const options = { source: 'x', vocabSize: 10, eosTokenId: 0 };
  const index = await readFile(join(GOLDEN, 'uint16.idx'));
  await writeFile(join(directory, 'cut.idx'), index.subarray(0, 60));
  await writeFile(join(directory, 'cut.bin'), new Uint8Array(4));
  await expect(openMegatron(join(directory, 'cut'), options)).rejects.toThrow(/need 122 bytes, got 60 at byte 18/);
  await writeFile(join(directory, 'cut.idx'), index);
  await expect(openMegatron(join(directory, 'cut'), options)).rejects.toThrow(/must fill 26 bytes, got 4/);
});
