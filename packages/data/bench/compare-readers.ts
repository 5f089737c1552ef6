/**
 * Prints how fast WARC and Parquet files are read here and by the libraries compared in docs/decisions/0005-readers.md, alternating.
 *
 * Run: `MARCO_TEST_DATA=<folder> node --conditions=@marco-ts/source bench/compare-readers.ts`; npm `warcio` takes part where it is installed.
 */
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { openBytes } from '../src/readers/bytes/open-bytes.ts';
import { BOUNDED_COMPRESSORS } from '../src/readers/formats/parquet-compressors.ts';
import { readWarcRecords } from '../src/readers/warc/read-warc-records.ts';
import { createParquetEncoder } from '../src/writers/parquet-encoder.ts';

const NUM_ROUNDS = 5;
const COPIES = 40;
const folder = process.env.MARCO_TEST_DATA ?? '';

type Case = { readonly name: string; readonly run: () => Promise<number> };

async function compare(cases: readonly Case[]): Promise<void> {
  const rates = new Map(cases.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < NUM_ROUNDS; round++) {
    for (const { name, run } of cases) {
      const start = performance.now();
      const numBytes = await run();
      rates.get(name)!.push(numBytes / 1000 / (performance.now() - start));
    }
  }
  for (const [name, all] of rates)
    console.log(`${name.padEnd(40)} ${all.sort((a, b) => a - b)[NUM_ROUNDS >> 1]!.toFixed(0)} MB/s`);
}

const directory = mkdtempSync(join(tmpdir(), 'compare-'));
const warc = join(directory, 'a.warc.gz');
const sample = readFileSync(join(folder, 'mono/web_noisy/dolma/warc__sample-0000.warc.gz'));
writeFileSync(warc, Buffer.concat(Array.from({ length: COPIES }, () => sample)));
const warcio = await import('warcio' as string).catch(() => undefined);
if (warcio === undefined) console.log('warcio is not installed: left out');

const warcCases: Case[] = [
  {
    name: 'WARC: readWarcRecords',
    async run() {
      let numBytes = 0;
      const report = (fault: unknown): never => {
        throw new Error(JSON.stringify(fault));
      };
      const options = { location: warc, maxRecordBytes: 1e8, report, accept: () => true };
      for await (const { content } of readWarcRecords(openBytes({ location: warc, compression: 'gzip' }), options))
        numBytes += content.length;
      return numBytes;
    },
  },
];
if (warcio !== undefined) {
  warcCases.push({
    name: 'WARC: warcio',
    async run() {
      let numBytes = 0;
      for await (const record of new warcio.WARCParser(createReadStream(warc)))
        numBytes += (await record.readFully(false))?.length ?? 0;
      return numBytes;
    },
  });
}
await compare(warcCases);

const rows: { text: string }[] = readFileSync(join(folder, 'mono/web_noisy/llamafactory_c4_demo.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));
const encoder = createParquetEncoder();
const blocks: Uint8Array[] = [];
for (let copy = 0; copy < COPIES; copy++) {
  for (const [index, { text }] of rows.entries())
    encoder.add({ id: `${copy}-${index}`, text, language: 'eng_Latn', metadata: {} });
  if (copy % 4 === 3) blocks.push(await encoder.takeBlock());
}
const bytes = new Uint8Array(Buffer.concat([...blocks, await encoder.finish()]));
const file = bytes.buffer;
const readWith = (name: string, chosen: typeof compressors): Case => ({
  name,
  async run() {
    await parquetReadObjects({ file, compressors: chosen });
    return encoder.takenBytes;
  },
});
await compare([
  readWith('Parquet: hyparquet, zstd of node:zlib', BOUNDED_COMPRESSORS as typeof compressors),
  readWith('Parquet: hyparquet, its own compressors', compressors),
]);
rmSync(directory, { recursive: true });
