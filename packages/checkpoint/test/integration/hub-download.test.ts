/**
 * Downloads against a local server that behaves as the Hub does, and as a bad day does.
 */
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DownloadModelOptions,
  downloadModel,
  openHuggingFaceModel,
  writeHuggingFaceModel,
} from '@marco-ts/checkpoint';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { COMMIT, type HubServer, sendFile, startHub, type Trouble } from './hub-server.ts';

const TOKEN = 'hf_SecretSecretSecret';
const WEIGHTS = 'model.safetensors';

let root = '';
let hub: HubServer;
let spoken: string[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'marco-hub-'));
  const data = Float32Array.from({ length: 100_000 }, (_, i) => i);
  await writeHuggingFaceModel(join(root, 'source'), {
    config: { model_type: 'qwen2' },
    arrays: new Map([['x', { shape: [100_000], data }]]),
    files: { 'tokenizer.json': '{}', 'README.md': '# not needed' },
  });
  hub = await startHub(await filesOf(join(root, 'source')));
  spoken = [];
  for (const level of ['log', 'info', 'debug', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((...words) => void spoken.push(words.join(' ')));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await hub.close();
  await rm(root, { recursive: true, force: true });
  expect(spoken.join('\n')).not.toContain('Secret');
});

async function filesOf(directory: string): Promise<Map<string, Buffer>> {
  const names = await readdir(directory);
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name))] as const)));
}

const cacheDirectory = () => join(root, 'cache');
const options = (more: Partial<DownloadModelOptions> = {}): DownloadModelOptions => ({
  repo: 'owner/tiny',
  hubUrl: hub.url,
  cacheDirectory: cacheDirectory(),
  maxAttempts: 3,
  retryDelayMs: 1,
  ...more,
});
const isFile = (path: string, name = WEIGHTS) => path.endsWith(`/resolve/${COMMIT}/${name}`);
/** The request for the bytes of the weights; the one before asks for the first byte alone, to learn the size. */
const isBody = (request: { path: string; range: string | undefined }) =>
  isFile(request.path) && request.range !== 'bytes=0-0';
const noNetwork: typeof fetch = async () => {
  throw new Error('the network was touched');
};
const failing = async (more: Partial<DownloadModelOptions> = {}): Promise<Error> => {
  const error = await downloadModel(options({ token: TOKEN, ...more })).then(
    () => new Error('nothing failed'),
    (reason) => reason,
  );
  const everything: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    everything.push(at.message, at.stack ?? '', JSON.stringify(Object.entries(at)));
  }
  expect(everything.join('\n')).not.toContain('Secret');
  return error;
};
const times = (count: number, trouble: Trouble): Trouble => {
  let left = count;
  return (request, response) => left > 0 && trouble(request, response) && left-- > 0;
};

test('a model arrives whole, in the layout that Python shares, and needs no network again', async () => {
  const progress: [string, number][] = [];
  const { directory, commit } = await downloadModel(
    options({ token: TOKEN, onProgress: ({ file, receivedBytes }) => progress.push([file, receivedBytes]) }),
  );
  expect(commit).toBe(COMMIT);
  expect(directory).toBe(join(cacheDirectory(), 'models--owner--tiny', 'snapshots', COMMIT));
  expect((await readdir(directory)).sort()).toEqual(['config.json', WEIGHTS, 'tokenizer.json']);
  expect(await readlink(join(directory, WEIGHTS))).toMatch(/^\.\.[/\\]\.\.[/\\]blobs[/\\][0-9a-f]{64}$/);
  expect(await readlink(join(directory, 'config.json'))).toMatch(/blobs[/\\][0-9a-f]{40}$/);
  expect(await readFile(join(cacheDirectory(), 'models--owner--tiny', 'refs', 'main'), 'utf8')).toBe(COMMIT);
  expect(progress.at(-1)![0]).toBe('config.json');
  expect(progress).toContainEqual([WEIGHTS, hub.files.get(WEIGHTS)!.length]);
  const model = await openHuggingFaceModel(directory);
  expect((await model.readArray('x')).data[99_999]).toBe(99_999);
  await model.close();
  expect(hub.requests.every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true);

  await hub.close();
  expect(await downloadModel(options({ offline: true, fetch: noNetwork }))).toEqual({ directory, commit });
  expect(await downloadModel(options({ revision: COMMIT, fetch: noNetwork }))).toEqual({ directory, commit });
  const named = await downloadModel(options({ offline: true, fetch: noNetwork, files: ['tokenizer.json'] }));
  expect(named.directory).toBe(directory);
});

