import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { QWEN2_SIZES, qwen2ConfigToJson } from '@marco-ts/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT_CODES } from '../errors.ts';
import { runCommandLine } from './run-command-line.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'marco-impossible-'));
  // There are no weights: who asks for them has begun too much already.
  writeFileSync(join(directory, 'config.json'), JSON.stringify(qwen2ConfigToJson(QWEN2_SIZES['72B'])));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function marco(...args: string[]): Promise<{ code: number; stderr: string }> {
  let stderr = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      stderr += chunk.toString();
      done();
    },
  }) as unknown as NodeJS.WriteStream;
  const pipeline = { codeVersion: '0', stages: async () => [], collectResults: async () => Promise.reject() };
  const code = await runCommandLine(args, pipeline, { stdout: stream, stderr: stream });
  return { code, stderr };
}

test.each([
  ['train', 'training must fit', ['train', 'tiny-cpu', '--shards', '{}', '--model', '{}', '--output', '{}/out']],
  ['align', 'training must fit', ['align', '{}', '--prompts', '{}/prompts.jsonl', '--output', '{}/out']],
  [
    'align with LoRA',
    'training must fit',
    ['align', '{}', '--preferences', 'p.jsonl', '--lora-rank', '8', '--output', '{}/out'],
  ],
  [
    'run',
    'pretrain: training must fit',
    ['run', 'tiny-cpu', '--set', 'model={kind: directory, directory: {}}', '--output', '{}/out'],
  ],
  [
    'eval run',
    'inference must fit',
    ['eval', 'run', '--model', '{}', '--tasks', 'arc_easy', '--data', '{}', '--output', '{}/out'],
  ],
  ['chat', 'inference must fit', ['chat', '{}']],
])('marco %s on a model that this machine cannot hold is bad input at once', async (_, rule, args) => {
  const { code, stderr } = await marco(...args.map((arg) => arg.replace('{}', directory)));
  expect(stderr).toContain(rule);
  expect(stderr).toMatch(/would fit/);
  expect(code).toBe(EXIT_CODES.badInput);
});
