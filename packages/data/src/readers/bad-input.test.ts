/**
 * What the readers do with input that is broken or made to break them: every fault has its place, memory stays bounded, reading goes on.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Document } from '../document.ts';
import { htmlToText, PageTooComplexError } from '../extract/html-to-text.ts';
import { createParquetEncoder } from '../writers/parquet-encoder.ts';
import { decompress } from './bytes/decompress.ts';
import { readLines } from './bytes/read-lines.ts';
import { decodeHtml } from './html/decode-html.ts';
import { listInputs } from './list-inputs.ts';
import { readDocuments } from './read-documents.ts';
import type { ReadFault } from './read-fault.ts';

async function read(name: string, contents: Uint8Array | string, options = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'bad-'));
  try {
    await writeFile(join(directory, name), contents);
    return await readPath(join(directory, name), options);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function readPath(path: string, options = {}) {
  const faults: ReadFault[] = [];
  const documents: Document[] = [];
  for (const input of await listInputs({ locations: [path] })) {
    const onFault = (fault: ReadFault): void => void faults.push(fault);
    for await (const document of readDocuments(input, { onFault, ...options })) documents.push(document);
  }
  return { documents, faults };
}

const line = (number: number): string => `{"text":"line ${number} ${Math.sin(number)}"}\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => line(from + index)).join('');

test.each([
  ['gz', gzipSync],
  ['zst', zstdCompressSync],
] as const)(
  '.%s: a truncated file gives what can be read and one fault with both offsets',
  async (suffix, compress) => {
    const whole = lines(0, 20_000);
    const packed = compress(whole);
    const { documents, faults } = await read(`a.jsonl.${suffix}`, packed.subarray(0, packed.length >> 1));
    expect(documents.length).toBeGreaterThan(4000);
    expect(documents.at(-1)!.text).toBe(JSON.parse(line(documents.length - 1)).text);
    expect(faults).toMatchObject([
      { reason: 'unreadable', compressedOffset: 0, detail: expect.stringMatching(/ends within/) },
    ]);
    expect(faults[0]!.byteOffset).toBeGreaterThanOrEqual(Buffer.byteLength(lines(0, documents.length)));
  },
);

test.each([
  ['gz', gzipSync],
  ['zst', zstdCompressSync],
] as const)('.%s: a damaged block costs itself and the next line, the others are read', async (suffix, compress) => {
  const blocks = [compress(lines(0, 1000)), compress(lines(1000, 2000)), compress(lines(2000, 3000))];
  blocks[1]!.fill(0xff, 0, 4);
  const { documents, faults } = await read(`a.jsonl.${suffix}`, Buffer.concat(blocks));
  const numbers = documents.map(({ text }) => Number(text.split(' ')[1]));
  expect(numbers.filter((number) => number < 1000)).toHaveLength(1000);
  expect(numbers.filter((number) => number >= 2000)).toHaveLength(999);
  expect(faults[0]).toMatchObject({ reason: 'unreadable', compressedOffset: blocks[0]!.length });
});

test('a wrong checksum, a wrong magic and no gzip at all are reported', async () => {
  const packed = gzipSync(lines(0, 10));
  packed[packed.length - 6]! ^= 1;
  expect((await read('a.jsonl.gz', packed)).faults).toMatchObject([
    { detail: expect.stringMatching(/checksum differs/) },
  ]);
  expect((await read('a.jsonl.gz', lines(0, 10))).faults).toMatchObject([{ byteOffset: 0, detail: 'no gzip header' }]);
  expect((await read('a.jsonl.zst', lines(0, 10))).faults).toMatchObject([{ byteOffset: 0, reason: 'unreadable' }]);
});

test('bombs of gzip and zstd end their file before they fill the memory', async () => {
  const zeros = Buffer.alloc(200 * 2 ** 20);
  for (const [suffix, bomb] of [
    ['gz', gzipSync(zeros)],
    ['zst', zstdCompressSync(zeros)],
  ] as const) {
    const { documents, faults } = await read(`a.txt.${suffix}`, bomb, { maxDocumentBytes: 2 ** 30 });
    expect(documents.length).toBe(0);
    expect(faults).toMatchObject([{ reason: 'compression_bomb', compressedOffset: 0 }]);
    expect(faults[0]!.byteOffset).toBeLessThan(80 * 2 ** 20);
  }
});

test('a line of 1 GB is passed over with its offset, and memory does not grow', async () => {
  const chunk = Buffer.alloc(1 << 20, 0x61);
  async function* stored(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('first\n');
    for (let number = 0; number < 1024; number++) yield chunk;
    yield Buffer.from('\nlast\n');
  }
  const faults: ReadFault[] = [];
  const before = process.memoryUsage().rss;
  let peak = 0;
  const found: string[] = [];
  const options = {
    location: 'big.jsonl',
    maxLineBytes: 16 * 2 ** 20,
    report: (fault: ReadFault) => void faults.push(fault),
  };
  for await (const { bytes, number, byteOffset } of readLines(decompress(stored(), 'none'), options)) {
    found.push(`${number} @${byteOffset} ${Buffer.from(bytes)}`);
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  expect(found).toEqual(['1 @0 first', `3 @${2 ** 30 + 7} last`]);
  expect(faults).toMatchObject([{ line: 2, byteOffset: 6, reason: 'too_long' }]);
  expect(peak - before).toBeLessThan(400 * 2 ** 20);
});

test('NUL bytes are text like any other and stop nothing', async () => {
  const { documents, faults } = await read('a.txt', 'before\0after', { textUnit: 'line' });
  expect(documents.map(({ text }) => text)).toEqual(['before\0after']);
  expect(faults).toEqual([]);
  expect((await read('a.jsonl', `{"text":"a\\u0000b"}\n\0\0\0\n${line(1)}`)).documents).toHaveLength(2);
});

test('HTML: depth, elements that multiply and entities are bounded', async () => {
  expect(() => htmlToText('<div>'.repeat(200_000))).toThrow(PageTooComplexError);
  const multiplying = Array.from({ length: 3000 }, (_, number) => `<p><font a${number}>`).join('');
  expect(() => htmlToText(multiplying)).toThrow(PageTooComplexError);
  expect(htmlToText(`<p>${'&amp;'.repeat(200_000)}`).text).toHaveLength(200_000);
  const { documents, faults } = await read('a.html', '<div>'.repeat(200_000));
  expect(documents).toEqual([]);
  expect(faults).toMatchObject([{ byteOffset: 0, reason: 'too_complex' }]);
});

/** Windows-1251, KOI8-R and Shift JIS have no encoder in Node: the bytes of a text in them are looked up in what their decoders make. */
function encodeAs(charset: string, text: string): Buffer {
  const decoder = new TextDecoder(charset);
  const bytesOf = new Map<string, number[]>();
  for (let high = 0; high < 256; high++) {
    bytesOf.set(decoder.decode(Uint8Array.of(high)), [high]);
    if (charset === 'shift_jis')
      for (let low = 0x40; low < 0xfd; low++) bytesOf.set(decoder.decode(Uint8Array.of(high, low)), [high, low]);
  }
  return Buffer.from([...text].flatMap((character) => bytesOf.get(character) ?? [0x3f]));
}

