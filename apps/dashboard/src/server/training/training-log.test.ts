import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRunsDirectory } from '../runs-directory.ts';
import { followTrainingLog } from './training-log.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marco-dashboard-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const step = (number: number, loss: number | string = number): string =>
  `${JSON.stringify({ type: 'step-completed', step: number, numSteps: 9, loss, durationMs: 7, groups: { swh_Latn: { loss: 1, numTargets: 10 } } })}\n`;

test('a log is followed as it grows, half lines wait, and other events pass', async () => {
  const path = join(directory, 'log.jsonl');
  await writeFile(
    path,
    `${JSON.stringify({ type: 'run-started', step: 0, numSteps: 9 })}\n${step(1)}{"type":"new-kind","step":1}\nnot json\n`,
  );
  const read = followTrainingLog(await openRunsDirectory(directory), ['log.jsonl']);
  let log = await read();
  const losses = () => [...log.series.get('loss')!.range(0, 99).values];
  expect(losses()).toEqual([1]);
  const whole = step(2, 'NaN');
  await appendFile(path, whole.slice(0, 20));
  log = await read();
  expect(losses()).toEqual([1]);
  await appendFile(path, whole.slice(20) + step(3));
  log = await read();
  log = await read();
  expect(losses()).toEqual([1, Number.NaN, 3]);
  expect([log.step, log.numSteps, log.stepMs]).toEqual([3, 9, 7]);
  expect(log.seenTokens.get('swh_Latn')).toBe(30);
});

test('a log cut back by a resume is read anew, even when it has grown longer meanwhile', async () => {
  const path = join(directory, 'log.jsonl');
  await writeFile(path, step(1) + step(2) + step(3));
  const read = followTrainingLog(await openRunsDirectory(directory), ['log.jsonl']);
  let log = await read();
  await writeFile(path, step(1) + step(2, 22) + step(3, 33) + step(4, 44));
  log = await read();
  expect([...log.series.get('loss')!.range(0, 99).values]).toEqual([1, 22, 33, 44]);
  expect(log.seenTokens.get('swh_Latn')).toBe(40);
});