test('a second download of the same commit fetches no file again', async () => {
  await downloadModel(options());
  hub.requests.length = 0;
  await downloadModel(options());
  expect(hub.requests.filter(isBody)).toEqual([]);
});

test('shards, and only the files that were named', async () => {
  const source = join(root, 'sharded');
  const array = (value: number) => ({ shape: [500], data: new Float32Array(500).fill(value) });
  await writeHuggingFaceModel(source, {
    config: {},
    arrays: new Map([
      ['a', array(1)],
      ['b', array(2)],
    ]),
    maxShardSizeBytes: 2500,
  });
  hub.files.clear();
  for (const [name, bytes] of await filesOf(source)) hub.files.set(name, bytes);
  const { directory } = await downloadModel(options({ files: ['config.json'] }));
  expect(await readdir(directory)).toEqual(['config.json']);
  await expect(downloadModel(options({ offline: true }))).rejects.toThrow(
    /no model.safetensors of owner\/tiny at .*cache/,
  );
  await downloadModel(options());
  expect((await readdir(directory)).sort()).toEqual([...hub.files.keys()].sort());
  const second = 'model-00002-of-00002.safetensors';
  await rm(join(directory, second));
  await expect(downloadModel(options({ offline: true }))).rejects.toThrow(`no ${second}`);
  hub.files.delete(second);
  await expect(downloadModel(options())).rejects.toThrow(`must have every shard of its index, got no ${second}`);
});

describe('goes on after', () => {
  const cutAt =
    (size: number): Trouble =>
    (request, response) => {
      if (!isBody(request)) return false;
      const bytes = hub.files.get(WEIGHTS)!;
      const from = Number(/\d+/.exec(request.range ?? '0')![0]);
      response.writeHead(from > 0 ? 206 : 200, {
        'content-length': bytes.length - from,
        ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
      });
      response.write(bytes.subarray(from, from + size), () => setTimeout(() => response.destroy(), 20));
      return true;
    };
  const whole = async () => {
    const { directory } = await downloadModel(options());
    expect((await readFile(join(directory, WEIGHTS))).equals(hub.files.get(WEIGHTS)!)).toBe(true);
    return hub.requests.filter(isBody);
  };

  test('a body that breaks off, from where it broke, more often than it may fail without progress', async () => {
    hub.trouble = times(5, cutAt(70_000));
    const requests = await whole();
    expect(requests.length).toBe(6);
    expect(requests.map(({ range }) => range)).toEqual(
      [undefined, 70, 140, 210, 280, 350].map((kb) => kb && `bytes=${kb}000-`),
    );
  });

  test('a download that was given up, in the next call', async () => {
    hub.trouble = cutAt(0);
    hub.trouble = times(1, cutAt(123_456));
    await failing({ maxAttempts: 1 });
    expect((await readdir(join(cacheDirectory(), 'models--owner--tiny', 'blobs'))).join()).toMatch(/\.incomplete/);
    hub.requests.length = 0;
    expect(await whole()).toMatchObject([{ range: 'bytes=123456-' }]);
  });

  test('a server that cannot go on and sends the whole, or refuses the place', async () => {
    for (const answer of ['whole', 'refuse']) {
      hub.trouble = times(1, cutAt(50_000));
      await failing({ maxAttempts: 1 });
      hub.trouble = (request, response) => {
        if (!isBody(request) || !request.range) return false;
        if (answer === 'whole') sendFile(hub.files.get(WEIGHTS)!, undefined, response);
        else response.writeHead(416).end();
        return true;
      };
      await whole();
      await rm(cacheDirectory(), { recursive: true });
    }
  });

  test('500, 503 and 429, for a list as for a file', async () => {
    const statuses = [500, 503, 429, 502];
    hub.trouble = (_, response) => {
      // Every second request fails.
      if (hub.requests.length % 2 === 0 || statuses.length === 0) return false;
      response.writeHead(statuses.shift()!).end('trouble');
      return true;
    };
    await whole();
    expect(statuses).toEqual([]);
  });

  test('a list that breaks off', async () => {
    hub.trouble = times(2, ({ path }, response) => {
      if (!path.includes('/tree/')) return false;
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 500 });
      response.write('[{', () => setTimeout(() => response.destroy(), 10));
      return true;
    });
    await whole();
  });

  test('silence', async () => {
    hub.trouble = times(1, (request, response) => {
      if (!isBody(request)) return false;
      response.writeHead(200, { 'content-length': hub.files.get(WEIGHTS)!.length }).write(Buffer.alloc(0));
      response.write(hub.files.get(WEIGHTS)!.subarray(0, 1000));
      return true;
    });
    const { directory } = await downloadModel(options({ stallTimeoutMs: 300 }));
    expect((await stat(join(directory, WEIGHTS))).size).toBe(hub.files.get(WEIGHTS)!.length);
  });

  test('a damaged body: fetched again from its beginning', async () => {
    const damaged = Buffer.from(hub.files.get(WEIGHTS)!);
    damaged[200_000]! ^= 1;
    hub.trouble = times(1, (request, response) => {
      if (!isBody(request)) return false;
      sendFile(damaged, request.range, response);
      return true;
    });
    expect((await whole()).map(({ range }) => range)).toEqual([undefined, undefined]);
  });
});

