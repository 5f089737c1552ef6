import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bitsPerByteTask, evaluate, type LanguageModel } from '@marco-ts/eval';
import type { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRun, URDU } from '../../test/make-run.ts';
import type { ComparisonView, DocumentView, Page, ParallelPairView, RunView, TrainingView } from '../api-types.ts';
import { createDashboardServer } from './create-dashboard-server.ts';

let outside: string;
let app: Hono;

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'marco-dashboard-'));
  const directory = join(outside, 'runs');
  await makeRun(directory, 'one', { numEvents: 5000 });
  await makeRun(outside, 'secret');
  await writeFile(join(outside, 'secret.jsonl'), '{"text":"SECRET"}\n');
  // A run that is a link out of the directory, and a run whose files and stages are.
  await symlink(join(outside, 'secret'), join(directory, 'linked'));
  await mkdir(join(directory, 'two', '01-data'), { recursive: true });
  await writeFile(join(directory, 'two', 'recipe.json'), '{"name":"two","recipe":{}}');
  await symlink(join(outside, 'secret.jsonl'), join(directory, 'two', '01-data', 'dropped.jsonl'));
  await symlink(join(outside, 'secret', '02-preference'), join(directory, 'two', '02-preference'));
  for (const [after, natsPerByte] of Object.entries({ model: 2, 'stage-1': 1 })) {
    const path = join(directory, 'measured', `01-evaluate-${after}`);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'evaluation.json'), JSON.stringify(await measured(natsPerByte)));
  }
  await writeFile(join(directory, 'measured', 'recipe.json'), '{"name":"measured","recipe":{}}');
  app = await createDashboardServer({ directory, assets: { script: '', style: '' } });
});
afterAll(() => rm(outside, { recursive: true, force: true }));

/** Bits per byte of three languages, by a model that spends about this much on each byte. */
function measured(natsPerByte: number) {
  const documents = ['swh_Latn', 'urd_Arab', 'yor_Latn'].flatMap((language) =>
    Array.from({ length: 80 }, (_, index) => ({
      id: `${language}${index}`,
      language,
      text: 'x'.repeat(9 + (index % 7)),
    })),
  );
  const languageModel: Pick<LanguageModel, 'name' | 'loglikelihoodRolling'> = {
    name: 'made up',
    loglikelihoodRolling: async (texts) =>
      texts.map(({ length }, index) => ({
        logProb: -(natsPerByte + (index % 3) / 10) * length,
        numTokens: length,
        numBytes: length,
      })),
  };
  return evaluate(languageModel as LanguageModel, [bitsPerByteTask({ documents })], { numResamples: 10 });
}

const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  Promise.resolve(app.request(`http://127.0.0.1:4173${path}`, { headers: { Host: '127.0.0.1:4173', ...headers } }));
const json = async <Body>(path: string): Promise<Body> => (await (await ask(path)).json()) as Body;

test.each([
  '/api/runs/..',
  '/api/runs/../secret',
  '/api/runs/%2e%2e',
  '/api/runs/%2e%2e%2fsecret',
  '/api/runs/..%2fsecret',
  '/api/runs/..%5csecret',
  '/api/runs/%252e%252e%252fsecret',
  '/api/runs/one%2f..%2f..%2fsecret',
  '/api/runs/%2fetc',
  '/api/runs/one%00',
  '/api/runs/%00',
  '/api/runs/linked',
  '/api/runs/.',
  '/api/runs/one/training/..%2f01-data',
  '/api/runs/one/training/%00',
  '/api/runs/one/documents/..%2f..%2frecipe.json',
  '/api/runs/one/documents/%2fetc%2fpasswd',
  '/api/runs/one/documents/constructor',
  '/api/runs/one/differences?with=..%2fsecret',
  '/api/runs/one/comparison?before=a&after=b&with=..%2fsecret',
  '/app.css/../../package.json',
  '/package.json',
])('nothing is found at %s', async (path) => {
  const response = await ask(path);
  expect(response.status).toBe(404);
  expect(await response.text()).not.toContain('SECRET');
});

