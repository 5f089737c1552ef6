import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { listInputs } from './list-inputs.ts';
import { readDocuments } from './read-documents.ts';

async function read(path: string, options = {}) {
  const [input] = await listInputs({ locations: [path] });
  const faults: string[] = [];
  const onFault = ({ byteOffset, reason }: { byteOffset: number; reason: string }) =>
    void faults.push(`${byteOffset} ${reason}`);
  const documents = await Array.fromAsync(readDocuments(input!, { language: 'eng_Latn', onFault, ...options }));
  return { read: documents.map(({ text, metadata }) => [metadata.url, metadata.date, text]), faults };
}

async function readArc(contents: string, name = 'a.arc', options = {}) {
  const path = join(await mkdtemp(join(tmpdir(), 'arc-')), name);
  await writeFile(path, name.endsWith('.gz') ? gzipSync(contents) : contents);
  return read(path, options);
}

const VERSION = '1 0 Crawler\nURL IP-address Archive-date Content-type Archive-length\n';
const FIRST = `filedesc://a.arc 127.0.0.1 20140301000000 text/plain ${VERSION.length}\n${VERSION}\n`;
const page = (url: string, body: string, date = '20140301123456') => {
  const response = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>${body}</p>`;
  return `${url} 127.0.0.1 ${date} text/html ${response.length}\n${response}\n`;
};
const DNS = 'dns:a.example 127.0.0.1 20140301000000 text/dns 4\nabcd\n';

test.each(['a.arc', 'a.arc.gz'])('pages of %s', async (name) => {
  const contents = FIRST + DNS + page('http://a.example/', 'one') + page('http://a.example/b c', 'two', '201403011234');
  expect(await readArc(contents, name)).toEqual({
    read: [
      ['http://a.example/', '2014-03-01T12:34:56Z', 'one'],
      ['http://a.example/b c', '2014-03-01T12:34:00Z', 'two'],
    ],
    faults: [],
  });
});

test('damage is told once, and reading goes on at the next header', async () => {
  const bad = 'http://a.example/ 127.0.0.1 20140301000000 text/html -1\nlost\nlost too\n';
  const whole = FIRST + bad + page('http://a.example/2', 'two');
  expect(await readArc(whole)).toMatchObject({
    read: [expect.arrayContaining(['two'])],
    faults: [`${FIRST.length} malformed`],
  });
  const cut = whole.slice(0, -10);
  expect(await readArc(cut)).toMatchObject({
    read: [],
    faults: [expect.stringMatching(/malformed/), expect.stringMatching(/unreadable/)],
  });
  const long = FIRST + page('http://a.example/', 'x'.repeat(500)) + page('http://a.example/2', 'two');
  expect(await readArc(long, 'a.arc', { maxDocumentBytes: 200 })).toMatchObject({
    read: [expect.arrayContaining(['two'])],
    faults: [`${FIRST.length} too_long`],
  });
});

const real = join(process.env.MARCO_TEST_DATA ?? '', 'mono/web_noisy/warc');
test.skipIf(!existsSync(join(real, 'warcio__example.arc')))(
  'real ARC files, plain and gzipped, give one text',
  async () => {
    const plain = await read(join(real, 'warcio__example.arc'));
    expect(plain.read).toMatchObject([
      ['http://example.com/', '2014-02-16T05:02:21Z', expect.stringContaining('Example Domain')],
    ]);
    expect(await read(join(real, 'warcio__example.arc.gz'))).toEqual(plain);
    // its line ends were changed, so its length says more than there is
    expect((await read(join(real, 'warcio__example-space-in-url.arc'))).faults).toEqual(['151 unreadable']);
    expect((await read(join(real, 'warcio__bad.arc'))).faults[0]).toMatch(/^0 malformed/);
  },
);