const RUSSIAN =
  'Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью.';
const JAPANESE = 'すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。';

test.each([
  ['windows-1251', RUSSIAN],
  ['koi8-r', RUSSIAN],
  ['shift_jis', JAPANESE],
])('HTML in %s: by the header, by <meta>, by what it looks like, and where it is said wrongly', (charset, text) => {
  const page = (meta: string): Buffer =>
    encodeAs(charset, `<html><head>${meta}</head><body><p>${text}</p></body></html>`);
  const decoded = (bytes: Buffer, contentType?: string) => decodeHtml(bytes, contentType).text.includes(text);
  expect(decoded(page(''), `text/html; charset=${charset}`)).toBe(true);
  expect(decoded(page(`<meta http-equiv="Content-Type" content="text/html; charset=${charset}">`))).toBe(true);
  expect(decoded(page(''))).toBe(true);
  expect(decoded(page('<meta charset="utf-8">'), 'text/html; charset=UTF-8')).toBe(true);
  expect(decodeHtml(Buffer.from(`\ufeff<p>${text}`), `text/html; charset=${charset}`)).toEqual({
    text: `<p>${text}`,
    charset: 'utf-8',
  });
  expect(decodeHtml(Buffer.from(`\ufeff<p>${text}`, 'utf16le')).text).toBe(`<p>${text}`);
});

async function parquetFile(): Promise<Buffer> {
  const encoder = createParquetEncoder();
  const blocks: Uint8Array[] = [];
  for (let number = 0; number < 400; number++) {
    encoder.add({
      id: `${number}`,
      text: `text ${number} ${Math.sin(number)}`,
      language: 'eng_Latn',
      metadata: { number },
    });
    if (number % 100 === 99) blocks.push(await encoder.takeBlock());
  }
  return Buffer.concat([...blocks, await encoder.finish()]);
}

