/** TensorBoard files read back by a reader of their own and by TensorBoard, metrics taken by a local MLflow server. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  combineLoggers,
  createMlflowLogger,
  createTensorBoardLogger,
  type EventLogger,
  type StepCompleted,
} from '@marco-ts/trainer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTensorBoardEvents } from '../toy/tensorboard-reader.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marco-loggers-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const stepEvent = (step: number, loss = 1 / step): StepCompleted => ({
  type: 'step-completed',
  step,
  numSteps: 6,
  loss,
  learningRate: 1e-5,
  gradNorm: 0.5,
  numTokens: 10,
  numTargets: 9,
  totalTokens: 10 * step,
  tokensPerSecond: 300,
  flopsPerSecond: 4e9,
  peakShare: 0.25,
  durationMs: 33,
  memory: { numTensors: 3, tensorBytes: 4096 },
  metrics: {},
  groups: { 'low/สวัสดี': { loss: 2, numTargets: 4 } },
});

async function logRun(logger: EventLogger, from: number, to: number): Promise<void> {
  await logger.log({ type: 'run-started', step: from, numSteps: 6, resumed: from > 0 });
  for (let step = from + 1; step <= to; step++) await logger.log(stepEvent(step));
  await logger.log({ type: 'evaluation-completed', step: to, metrics: { 'bits_per_byte/low': 1.5 }, durationMs: 1 });
  await logger.close();
}

describe('TensorBoard', () => {
  test('every number comes back under its tag; the names are those TensorBoard looks for', async () => {
    await logRun(await createTensorBoardLogger(directory), 0, 3);
    const [name] = await readdir(directory);
    expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\..+\.\d+\.\d+$/);
    const events = readTensorBoardEvents(await readFile(join(directory, name!)));
    expect(events[0]).toMatchObject({ fileVersion: 'brain.Event:2', scalars: {} });
    expect(events[1]).toMatchObject({ step: 1, startsSession: true });
    expect(events[3]).toMatchObject({
      step: 2,
      scalars: {
        'train/loss': 0.5,
        'train/learning_rate': Math.fround(1e-5),
        'train/grad_norm': 0.5,
        'train/num_tokens': 20,
        'train/tokens_per_second': 300,
        'train/flops_per_second': 4e9,
        'train/peak_share': 0.25,
        'loss/low/สวัสดี': 2,
      },
    });
    expect(events.at(-1)!.scalars).toEqual({ 'eval/bits_per_byte/low': 1.5 });
    expect(Math.abs(events[2]!.wallTime - Date.now() / 1000)).toBeLessThan(60);
  });

  const python = process.env.MARCO_PEERS_PYTHON ?? 'python3';
  const hasTensorBoard = spawnSync(python, ['-c', 'import tensorboard']).status === 0;
  test.skipIf(!hasTensorBoard)('TensorBoard itself reads it, and a resumed run shows each step once', async () => {
    await logRun(await createTensorBoardLogger(directory), 0, 5);
    await logRun(await createTensorBoardLogger(directory), 3, 6);
    const script = resolve(import.meta.dirname, '../../../../tools/peers/read_tensorboard.py');
    const scalars = JSON.parse(execFileSync(python, [script, directory], { encoding: 'utf8' })) as Record<
      string,
      number[][]
    >;
    expect(scalars['train/loss']!.map(([step]) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(scalars['train/loss']!.map(([, value]) => value)).toEqual(
      [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6].map(Math.fround),
    );
    expect(Object.keys(scalars)).toContain('loss/low/สวัสดี');
  });

  test('a path that is no directory is refused', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(createTensorBoardLogger(join(directory, 'file'))).rejects.toThrow(
      /must be a directory that can be written/,
    );
  });
});

interface Request {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly authorization: string | undefined;
}

/** What of MLflow's REST API the logger speaks to. */
async function mlflowServer() {
  const requests: Request[] = [];
  const state = { isOut: false };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url!.replace('/api/2.0/mlflow/', '');
      if (state.isOut) return response.writeHead(503).end('down');
      const text = Buffer.concat(chunks).toString();
      requests.push({ path, body: text === '' ? {} : JSON.parse(text), authorization: request.headers.authorization });
      const reply = (status: number, body: object) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (path.startsWith('experiments/get-by-name')) return reply(404, { error_code: 'RESOURCE_DOES_NOT_EXIST' });
      if (path === 'experiments/create') return reply(200, { experiment_id: '7' });
      if (path === 'runs/create') return reply(200, { run: { info: { run_id: 'r1' } } });
      return reply(200, {});
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const trackingUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { trackingUri, requests, state, close: () => new Promise((closed) => server.close(closed)) };
}

