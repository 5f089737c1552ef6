import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exactDedup } from '../dedup/exact-dedup.ts';
import { minhashDedup } from '../dedup/minhash-dedup.ts';
import { createUnionFind } from '../dedup/union-find.ts';
import type { Document } from '../document.ts';
import { createRandomStream } from '../random/create-random-stream.ts';
import { createRecordSorter, runsOfSection } from '../sorted-records/create-record-sorter.ts';
import { mergeRuns } from '../sorted-records/merge-runs.ts';
import { CLUSTERS_FILE, clusterDuplicates, DUPLICATES_FILE } from './cluster-duplicates.ts';
import { createDuplicateKeys, type DuplicateKeysOptions } from './duplicate-keys.ts';
import { type DuplicateVerdict, duplicatesOfFile } from './duplicates-of-file.ts';
import { findDuplicatePairs } from './find-duplicate-pairs.ts';
import { joinPairs } from './join-pairs.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'disk-dedup-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const folder = (name: string): string => {
  const path = join(directory, name);
  mkdirSync(path, { recursive: true });
  return path;
};

/** All four steps over files of documents. */
function verdicts(
  files: readonly (readonly Document[])[],
  options: DuplicateKeysOptions,
  { maxResidentRecords = 1 << 20, numParts = 2, maxResidentUnits = 1 << 20 } = {},
): DuplicateVerdict[][] {
  const { numBuckets } = createDuplicateKeys(options);
  const sorted = files.map((documents, file) => {
    const where = folder(`keys-${file}`);
    const sorter = createRecordSorter({ directory: where, name: 'keys', numSections: numBuckets, maxResidentRecords });
    const keys = createDuplicateKeys(options);
    for (const document of documents)
      keys.add(document, (bucket, low, high, unit) => sorter.push(bucket, low, high, file, unit));
    return { where, spilled: sorter.finish() };
  });
  const pairs = Array.from({ length: numBuckets * numParts }, (_, index) => {
    const [bucket, part] = [Math.floor(index / numParts), index % numParts];
    const where = folder(`pairs-${index}`);
    const runs = sorted.flatMap((file) => runsOfSection(file.where, file.spilled, bucket));
    return runsOfSection(where, findDuplicatePairs({ runs, part, numParts, directory: where, maxResidentRecords }));
  });
  const clusters = folder('clusters');
  clusterDuplicates({ runs: pairs.flat(), directory: clusters, isJoined: numBuckets === 1, maxResidentUnits });
  expect(readdirSync(clusters).sort()).toEqual([CLUSTERS_FILE, DUPLICATES_FILE]);
  return files.map((documents, file) => {
    const cursor = duplicatesOfFile(clusters, file);
    const { by } = options;
    return documents.flatMap(({ text }) =>
      text.split(by === 'line' ? '\n' : by === 'paragraph' ? '\n\n' : /$^/).map(() => cursor.next()),
    );
  });
}

const letters = (value: number): string =>
  value.toString(26).replace(/\d/g, (digit) => String.fromCharCode(113 + Number(digit)));

/** Families of near-duplicates whose members lie scattered, some of them too far apart to pair directly. */
function families(seed: string, count: number): Document[] {
  const random = createRandomStream(seed);
  const texts: string[][] = [];
  return Array.from({ length: count }, (_, index) => {
    const base =
      texts.length > 0 && random.next() < 0.7
        ? [...texts[random.integer(texts.length)]!]
        : Array.from({ length: 80 + random.integer(80) }, () => letters(random.integer(1e6)));
    for (let i = random.integer(5); i > 0; i--) base[random.integer(base.length)] = letters(random.integer(1e6));
    texts.push(base);
    return {
      id: `${index}`,
      text: base.join(' '),
      language: index % 7 === 0 ? 'fra_Latn' : 'eng_Latn',
      metadata: {},
    };
  });
}