describe('fails, without the token in any text, after', () => {
  const status =
    (code: number, only = ''): Trouble =>
    ({ path, authorization }, response) => {
      if (!path.includes(only)) return false;
      response
        .writeHead(code, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: `no ${authorization}` }));
      return true;
    };
  const send =
    (body: Buffer): Trouble =>
    (request, response) => {
      if (!isBody(request)) return false;
      response.writeHead(200).end(body);
      return true;
    };
  const garbage: Trouble = ({ path, authorization }, response) => {
    if (!path.startsWith('/api/')) return false;
    response.writeHead(200, { 'content-type': 'application/json' }).end(`${authorization} <html>`);
    return true;
  };
  test.each<[string, () => Trouble, RegExp, number]>([
    [
      '401',
      () => status(401),
      /success, got status 401 no access \(a token was sent\) at http.*revision\/main. .*pass a token/,
      1,
    ],
    ['403', () => status(403, 'tree'), /status 403 access denied at .*tree.*Accept the terms/, 2],
    ['404', () => status(404, 'revision'), /status 404 nothing of that name at .*Check the names/, 1],
    ['404 for a file', () => status(404, 'resolve'), /status 404 .*resolve/, 3],
    ['500 every time', () => status(500), /got status 500 at .*Run it again later/, 3],
    ['an answer in another format', () => garbage, /in its own format, got .* at owner\/tiny/, 1],
    [
      'a truncated body every time',
      () => send(Buffer.alloc(0)),
      /must have \d+ bytes, got 0 \(truncated\) at .*model.safetensors/,
      -1,
    ],
    ['a body that is too long', () => send(Buffer.alloc(500_000)), /must have \d+ bytes, got more/, -1],
    [
      'a wrong checksum every time',
      () => send(Buffer.alloc(hub.files.get(WEIGHTS)!.length)),
      /checksum must be [0-9a-f]{64}, got another one/,
      -1,
    ],
  ])('%s', async (_, trouble, message, count) => {
    hub.trouble = trouble();
    const error = await failing();
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^\[@marco-ts\/checkpoint\] downloadModel: /);
    if (count > 0) expect(hub.requests.length).toBe(count);
    await expect(downloadModel(options({ offline: true }))).rejects.toThrow(/must be in the cache when offline/);
  });

  test('no server at all', async () => {
    await hub.close();
    expect((await failing()).message).toMatch(/must be reachable, got .*ECONNREFUSED.* at http.*offline: true/);
  });

  test('a text that holds the token', async () => {
    const error = await failing({ fetch: async () => Promise.reject(new Error(`cannot send Bearer ${TOKEN}`)) });
    expect(error.message).toContain('cannot send Bearer <token>');
  });

  test('an abort, at once and in the middle', async () => {
    const reason = new Error('enough');
    await expect(downloadModel(options({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    expect(hub.requests).toEqual([]);
    const controller = new AbortController();
    const stop = () => controller.abort(reason);
    await expect(downloadModel(options({ signal: controller.signal, onProgress: stop }))).rejects.toBe(reason);
  });
});

test('a redirect to another host gets no token', async () => {
  const other = await startHub(hub.files);
  try {
    other.trouble = ({ range }, response) => {
      sendFile(hub.files.get(WEIGHTS)!, range, response);
      return true;
    };
    hub.trouble = (request, response) => {
      if (!isFile(request.path)) return false;
      response.writeHead(302, { location: `${other.url}/signed?signature=1` }).end();
      return true;
    };
    await downloadModel(options({ token: TOKEN }));
    expect(other.requests.length).toBe(2);
    expect(other.requests.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  } finally {
    await other.close();
  }
});

describe('refused before anything is written', () => {
  test.each<[Partial<DownloadModelOptions>, RegExp]>([
    [{ repo: '../evil' }, /repo must be "owner\/name", got "\.\.\/evil"/],
    [{ repo: 'tiny' }, /repo must be/],
    [{ revision: '../../x' }, /revision must be a branch/],
    [{ files: ['../config.json'] }, /top of the repository, got "\.\.\/config.json" \(a path/],
    [{ token: 'hf_Secret\nSecret' }, /token must be "hf_" and letters or digits, got another text/],
    [{ token: 'Secret' }, /huggingface.co\/settings\/tokens/],
    [{ hubUrl: 'file:///etc' }, /web address/],
    [{ maxAttempts: 0 }, /maxAttempts must be a number from 1, got 0/],
  ])('options: %o', async (more, message) => {
    expect((await failing(more)).message).toMatch(message);
    expect(hub.requests).toEqual([]);
    await expect(stat(cacheDirectory())).rejects.toThrow(/ENOENT/);
  });

  test.each<[string, (entries: Record<string, unknown>[]) => unknown, RegExp]>([
    [
      'a path upwards',
      (list) => [...list, { ...list[0], path: '../../evil' }],
      /own format, got the path "\.\.\/\.\.\/evil"/,
    ],
    [
      'a hash that is a path',
      (list) => list.map((entry) => ({ ...entry, oid: '../../evil', lfs: undefined })),
      /got hash "\.\.\/\.\.\/evil"/,
    ],
    ['a size that is none', (list) => list.map((entry) => ({ ...entry, size: -1, lfs: undefined })), /size -1/],
    [
      'no config',
      (list) => list.filter(({ path }) => path !== 'config.json'),
      /must have the files, got no config.json/,
    ],
    ['no weights', (list) => list.filter(({ path }) => path !== WEIGHTS), /got no model.safetensors/],
    ['another size', (list) => list.map(({ lfs: _, ...entry }) => ({ ...entry, size: 7 })), /7, for|once 7/],
  ])('a list with %s', async (_, change, message) => {
    hub.changeList = change;
    expect((await failing()).message).toMatch(message);
    await expect(stat(cacheDirectory())).rejects.toThrow(/ENOENT/);
    expect(await readdir(root)).toEqual(['source']);
  });
});

test('a cache that Python filled is used', async () => {
  const snapshot = join(cacheDirectory(), 'models--owner--tiny', 'snapshots', COMMIT);
  await mkdir(snapshot, { recursive: true });
  for (const [name, bytes] of hub.files) await writeFile(join(snapshot, name), bytes);
  await mkdir(join(snapshot, '..', '..', 'refs'));
  await writeFile(join(snapshot, '..', '..', 'refs', 'main'), COMMIT);
  expect(await downloadModel(options({ offline: true, fetch: noNetwork }))).toEqual({
    directory: snapshot,
    commit: COMMIT,
  });
});