test('a link out of the directory is no run, no stage and no file', async () => {
  const runs = await json<{ id: string }[]>('/api/runs');
  expect(runs.map(({ id }) => id).sort()).toEqual(['measured', 'one', 'two']);
  expect(await json('/api/runs/two/documents/dropped')).toEqual({ rows: [] });
  expect(await json('/api/runs/two/preferences')).toEqual({ rows: [] });
});

test.each([
  'evil.example',
  'evil.example:4173',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  '192.168.1.2:4173',
  '',
])('a request for host %j gets nothing', async (host) => {
  const response = await ask('/api/runs', { Host: host });
  expect(response.status).toBe(403);
  expect(await response.text()).not.toContain('one');
});

test('this machine’s names are answered, other sites’ pages and other methods are not', async () => {
  for (const host of ['localhost', 'localhost:1', '127.0.0.1', '[::1]:4173']) {
    expect((await ask('/api/runs', { Host: host })).status).toBe(200);
  }
  expect((await ask('/api/runs', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' })).status).toBe(403);
  const posted = await app.request('http://127.0.0.1/api/runs', { method: 'POST', headers: { Host: '127.0.0.1' } });
  expect(posted.status).toBe(404);
});

test.each(['/', '/app.js', '/api/runs', '/nothing', '/api/runs/one'])(
  '%s allows scripts of this server alone',
  async (path) => {
    const headers = (await ask(path)).headers;
    const policy = headers.get('Content-Security-Policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('Access-Control-Allow-Origin')).toBeNull();
  },
);

test('a run, its curves and its documents', async () => {
  const run = await json<RunView>('/api/runs/one');
  expect(run.stages.map(({ name, status }) => [name, status])).toEqual([
    ['data', 'finished'],
    ['preference', 'finished'],
    ['stage-1', 'finished'],
    ['evaluate-stage-1', 'finished'],
  ]);
  const all = await json<TrainingView>('/api/runs/one/training/stage-1?points=100&curves=loss');
  expect(all.numPoints).toBe(5000);
  expect(all.curves.map(({ name, steps }) => [name, steps.length <= 100])).toEqual([['loss', true]]);
  const near = await json<TrainingView>('/api/runs/one/training/stage-1?from=10&to=12&curves=loss');
  expect(near.curves[0]!.steps).toEqual([10, 11, 12]);
  const dropped = await json<Page<DocumentView>>('/api/runs/one/documents/dropped?limit=1');
  expect(dropped.rows).toHaveLength(1);
  const next = await json<Page<DocumentView>>(`/api/runs/one/documents/dropped?offset=${dropped.next}`);
  expect(next.rows.map(({ text }) => text)).toEqual([URDU]);
  expect(
    (await json<Page<DocumentView>>('/api/runs/one/documents/dropped?language=urd_Arab&reason=short')).rows,
  ).toHaveLength(1);
  const pairs = await json<Page<ParallelPairView>>('/api/runs/one/parallel');
  expect(pairs.rows.map(({ target, targetLanguage }) => [target, targetLanguage])).toEqual([[URDU, 'urd_Arab']]);
});

test('while two evaluations are compared, others are answered; what cannot be compared is told', async () => {
  const order: string[] = [];
  const comparison = json<ComparisonView[]>('/api/runs/measured/comparison?before=model&after=stage-1').then((rows) => {
    order.push('comparison');
    return rows;
  });
  while (!order.includes('comparison') && order.length < 5) {
    await json('/api/runs/measured');
    order.push('run');
  }
  const rows = await comparison;
  expect(order).toEqual([...Array.from({ length: 5 }, () => 'run'), 'comparison']);
  const pooled = rows.find(({ metric, group }) => metric === 'bits_per_byte' && group === 'pooled')!;
  expect([pooled.improved, pooled.significant, pooled.numSamples]).toEqual([true, true, 240]);
  expect(rows.filter(({ grouping, metric }) => grouping === 'language' && metric === 'bits_per_byte')).toHaveLength(3);
  expect((await ask('/api/runs/measured/comparison?before=model&after=stage-9')).status).toBe(404);
});
