import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TrainEvent } from '../loop/train-event.ts';
import { createJsonlLogger } from './jsonl-logger.ts';
import { readJsonlLog } from './read-jsonl-log.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marco-log-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const evaluation = (step: number, value: number): TrainEvent => ({
  type: 'evaluation-completed',
  step,
  metrics: { 'bitsPerByte/ไทย': value },
  durationMs: 1,
});

test('wherever the file was torn, a resumed log holds each step once and in order', async () => {
  const path = join(directory, 'run', 'log.jsonl');
  const write = async (from: number, to: number) => {
    const logger = await createJsonlLogger(path);
    await logger.log({ type: 'run-started', step: from, numSteps: 6, resumed: from > 0 });
    for (let step = from + 1; step <= to; step++) await logger.log(evaluation(step, step / 3));
    await logger.close();
  };
  await write(0, 6);
  const whole = await readFile(path);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length), fc.nat(6), async (kept, step) => {
      await writeFile(path, whole.subarray(0, kept));
      await write(step, 6);
      const steps = (await readJsonlLog(path))
        .filter((event) => event.type === 'evaluation-completed')
        .map((event) => event.step);
      const lost = whole.subarray(0, kept).toString().split('\n').slice(1, -1).length;
      const before = Array.from({ length: Math.min(step, lost) }, (_, index) => index + 1);
      expect(steps).toEqual([...before, ...Array.from({ length: 6 - step }, (_, index) => step + 1 + index)]);
    }),
    { numRuns: 60 },
  );
});

test('numbers that JSON lacks are readable, and a path that is no file is an error', async () => {
  const path = join(directory, 'log.jsonl');
  const logger = await createJsonlLogger(path);
  await logger.log(evaluation(1, Number.NaN));
  await logger.log(evaluation(2, Number.POSITIVE_INFINITY));
  await logger.close();
  const metrics = (await readJsonlLog(path)).map(
    (event) => event.type === 'evaluation-completed' && event.metrics['bitsPerByte/ไทย'],
  );
  expect(metrics).toEqual(['NaN', 'Infinity']);
  await expect(createJsonlLogger(directory)).rejects.toThrow(/createJsonlLogger: the log must be a file/);
  await expect(readJsonlLog(join(directory, 'none.jsonl'))).rejects.toThrow(
    /readJsonlLog: the log must be a readable file/,
  );
});
