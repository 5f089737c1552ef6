import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { InputFile } from './input-file.ts';
import { listInputs } from './list-inputs.ts';
import { listMosesPairs } from './pairs/list-moses-pairs.ts';
import type { ReadFault } from './read-fault.ts';
import { type ReadPairsOptions, readPairs } from './read-pairs.ts';

const languages = { sourceLanguage: 'eng_Latn', targetLanguage: 'swh_Latn', targetTag: 'sw' };

async function folder(files: Record<string, string | Uint8Array>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'pairs-'));
  for (const [name, contents] of Object.entries(files)) await writeFile(join(directory, name), contents);
  return directory;
}

async function read(input: InputFile, options: Partial<ReadPairsOptions> = {}) {
  const faults: ReadFault[] = [];
  const onFault = (fault: ReadFault): void => {
    faults.push(fault);
  };
  const pairs = await Array.fromAsync(readPairs(input, { ...languages, onFault, ...options }));
  return {
    pairs: pairs.map(({ id, source, target }) => [id, source, target]),
    faults: faults.map(({ byteOffset, line, reason }) => [byteOffset, line, reason]),
  };
}

async function readOne(
  name: string,
  contents: string | Uint8Array,
  options: Partial<ReadPairsOptions> & Pick<InputFile, never> = {},
  format?: InputFile['format'],
) {
  const directory = await folder({ [name]: contents });
  const [input] = await listInputs({ locations: [directory], ...(format === undefined ? {} : { format }) });
  return read(input!, options);
}

test('Moses: two files line by line, found by their suffixes, each compressed or not', async () => {
  const directory = await folder({
    'news.en': 'one\ntwo\n\nfour\nfive\n',
    'news.sw.gz': gzipSync('moja\nmbili\n\nnne\ntano\n'),
  });
  const inputs = await listMosesPairs({ locations: [directory], sourceTag: 'en', targetTag: 'sw' });
  expect(inputs.map(({ name }) => name)).toEqual(['news.en-sw']);
  expect(await read(inputs[0]!)).toEqual({
    pairs: [
      ['news.en-sw:1', 'one', 'moja'],
      ['news.en-sw:2', 'two', 'mbili'],
      ['news.en-sw:4', 'four', 'nne'],
      ['news.en-sw:5', 'five', 'tano'],
    ],
    faults: [],
  });
  await expect(listMosesPairs({ locations: [directory], sourceTag: 'en', targetTag: 'de' })).rejects.toThrow(
    /must have a \.de file/,
  );
});

test('Moses: a bad line costs its pair, a cut file ends the pairs, a longer side is reported', async () => {
  const bad = Buffer.concat([
    Buffer.from('one\n'),
    Buffer.from([0xff, 10]),
    Buffer.from('three\n'),
    Buffer.from(`${'x'.repeat(90)}\nfive\nsix\nseven\n`),
  ]);
  const directory = await folder({ 'a.en': bad, 'a.sw': 'moja\nmbili\ntatu\nnne\ntano\n' });
  const [input] = await listMosesPairs({ locations: [directory], sourceTag: 'en', targetTag: 'sw' });
  expect(await read(input!, { maxTextBytes: 50 })).toEqual({
    pairs: [
      ['a.en-sw:1', 'one', 'moja'],
      ['a.en-sw:3', 'three', 'tatu'],
      ['a.en-sw:5', 'five', 'tano'],
    ],
    faults: [
      [4, 2, 'invalid_utf8'],
      [12, 4, 'too_long'],
      [108, 6, 'malformed'],
    ],
  });
  const lines = Array.from({ length: 5000 }, (_, number) => `${number} ${Math.sin(number)}`).join('\n');
  const cut = await folder({ 'a.en.gz': gzipSync(lines).subarray(0, 20_000), 'a.sw': lines });
  const [cutInput] = await listMosesPairs({ locations: [cut], sourceTag: 'en', targetTag: 'sw' });
  const { pairs, faults } = await read(cutInput!);
  expect(pairs.length).toBeGreaterThan(1000);
  expect(pairs.every(([, source, target]) => source === target)).toBe(true);
  expect(faults.map(([, , reason]) => reason)).toEqual(['unreadable']);
});

