import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendIds, type IdList } from '@marco-ts/tokenizer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Document } from '../document.ts';
import type { MixturePlan } from '../mixture/plan-mixture.ts';
import { openShard } from '../shards/open-shard.ts';
import type { Shard, ShardInfo } from '../shards/shard.ts';
import { writeShard } from '../shards/write-shard.ts';
import { packBestFit } from './best-fit.ts';
import { createBatchLoader } from './create-batch-loader.ts';
import { packSequences, paddingShare } from './pack-sequences.ts';
import { decodePackedPlan, encodePackedPlan } from './packed-plan-file.ts';
import { IGNORE_INDEX } from './token-batch.ts';

const EOS = 9_999;

/** A shard in memory whose token at position p of document d is d·100 + p, with the end-of-text id last. */
function memoryShard(source: string, lengths: readonly number[], name = `${source}/00000`): Shard {
  const info: ShardInfo = {
    formatVersion: 1,
    name,
    source,
    languages: ['eng_Latn'],
    dtype: 'uint16',
    vocabSize: 10_000,
    eosTokenId: EOS,
    numDocuments: lengths.length,
    numTokens: lengths.reduce((a, b) => a + b, 0),
    numBytes: 0,
    languageTokens: [],
    tokensChecksum: `${name}/${lengths.join()}`,
    documentsChecksum: '',
  };
  return {
    info,
    directory: name,
    documentLength: (index) => lengths[index]!,
    documentLanguage: () => 'eng_Latn',
    readTokens: (index, start, length, target, offset) => {
      for (let i = 0; i < length; i++)
        target[offset + i] = start + i === lengths[index]! - 1 ? EOS : index * 100 + start + i;
    },
    close: () => undefined,
  };
}

const planOf = (budgets: Record<string, number>): MixturePlan => ({
  numTokens: Object.values(budgets).reduce((a, b) => a + b, 0),
  sources: Object.entries(budgets).map(([name, budget]) => ({
    name,
    tier: 'low',
    numTokens: budget,
    numDocuments: 1,
    share: 0,
    budget,
    epochs: 1,
  })),
});

const lengthsOf = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 60 });
const sequenceLengthOf = fc.integer({ min: 2, max: 40 });

describe('best fit', () => {
  test('law: every piece is in one bin, and no bin is over its capacity', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 64 }), { maxLength: 300 }), (lengths) => {
        const { numBins, binOf } = packBestFit(Uint32Array.from(lengths), 64);
        const load = new Array<number>(numBins).fill(0);
        for (const [piece, length] of lengths.entries()) load[binOf[piece]!]! += length;
        expect(load.every((sum) => sum > 0 && sum <= 64)).toBe(true);
        // Best-fit decreasing never leaves two bins that could be one.
        const sorted = load.sort((a, b) => a - b);
        if (numBins > 1) expect(sorted[0]! + sorted[1]!).toBeGreaterThan(64);
      }),
    );
  });

  test('agrees with a plain search for the fullest bin that fits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 80 }), (lengths) => {
        const order = lengths.map((_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
        const room: number[] = [];
        for (const piece of order) {
          const fitting = room.map((left, bin) => ({ left, bin })).filter(({ left }) => left >= lengths[piece]!);
          if (fitting.length === 0) room.push(20 - lengths[piece]!);
          else room[fitting.reduce((a, b) => (b.left < a.left ? b : a)).bin]! -= lengths[piece]!;
        }
        expect(packBestFit(Uint32Array.from(lengths), 20).numBins).toBe(room.length);
      }),
    );
  });
});