describe('MLflow', () => {
  test('makes experiment and run, sends settings and metrics, keeps what an outage held up, and ends the run', async () => {
    const server = await mlflowServer();
    const warnings: string[] = [];
    const logger = await createMlflowLogger({
      trackingUri: `${server.trackingUri}/`,
      experimentName: 'marco',
      runName: 'try-1',
      params: { learningRate: 1e-5 },
      token: 'secret',
      onWarning: (message) => warnings.push(message),
    });
    expect(logger.runId).toBe('r1');
    await logger.log(stepEvent(1, Number.NaN));
    server.state.isOut = true;
    await logger.log(stepEvent(2));
    await logger.log(stepEvent(3));
    server.state.isOut = false;
    await logger.log({ type: 'run-finished', step: 3, totalTokens: 30, durationMs: 1 });
    await logger.close();
    expect(server.requests.map(({ path }) => path)).toEqual([
      'experiments/get-by-name?experiment_name=marco',
      'experiments/create',
      'runs/create',
      'runs/log-batch',
      'runs/log-batch',
      'runs/log-batch',
      'runs/update',
    ]);
    expect(server.requests.every(({ authorization }) => authorization === 'Bearer secret')).toBe(true);
    expect(server.requests[2]!.body).toMatchObject({ experiment_id: '7', run_name: 'try-1' });
    expect(server.requests[3]!.body).toMatchObject({
      run_id: 'r1',
      params: [{ key: 'learningRate', value: '0.00001' }],
    });
    type Metrics = { key: string; value: number | string; step: number }[];
    const metrics = server.requests.flatMap(({ body }) => (body.metrics ?? []) as Metrics);
    const losses = metrics.filter(({ key }) => key === 'train/loss').map(({ step, value }) => [step, value]);
    expect(losses).toEqual([
      [1, 'NaN'],
      [2, 1 / 2],
      [3, 1 / 3],
    ]);
    expect(metrics.map(({ key }) => key)).toContain('loss/low/______');
    expect(warnings).toEqual([expect.stringMatching(/MLflow does not take metrics: .*503 down.*kept for later/)]);
    expect(server.requests.at(-1)!.body).toMatchObject({ status: 'FINISHED' });
    await server.close();
  });

  test('a server that is not there is told at once', async () => {
    const server = await mlflowServer();
    await server.close();
    const options = { trackingUri: server.trackingUri, experimentName: 'x' };
    await expect(createMlflowLogger(options)).rejects.toThrow(/the server must answer, got .*ECONNREFUSED/);
  });
});

test('combined loggers get every event, and all are closed even when one fails', async () => {
  const heard: string[] = [];
  const logger = (name: string, fails = false): EventLogger => ({
    log: async ({ type }) => void heard.push(`${name} ${type}`),
    close: async () => {
      heard.push(`${name} closed`);
      if (fails) throw new Error(`${name} failed`);
    },
  });
  const both = combineLoggers(logger('a', true), logger('b'));
  await both.log({ type: 'run-interrupted', step: 1 });
  await expect(both.close()).rejects.toThrow('a failed');
  expect(heard).toEqual(['a run-interrupted', 'b run-interrupted', 'a closed', 'b closed']);
});