test('Parquet: cut files, lying footers and damaged pages are reported, other row groups are read', async () => {
  const file = await parquetFile();
  expect((await read('a.parquet', file)).documents[399]).toEqual({
    id: '399',
    text: `text 399 ${Math.sin(399)}`,
    language: 'eng_Latn',
    metadata: { number: 399 },
  });
  expect((await read('a.parquet', file.subarray(0, file.length - 100))).faults).toMatchObject([
    { reason: 'malformed', detail: expect.stringMatching(/PAR1/) },
  ]);
  const lying = Buffer.from(file);
  lying.writeUInt32LE(0x7fffffff, file.length - 8);
  expect((await read('a.parquet', lying)).faults).toMatchObject([
    { detail: expect.stringMatching(/footer is said to have 2147483647 bytes/) },
  ]);
  const damaged = Buffer.from(file);
  damaged.fill(0xff, 40, 400);
  const { documents, faults } = await read('a.parquet', damaged);
  expect(documents.map(({ id }) => id)).toEqual(Array.from({ length: 300 }, (_, index) => `${index + 100}`));
  expect(faults).toMatchObject([{ line: 1, byteOffset: 4, reason: 'malformed' }]);
  expect((await read('a.parquet', 'PAR1')).faults).toHaveLength(1);
});

test('Parquet: whatever byte is changed, the file is read or reported', async () => {
  const file = await parquetFile();
  for (let trial = 0; trial < 150; trial++) {
    const changed = Buffer.from(file);
    // Most in the footer, where the lengths are.
    const at = trial % 3 === 0 ? (trial * 7919) % file.length : file.length - 9 - ((trial * 104_729) % 900);
    changed[at] = (trial * 31 + 127) & 255;
    const { documents, faults } = await read('a.parquet', changed);
    expect(documents.length).toBeLessThanOrEqual(400);
    if (documents.length < 400) expect(faults.length).toBeGreaterThan(0);
  }
}, 60_000);

const warcs = join(process.env.MARCO_TEST_DATA ?? '', 'mono/web_noisy/warc');
test.skipIf(!existsSync(warcs))('real WARC files, damaged ones among them: each page is read or reported', async () => {
  const expected: Record<string, readonly [number, number]> = {
    'warcio__example.warc': [1, 0],
    'warcio__example.warc.gz': [1, 0],
    'warcio__example-iana.org-chunked.warc': [1, 0],
    'warcio__example-wrong-chunks.warc.gz': [1, 0],
    'warcio__example-bad-non-chunked.warc.gz': [1, 0],
    'warcio__example-resource.warc.gz': [1, 0],
    'warcio__example-wget-bad-target-uri.warc.gz': [1, 0],
    'warcio__example-trunc.warc': [0, 2],
  };
  for (const [name, [numDocuments, numFaults]] of Object.entries(expected)) {
    const { documents, faults } = await readPath(join(warcs, name));
    expect([name, documents.length, faults.length]).toEqual([name, numDocuments, numFaults]);
  }
  const whole = await readFile(join(warcs, 'warcio__example.warc'));
  for (let length = 0; length < whole.length; length += 97) {
    const { documents, faults } = await read('a.warc', whole.subarray(0, length));
    expect(documents.length + faults.length).toBeLessThanOrEqual(2);
  }
});

test('WARC: records between damage are found again, too long and lying ones are passed over', async () => {
  const record = (number: number, length?: number): Buffer => {
    const http = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Page ${number} has a sentence that is long enough to be read.</p>`;
    return Buffer.from(
      `WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://x/${number}\r\nContent-Length: ${length ?? http.length}\r\n\r\n${http}\r\n\r\n`,
    );
  };
  const file = Buffer.concat([
    record(0),
    Buffer.from('garbage\r\n'),
    record(1),
    record(2, 20),
    record(3, -1),
    record(4),
  ]);
  const { documents, faults } = await read('a.warc', file);
  expect(documents.map(({ metadata }) => metadata.url)).toEqual(['http://x/0', 'http://x/1', 'http://x/4']);
  expect(faults.map(({ byteOffset, reason }) => [byteOffset, reason])).toEqual([
    [record(0).length, 'malformed'],
    [record(0).length * 2 + 9, 'malformed'],
    [expect.any(Number), 'malformed'],
    [record(0).length * 3 + 9 - 1, 'malformed'],
  ]);
  const members = [record(0), record(1), record(2)].map((bytes) => gzipSync(bytes));
  members[1]!.fill(0, 30, 60);
  const packed = await read('a.warc.gz', Buffer.concat(members));
  expect(packed.documents.map(({ metadata }) => metadata.offset)).toEqual([0, members[0]!.length + members[1]!.length]);
  expect(packed.faults[0]).toMatchObject({ compressedOffset: members[0]!.length });
  expect((await read('a.warc', record(0), { maxDocumentBytes: 50 })).faults).toMatchObject([
    { byteOffset: 0, reason: 'too_long' },
  ]);
});