describe('packing', () => {
  test('law: one epoch loses and duplicates no token', () => {
    fc.assert(
      fc.property(lengthsOf, lengthsOf, sequenceLengthOf, fc.integer(), (a, b, sequenceLength, seed) => {
        const shards = [memoryShard('a', a), memoryShard('b', b)];
        const plan = planOf({ a: shards[0]!.info.numTokens, b: shards[1]!.info.numTokens });
        fc.pre(plan.sources.every(({ budget }) => budget >= 2));
        const packed = packSequences({ shards, plan, sequenceLength, seed });
        const seen = new Set<string>();
        let total = 0;
        for (let piece = 0; piece < packed.pieceLength.length; piece++) {
          const source = packed.sourceNames[packed.pieceSource[piece]!]!;
          expect(packed.shardNames[packed.pieceShard[piece]!]).toBe(`${source}/00000`);
          for (let i = 0; i < packed.pieceLength[piece]!; i++) {
            seen.add(`${source}/${packed.pieceDocument[piece]}/${packed.pieceStart[piece]! + i}`);
            total++;
          }
        }
        const left = plan.numTokens - total;
        expect(seen.size).toBe(total);
        // A last single token per source may be left out: it could predict nothing.
        expect(left).toBeGreaterThanOrEqual(0);
        expect(left).toBeLessThanOrEqual(2);
      }),
    );
  });

  test('law: every source gives the tokens planned, over any number of epochs, and epochs come one after the other', () => {
    fc.assert(
      fc.property(lengthsOf, sequenceLengthOf, fc.integer({ min: 2, max: 5000 }), (lengths, sequenceLength, budget) => {
        const shards = [memoryShard('a', lengths)];
        const packed = packSequences({ shards, plan: planOf({ a: budget }), sequenceLength, seed: 1 });
        expect(budget - packed.placedTokens[0]!).toBeLessThanOrEqual(1);
        const uses = new Map<string, number>();
        for (let piece = 0; piece < packed.pieceLength.length; piece++) {
          for (let i = 0; i < packed.pieceLength[piece]!; i++) {
            const key = `${packed.pieceDocument[piece]}/${packed.pieceStart[piece]! + i}`;
            uses.set(key, (uses.get(key) ?? 0) + 1);
          }
        }
        const epochs = budget / shards[0]!.info.numTokens;
        for (const count of uses.values()) expect(count).toBeLessThanOrEqual(Math.ceil(epochs));
        if (epochs >= 2) expect(Math.min(...uses.values())).toBeGreaterThanOrEqual(Math.floor(epochs) - 1);
      }),
    );
  });

  test('little padding on documents of real lengths', () => {
    const lengths = Array.from({ length: 2000 }, (_, i) => 20 + ((i * 7919) % 400));
    const shards = [memoryShard('a', lengths)];
    const packed = packSequences({
      shards,
      plan: planOf({ a: shards[0]!.info.numTokens }),
      sequenceLength: 256,
      seed: 1,
    });
    expect(paddingShare(packed)).toBeLessThan(0.01);
  });

  test('the same for a seed, another order for another', () => {
    const shards = [
      memoryShard(
        'a',
        Array.from({ length: 50 }, (_, i) => 5 + i),
      ),
    ];
    const pack = (seed: number) => packSequences({ shards, plan: planOf({ a: 1000 }), sequenceLength: 32, seed });
    expect(pack(1)).toEqual(pack(1));
    expect(pack(1).pieceDocument).not.toEqual(pack(2).pieceDocument);
  });

  test('wrong lengths and missing shards are refused', () => {
    const shards = [memoryShard('a', [5])];
    expect(() => packSequences({ shards, plan: planOf({ a: 5 }), sequenceLength: 1, seed: 1 })).toThrow(
      /at least 2, got 1/,
    );
    expect(() => packSequences({ shards, plan: planOf({ a: 5, b: 5 }), sequenceLength: 8, seed: 1 })).toThrow(
      /got none for b/,
    );
  });
});

describe('a plan as bytes', () => {
  const shards = [memoryShard('a', [5, 9, 30]), memoryShard('b', [7])];
  const packed = packSequences({ shards, plan: planOf({ a: 44, b: 7 }), sequenceLength: 16, seed: 'x' });
  test('comes back whole', () => expect(decodePackedPlan(encodePackedPlan(packed))).toEqual(packed));
  test('damaged bytes are refused with their place', () => {
    const encoded = encodePackedPlan(packed);
    expect(() => decodePackedPlan(encoded.subarray(0, encoded.length - 16))).toThrow(/must hold .* at byte/);
    expect(() => decodePackedPlan(encoded.subarray(0, 4))).toThrow(/at least 12 bytes, got 4/);
    expect(() => decodePackedPlan(new Uint8Array(64))).toThrow(/begin with MPLN/);
    const edited = (from: string, to: string) =>
      Buffer.from(Buffer.from(encoded).toString('latin1').replace(from, to), 'latin1');
    expect(() => decodePackedPlan(edited('{"seq', '("seq'))).toThrow(/header must be JSON/);
    expect(() => decodePackedPlan(edited('"numPieces":', '"numPieces":-'))).toThrow(
      /header must be JSON|numPieces must be/,
    );
    expect(() => decodePackedPlan(edited('"numSequences":', '"numsequences":'))).toThrow(
      /numSequences must be .*, got none/,
    );
    const offsets = decodePackedPlan(encoded).sequenceOffsets.slice();
    offsets[offsets.length - 1]!--;
    expect(() => decodePackedPlan(encodePackedPlan({ ...packed, sequenceOffsets: offsets }))).toThrow(
      /must end at piece/,
    );
  });
});

