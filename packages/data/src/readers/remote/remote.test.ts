import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { createParquetEncoder } from '../../writers/parquet-encoder.ts';
import { listInputs } from '../list-inputs.ts';
import { type ReadDocumentsOptions, readDocuments } from '../read-documents.ts';
import type { ReadFault } from '../read-fault.ts';

const servers: (() => void)[] = [];
afterEach(() => {
  for (const close of servers.splice(0)) close();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const rows = Array.from({ length: 2000 }, (_, number) => JSON.stringify({ text: `line ${number} ${'x'.repeat(200)}` }));
const contents = Buffer.from(`${rows.join('\n')}\n`);
const network = { retryDelayMs: 1, timeoutMs: 2000 };

async function read(location: string, options: ReadDocumentsOptions = {}) {
  const faults: ReadFault[] = [];
  const [input] = await listInputs({ locations: [location], network: { ...network, ...options.network } });
  const onFault = (fault: ReadFault): void => {
    faults.push(fault);
  };
  const documents = await Array.fromAsync(readDocuments(input!, { network, onFault, ...options }));
  return { documents, faults };
}

function sendRange(request: IncomingMessage, response: ServerResponse, file: Uint8Array, numBytes = file.length): void {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(from ?? 0);
  const end = to === undefined || to === '' ? file.length : Number(to) + 1;
  response.writeHead(from === undefined ? 200 : 206, {
    'content-length': end - start,
    etag: '"one"',
    ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${file.length}` }),
  });
  if (request.method === 'HEAD') response.end();
  else if (end - start <= numBytes) response.end(file.subarray(start, end));
  else response.write(file.subarray(start, start + numBytes), () => setTimeout(() => response.destroy(), 20));
}

test.each([
  ['a.jsonl', contents],
  ['a.jsonl.gz', gzipSync(contents, { level: 0 })],
])('%s comes whole over a connection that breaks every 100,000 bytes', async (name, file) => {
  const ranges: (string | undefined)[] = [];
  const address = await serve((request, response) => {
    ranges.push(request.headers.range);
    sendRange(request, response, file, 100_000);
  });
  const { documents, faults } = await read(`${address}/${name}?token=1`);
  expect(faults).toEqual([]);
  expect(documents.map(({ text }) => text)).toEqual(rows.map((row) => JSON.parse(row).text));
  expect(ranges.length).toBeGreaterThan(3);
  // How much of what was sent arrives before the break is the network's matter.
  expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true);
});

test('a server that knows no ranges sends all again, and what was read is passed over', async () => {
  let numRequests = 0;
  const address = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': contents.length });
    if (++numRequests > 1) response.end(contents);
    else response.write(contents.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 20));
  });
  const { documents, faults } = await read(`${address}/a.jsonl`);
  expect([documents.length, faults, numRequests]).toEqual([2000, [], 2]);
});

test('failures of the server are tried again, refusals are not, silence ends', async () => {
  const numOf: Record<string, number> = {};
  const address = await serve((request, response) => {
    const number = (numOf[request.url!] = (numOf[request.url!] ?? 0) + 1);
    if (request.url === '/busy.jsonl' && number < 3) response.writeHead(503, { 'retry-after': '0' }).end();
    else if (request.url === '/busy.jsonl') response.end(contents);
    else if (request.url === '/never.jsonl') response.writeHead(500).end();
    else if (request.url === '/gone.jsonl') response.writeHead(404).end();
    else if (request.url === '/coded.jsonl')
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(contents));
  });
  expect((await read(`${address}/busy.jsonl`)).documents).toHaveLength(2000);
  const failed = async (name: string, options = {}) => (await read(`${address}/${name}`, options)).faults[0]!;
  expect(await failed('never.jsonl')).toMatchObject({
    byteOffset: 0,
    reason: 'unreadable',
    detail: expect.stringMatching(/status 500.*after 5 tries/),
  });
  expect((await failed('gone.jsonl')).detail).toMatch(/status 404/);
  expect((await failed('coded.jsonl')).detail).toMatch(/gzip-coded content/);
  expect((await failed('silent.jsonl', { network: { ...network, timeoutMs: 50, maxTries: 2 } })).detail).toMatch(
    /no byte for 50 ms.*after 2 tries/,
  );
  expect(numOf).toEqual({
    '/busy.jsonl': 3,
    '/never.jsonl': 5,
    '/gone.jsonl': 1,
    '/coded.jsonl': 1,
    '/silent.jsonl': 2,
  });
});

test('a file that changes while it is read is reported at the byte where it did', async () => {
  let numRequests = 0;
  const address = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': contents.length, etag: `"${++numRequests}"` });
    response.write(contents.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 20));
  });
  const { documents, faults } = await read(`${address}/a.jsonl`);
  expect(documents.length).toBeGreaterThan(0);
  expect(faults).toMatchObject([
    {
      byteOffset: expect.any(Number),
      reason: 'unreadable',
      detail: expect.stringMatching(/changed while it was read/),
    },
  ]);
  expect(faults[0]!.byteOffset).toBeLessThanOrEqual(100_000);
  expect(faults[0]!.byteOffset).toBeGreaterThan(0);
});

test('Parquet is read by ranges, the connection broken now and then', async () => {
  const encoder = createParquetEncoder();
  const blocks: Uint8Array[] = [];
  for (let number = 0; number < 3000; number++) {
    encoder.add({ id: `${number}`, text: `${number} ${Math.sin(number)}`, language: 'swh_Latn', metadata: {} });
    if (number % 1000 === 999) blocks.push(await encoder.takeBlock());
  }
  const file = Buffer.concat([...blocks, await encoder.finish()]);
  let numRequests = 0;
  const address = await serve((request, response) =>
    sendRange(request, response, file, ++numRequests % 3 === 2 ? 10 : file.length),
  );
  const { documents, faults } = await read(`${address}/a.parquet`);
  expect(faults).toEqual([]);
  expect(documents.map(({ id }) => Number(id))).toEqual(Array.from({ length: 3000 }, (_, number) => number));
});

test('a bucket is listed page by page and read, requests signed', async () => {
  const objects: Record<string, Buffer> = {
    'web/a b.jsonl': contents,
    'web/deep/c&d.jsonl.gz': gzipSync(contents),
    'web/readme.md': Buffer.from('x'),
  };
  const unsigned: string[] = [];
  const address = await serve((request, response) => {
    const url = new URL(request.url!, 'http://x');
    if (
      !/^AWS4-HMAC-SHA256 Credential=KEY\/\d{8}\/eu-test-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date.*Signature=[0-9a-f]{64}$/.test(
        request.headers.authorization ?? '',
      )
    )
      unsigned.push(request.url!);
    if (url.searchParams.get('list-type') === '2') {
      const keys = Object.keys(objects).filter((key) => key.startsWith(url.searchParams.get('prefix')!));
      const at = Number(url.searchParams.get('continuation-token') ?? 0);
      const key = keys[at]!.replaceAll('&', '&amp;');
      const next = at + 1 < keys.length ? `<NextContinuationToken>${at + 1}</NextContinuationToken>` : '';
      response.end(
        `<?xml version="1.0"?><ListBucketResult><Contents><Key>${key}</Key><Size>${objects[keys[at]!]!.length}</Size></Contents>${next}</ListBucketResult>`,
      );
      return;
    }
    const file = objects[decodeURIComponent(url.pathname).replace('/bucket/', '')];
    if (file === undefined) response.writeHead(404).end();
    else sendRange(request, response, file);
  });
  const s3 = { endpoint: address, region: 'eu-test-1', accessKeyId: 'KEY', secretAccessKey: 'SECRET' };
  const inputs = await listInputs({ locations: ['s3://bucket/web/'], network: { s3 } });
  expect(
    inputs.map(({ location, name, format, compression, sizeBytes }) => [
      location,
      name,
      format,
      compression,
      sizeBytes,
    ]),
  ).toEqual([
    ['s3://bucket/web/a b.jsonl', 'a b.jsonl', 'jsonl', 'none', contents.length],
    [
      's3://bucket/web/deep/c&d.jsonl.gz',
      'deep/c&d.jsonl.gz',
      'jsonl',
      'gzip',
      objects['web/deep/c&d.jsonl.gz']!.length,
    ],
  ]);
  for (const input of inputs)
    expect(await Array.fromAsync(readDocuments(input, { network: { s3 } }))).toHaveLength(2000);
  expect(unsigned).toEqual([]);
});

test('an abort stops the reading at once', async () => {
  const address = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': 1e9 }).write(contents);
  });
  const controller = new AbortController();
  const [input] = await listInputs({ locations: [`${address}/a.jsonl`] });
  const reading = Array.fromAsync(readDocuments(input!, { network, onFault: () => {}, signal: controller.signal }));
  setTimeout(() => controller.abort(new Error('stopped by hand')), 50);
  await expect(reading).rejects.toThrow('stopped by hand');
});