test('TSV: any two columns, missing ones reported', async () => {
  const contents = 'id\tone\tmoja\nid\ttwo\n\nid\t\tx\nid\tthree\ttatu\textra';
  expect(await readOne('a.tsv', contents, { sourceColumn: 1, targetColumn: 2 })).toEqual({
    pairs: [
      ['a.tsv:1', 'one', 'moja'],
      ['a.tsv:5', 'three', 'tatu'],
    ],
    faults: [
      [12, 2, 'malformed'],
      [20, 4, 'empty'],
    ],
  });
});

test('JSONL: the field translation, by tag or code', async () => {
  const contents =
    '{"translation":{"en":"one","sw":"moja"}}\n{"translation":{"eng_Latn":"two","SW":"mbili"}}\n{"translation":{"en":"x"}}\n{"text":"x"}\nbroken';
  expect(await readOne('a.jsonl', contents, {}, 'translation')).toEqual({
    pairs: [
      ['a.jsonl:1', 'one', 'moja'],
      ['a.jsonl:2', 'two', 'mbili'],
    ],
    faults: [
      [89, 3, 'malformed'],
      [116, 4, 'malformed'],
      [129, 5, 'malformed'],
    ],
  });
});

const tmx = (units: string): string => `<?xml version="1.0"?><tmx version="1.4"><header/><body>${units}</body></tmx>`;
const unit = (en: string, sw: string): string =>
  `<tu><tuv xml:lang="EN-US"><seg>${en}</seg></tuv><tuv xml:lang="fr"><seg>x</seg></tuv><tuv xml:lang="sw"><seg>${sw}</seg></tuv></tu>\n`;

test('TMX: UTF-8 and UTF-16, codes left out, marked text kept, other languages passed over', async () => {
  const contents = tmx(
    `${unit('one &amp; <hi>a</hi>', 'moja <bpt i="1">&lt;b></bpt>字<ept i="1">&lt;/b></ept>')}<tu><tuv xml:lang="en"><seg>alone</seg></tuv></tu>${unit('two', 'mbili')}`,
  );
  const expected = {
    pairs: [
      ['a.tmx:1', 'one & a', 'moja 字'],
      ['a.tmx:3', 'two', 'mbili'],
    ],
    faults: [],
  };
  expect(await readOne('a.tmx', contents)).toEqual(expected);
  expect(await readOne('a.tmx', Buffer.from(`\ufeff${contents}`, 'utf16le'))).toEqual(expected);
});

test('TMX: broken units, entities that multiply, depth and endless text are reported with their place', async () => {
  const start = tmx('').indexOf('</body>');
  const broken = tmx(`${unit('one', 'moja')}${unit('<b>two', 'mbili')}${unit('&bomb;', 'x')}`);
  const result = await readOne('a.tmx', broken);
  expect(result.pairs).toEqual([['a.tmx:1', 'one', 'moja']]);
  expect(result.faults[0]).toEqual([start + unit('one', 'moja').length + 4, 2, 'malformed']);
  const laughs = `<!DOCTYPE tmx [<!ENTITY a "${'x'.repeat(1000)}"><!ENTITY b "&a;&a;&a;&a;&a;">]>`;
  expect((await readOne('a.tmx', tmx(unit('&b;', 'y')).replace('<tmx', `${laughs}<tmx`))).faults).toMatchObject([
    [expect.any(Number), 1, 'malformed'],
  ]);
  expect((await readOne('a.tmx', tmx('<x>'.repeat(100_000)))).faults.map(([, , reason]) => reason)).toEqual([
    'too_complex',
  ]);
  expect(
    (await readOne('a.tmx', tmx(unit('x'.repeat(900_000), 'y')), { maxTextBytes: 1000 })).faults.map(
      ([, , reason]) => reason,
    ),
  ).toEqual(['too_long']);
  expect((await readOne('a.tmx', 'no xml at all')).faults.map(([, , reason]) => reason)).toEqual(['malformed']);
  expect((await readOne('a.tmx', tmx(unit('one', 'moja')).slice(0, -60))).faults.map(([, , reason]) => reason)).toEqual(
    ['malformed'],
  );
});

const lafand = join(process.env.MARCO_TEST_DATA ?? '', 'parallel/lafand_mt/en-swa.dev.tsv');
test.skipIf(!existsSync(lafand))('real pairs of a real file', async () => {
  const [input] = await listInputs({ locations: [lafand] });
  const { pairs, faults } = await read(input!);
  expect(pairs.length + faults.length).toBe(300);
  expect(faults).toEqual([]);
});