describe('batches', () => {
  const shards = [memoryShard('a', [5, 9, 30, 3]), memoryShard('b', [7, 12])];
  const packed = packSequences({ shards, plan: planOf({ a: 47, b: 19 }), sequenceLength: 16, seed: 3 });
  const load = (microBatchSize: number) => createBatchLoader({ shards: [...shards].reverse(), packed, microBatchSize });

  test('positions restart and segments change at each piece; padding is masked', () => {
    const loader = load(2);
    let used = 0;
    for (let index = 0; index < loader.numBatches; index++) {
      const batch = loader.batchAt(index);
      expect(batch.inputIds).toHaveLength(32);
      for (let i = 0; i < 32; i++) {
        if (batch.segmentIds[i] === -1) {
          expect([batch.labels[i], batch.inputIds[i], batch.sourceIds[i], batch.positionIds[i]]).toEqual([
            IGNORE_INDEX,
            EOS,
            -1,
            0,
          ]);
          continue;
        }
        used++;
        expect(batch.labels[i]).toBe(batch.inputIds[i]);
        const startsSegment = i % 16 === 0 || batch.segmentIds[i] !== batch.segmentIds[i - 1];
        expect(batch.positionIds[i]).toBe(startsSegment ? 0 : batch.positionIds[i - 1]! + 1);
        if (startsSegment && i % 16 !== 0) expect(batch.segmentIds[i]).toBe(batch.segmentIds[i - 1]! + 1);
        if (!startsSegment) expect(batch.sourceIds[i]).toBe(batch.sourceIds[i - 1]);
      }
    }
    expect(used).toBe(packed.placedTokens.reduce((a, b) => a + b, 0));
  });

  test('law: batch i is the same however it is reached', () => {
    const forward = load(2);
    const backward = load(2);
    const first = Array.from({ length: forward.numBatches }, (_, i) => forward.batchAt(i));
    for (let i = forward.numBatches - 1; i >= 0; i--) expect(backward.batchAt(i)).toEqual(first[i]);
    expect(load(2).batchAt(1)).toEqual(first[1]);
  });

  test('law: rows do not depend on the size of the batch', () => {
    const rows = (microBatchSize: number) => {
      const loader = load(microBatchSize);
      return Array.from({ length: loader.numBatches }, (_, i) => [...loader.batchAt(i).inputIds])
        .flat()
        .slice(0, packed.numSequences * 16);
    };
    expect(rows(3)).toEqual(rows(1));
    expect(rows(packed.numSequences)).toEqual(rows(1));
  });

  test('wrong indices, sizes and shards are refused', () => {
    const loader = load(2);
    expect(() => loader.batchAt(loader.numBatches)).toThrow(/integer in \[0, \d+\), got/);
    expect(() => loader.batchAt(0.5)).toThrow(/got 0\.5/);
    expect(() => load(0)).toThrow(/positive integer, got 0/);
    expect(() => createBatchLoader({ shards: [shards[0]!], packed, microBatchSize: 1 })).toThrow(/none named b\/00000/);
    const changed = memoryShard('b', [7, 13]);
    expect(() => createBatchLoader({ shards: [shards[0]!, changed], packed, microBatchSize: 1 })).toThrow(
      /got other tokens at b\/00000/,
    );
  });
});

test('from documents on disk to batches: every document ends with the end-of-text token', async () => {
  const root = await mkdtemp(join(tmpdir(), 'batches-'));
  const documents: Document[] = ['one text', 'another text', 'third'].map((text, i) => ({
    id: `${i}`,
    text,
    language: 'eng_Latn',
    metadata: {},
  }));
  const tokenizer = {
    vocabSize: 257,
    eosTokenId: 256,
    appendOrdinary: (text: string, list: IdList) => appendIds(list, new TextEncoder().encode(text)),
  };
  const info = await writeShard(join(root, 'eng'), documents, tokenizer, { name: 'eng/0', source: 'eng_Latn' });
  const shards = [await openShard(join(root, 'eng'), { maxResidentBytes: 0 })];
  const packed = packSequences({ shards, plan: planOf({ eng_Latn: info.numTokens }), sequenceLength: 16, seed: 1 });
  const loader = createBatchLoader({ shards, packed, microBatchSize: packed.numSequences });
  const { inputIds, segmentIds } = loader.batchAt(0);
  const texts: string[] = [];
  let current: number[] = [];
  for (let i = 0; i < inputIds.length; i++) {
    if (segmentIds[i] === -1) continue;
    if (inputIds[i] === 256) {
      texts.push(new TextDecoder().decode(Uint8Array.from(current)));
      current = [];
    } else current.push(inputIds[i]!);
  }
  expect(texts.sort()).toEqual(['another text', 'one text', 'third']);
  shards[0]!.close();
});
