/**
 * A GGUF export holds pieces, never a tensor: its buffers stay below the size that the largest tensor has in the file it comes from.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTinyQwen2 } from '../golden/gguf/write-tiny-qwen2.ts';

const ROWS = 60_000;
const HIDDEN = 1024;
let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'marco-export-memory-'));
  const config = { hidden_size: HIDDEN, vocab_size: ROWS, num_hidden_layers: 1 };
  await writeTinyQwen2(join(root, 'model'), { dtype: 'BF16', config });
});
afterAll(() => rm(root, { recursive: true, force: true }));

test.each(['F32', 'Q8_0', 'BF16'])('%s', (dtype) => {
  const script = join(import.meta.dirname, 'export-and-watch.ts');
  const args = ['--conditions=@marco-ts/source', script, join(root, 'model'), join(root, 'out.gguf'), dtype];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const peak = Number(stdout);
  // At least a piece was seen, so the watch was awake.
  expect(peak, stderr).toBeGreaterThan(1 << 20);
  expect(peak, stderr).toBeLessThan(ROWS * HIDDEN * 2);
});
