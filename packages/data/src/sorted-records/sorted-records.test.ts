import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { createRandomStream } from '../random/create-random-stream.ts';
import { createRecordSorter, runsOfSection } from './create-record-sorter.ts';
import { mergeRuns } from './merge-runs.ts';
import { createRecordWriter, findRecord, openRecordRun } from './record-files.ts';
import { compareRecords, RECORD_WORDS, sortRecords } from './sort-records.ts';

const directory = mkdtempSync(join(tmpdir(), 'sorted-records-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Row = [number, number, number, number];
const compareRows = (a: Row, b: Row): number => compareRecords(Uint32Array.from(a), 0, Uint32Array.from(b), 0);
const rowsOf = (words: Uint32Array): Row[] =>
  Array.from({ length: words.length / RECORD_WORDS }, (_, i) => [...words.subarray(i * 4, i * 4 + 4)] as Row);

function randomRows(count: number, limit: number): Row[] {
  const random = createRandomStream(`rows-${count}-${limit}`);
  return Array.from({ length: count }, () => Array.from({ length: 4 }, () => random.integer(limit)) as Row);
}

describe('sorting in memory', () => {
  test.each([
    [0, 10],
    [1, 10],
    [255, 3],
    [256, 3],
    [5000, 4],
    [5000, 2 ** 32],
  ])('%i records of values below %i', (count, limit) => {
    const rows = randomRows(count, limit);
    const words = Uint32Array.from([...rows.flat(), 7, 7, 7, 7]);
    sortRecords(words, count, new Uint32Array(words.length));
    expect(rowsOf(words.subarray(0, count * RECORD_WORDS))).toEqual([...rows].sort(compareRows));
    expect([...words.subarray(-4)]).toEqual([7, 7, 7, 7]);
  });
});

test('law: runs merged from disk are the records sorted, for any bound of memory and any fan-in', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.nat(9), fc.nat(9)), { maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 2, max: 5 }),
      (rows, maxResidentRecords, fanIn) => {
        const sorter = createRecordSorter({ directory, name: 'law', numSections: 2, maxResidentRecords });
        for (const row of rows) sorter.push(row[3] % 2, ...row);
        const files = sorter.finish();
        for (const section of [0, 1]) {
          const seen: Row[] = [];
          mergeRuns(runsOfSection(directory, files, section), directory, (...row) => seen.push(row), fanIn);
          expect(seen).toEqual(rows.filter((row) => row[3] % 2 === section).sort(compareRows));
        }
        expect(readdirSync(directory).filter((name) => name.startsWith('.merged'))).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

test('a run is read in buffers and searched', () => {
  const path = join(directory, 'run');
  const writer = createRecordWriter(path);
  for (let i = 0; i < 100; i++) writer.push(i >> 1, i & 1, i, 0);
  writer.close();
  const cursor = openRecordRun({ path, start: 10, end: 20 }, 3);
  const seen: number[] = [];
  for (; cursor.at >= 0; cursor.next()) seen.push(cursor.words[cursor.at + 2]!);
  expect(seen).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  const run = { path, start: 0, end: 100 };
  expect([findRecord(run, 0), findRecord(run, 7), findRecord(run, 7, 1), findRecord(run, 99)]).toEqual([
    0, 14, 15, 100,
  ]);
  expect(() => openRecordRun({ path, start: 90, end: 120 })).toThrow(/its end at byte 1600/);
});