test('verdicts and cluster sizes are those of minhashDedup, for any files, bounds and parts', async () => {
  const documents = families('families', 260);
  const expected = await minhashDedup(documents);
  expect(expected.dropped.length).toBeGreaterThan(50);
  const sizeOf = new Map(expected.kept.map(({ id }, index) => [id, expected.clusterSizes[index]]));
  for (const { numFiles, ...bounds } of [
    { numFiles: 1 },
    { numFiles: 5, maxResidentRecords: 500, numParts: 3 },
    { numFiles: 9, maxResidentUnits: 10 },
  ]) {
    const perFile = Math.ceil(documents.length / numFiles);
    const files = Array.from({ length: numFiles }, (_, i) => documents.slice(i * perFile, (i + 1) * perFile));
    const found = verdicts(files, { by: 'minhash' }, bounds).flat();
    expect(found.map(({ isDuplicate }) => !isDuplicate)).toEqual(documents.map(({ id }) => sizeOf.has(id)));
    expect(found.map(({ clusterSize }) => clusterSize)).toEqual(documents.map(({ id }) => sizeOf.get(id) ?? 1));
    rmSync(directory, { recursive: true });
  }
});

test('equal documents are those of exactDedup', async () => {
  const documents = families('exact', 40).flatMap((document, i) => [document, { ...document, id: `${i}/again` }]);
  const kept = new Set((await Array.fromAsync(exactDedup(documents))).map(({ id }) => id));
  const found = verdicts([documents.slice(0, 30), documents.slice(30)], { by: 'document' }).flat();
  expect(documents.filter((_, i) => !found[i]!.isDuplicate).map(({ id }) => id)).toEqual([...kept]);
  expect(found.reduce((sum, { isDuplicate, clusterSize }) => sum + (isDuplicate ? 0 : clusterSize), 0)).toBe(80);
});

test('lines that were seen before, in any file; short ones never count', () => {
  const document = (text: string): Document => ({ id: text, text, language: 'eng_Latn', metadata: {} });
  const files = [
    [document('Accept all cookies now\nok\nok'), document('one of its own kind')],
    [document('ok\n Accept all cookies now ')],
  ];
  const found = verdicts(files, { by: 'line', minCharacters: 10 });
  expect(found.map((units) => units.map(({ isDuplicate }) => isDuplicate))).toEqual([
    [false, false, false, false],
    [false, true],
  ]);
  expect(found[0]![0]!.clusterSize).toBe(2);
});

test('law: pairs joined within any bound of memory are the sets of union-find', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(24), fc.nat(24)), { maxLength: 40 }),
      fc.integer({ min: 2, max: 60 }),
      (given, maxResidentUnits) => {
        const pairs = given.filter(([a, b]) => a !== b).map(([a, b]) => [Math.max(a, b), Math.min(a, b)] as const);
        const sets = createUnionFind(25);
        const sorter = createRecordSorter({ directory, name: 'law' });
        for (const [later, first] of pairs) {
          sets.union(later, first);
          sorter.push(0, Math.floor(later / 5), later % 5, Math.floor(first / 5), first % 5);
        }
        const expected = Array.from({ length: 25 }, (_, i) => [i, sets.find(i)]).filter(([i, root]) => i !== root);
        const runs = joinPairs({ runs: runsOfSection(directory, sorter.finish()), directory, maxResidentUnits });
        const found: number[][] = [];
        mergeRuns(runs, directory, (file, unit, firstFile, firstUnit) => {
          found.push([file * 5 + unit, firstFile * 5 + firstUnit]);
        });
        expect(found).toEqual(expected);
      },
    ),
    { numRuns: 80 },
  );
});

test('a chain far longer than the bound still joins: the first unit of all', () => {
  const sorter = createRecordSorter({ directory, name: 'chain' });
  for (let i = 1; i < 500; i++) sorter.push(0, 0, i, 0, i - 1);
  clusterDuplicates({
    runs: runsOfSection(directory, sorter.finish()),
    directory: folder('chain'),
    isJoined: false,
    maxResidentUnits: 8,
  });
  const records = new Uint32Array(new Uint8Array(readFileSync(join(directory, 'chain', CLUSTERS_FILE))).buffer);
  expect([...records]).toEqual([0, 0, 500, 0]);
});
