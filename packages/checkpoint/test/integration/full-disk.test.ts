/**
 * A write that the operating system cuts short, here by the limit on file size, which behaves as a full disk does: the error names the path,
 * nothing half-written stays, and what was saved before is there.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCheckpointStore } from '@marco-ts/checkpoint';
import { expect, test } from 'vitest';

test.skipIf(process.platform === 'win32')('a save that does not fit leaves the ones before it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'marco-full-'));
  try {
    const script = join(import.meta.dirname, 'save-under-limit.ts');
    // The shell counts in blocks of 512 or 1024 bytes: 200 of them are between 102,400 and 204,800 bytes.
    const command = 'ulimit -f 200; exec "$0" --conditions=@marco-ts/source "$1" "$2"';
    const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, script, directory], {
      encoding: 'utf8',
    });
    const lines = stdout.trim().split('\n');
    expect(lines.at(-1), stderr).toMatch(
      /^\[@marco-ts\/checkpoint\] writeSafetensors: cannot write, the file is larger than .* \(EFBIG\) at .*params.safetensors/,
    );
    const saved = lines.length - 1;
    expect(saved).toBeGreaterThanOrEqual(2);
    expect((await readdir(directory)).filter((name) => name.startsWith('.'))).toEqual([]);
    const loaded = (await createCheckpointStore(directory, { keepLast: 2 }).loadLatest())!;
    expect(loaded).toMatchObject({ step: saved, skipped: [], state: { step: saved } });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
