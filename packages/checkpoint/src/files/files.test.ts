import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { explainFileError, fileErrorCode } from './explain-file-error.ts';
import { canonicalJson, hashJson } from './hash-json.ts';
import { sha256File } from './sha256-file.ts';
import { removeAbandonedSiblings, temporarySibling } from './temporary-sibling.ts';
import { writeDirectoryAtomic } from './write-directory-atomic.ts';
import { writeFileAtomic, writeFileAtomicWith } from './write-file-atomic.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'marco-files-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('hashJson', () => {
  test('the order of keys does not matter, the order of lists does', () => {
    expect(hashJson({ b: [1, 2], a: { d: null, c: 'x' } })).toBe(hashJson({ a: { c: 'x', d: null }, b: [1, 2] }));
    expect(hashJson([1, 2])).not.toBe(hashJson([2, 1]));
    expect(canonicalJson({ b: 1e21, a: -0, skipped: undefined, '10': 'é\n' })).toBe('{"10":"é\\n","a":0,"b":1e+21}');
    expect(hashJson({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });

  test('canonical text is JSON of the same value, and a fixed point', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  test.each<[unknown, RegExp]>([
    [{ a: [1, Number.NaN] }, /got NaN at \$\.a\[1\]/],
    [{ a: 1n }, /got bigint at \$\.a/],
    [[undefined], /got undefined at \$\[0\]/],
    [{ a: new Map() }, /got Map at \$\.a/],
    [{ a: Float32Array.of(1) }, /got Float32Array/],
    [cycle, /a cycle at \$\[0\]/],
  ])('refuses what JSON cannot carry (%#)', (value, message) => {
    expect(() => hashJson(value)).toThrow(message);
  });
});

test('sha256File reads a file larger than its buffer', async () => {
  const bytes = Buffer.alloc(2_500_000, 'marco');
  await writeFile(join(root, 'x'), bytes);
  expect(await sha256File(join(root, 'x'))).toBe(createHash('sha256').update(bytes).digest('hex'));
  await expect(sha256File(join(root, 'none'))).rejects.toThrow(
    /sha256File: cannot read, it does not exist \(ENOENT\) at .*none/,
  );
});

describe('writeFileAtomic', () => {
  test('replaces a file, makes directories, leaves no temporary', async () => {
    const path = join(root, 'a', 'b', 'x.txt');
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, new Uint8Array([50]));
    expect(await readFile(path, 'utf8')).toBe('2');
    expect(await readdir(join(root, 'a', 'b'))).toEqual(['x.txt']);
  });

  test('a failure half-way leaves the old contents', async () => {
    const path = join(root, 'x');
    await writeFile(path, 'old');
    const failing = writeFileAtomicWith('writeFileAtomic', path, async (file) => {
      await file.write('new');
      throw new Error('stopped');
    });
    await expect(failing).rejects.toThrow('stopped');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(root)).toEqual(['x']);
  });

  test('removes what a dead process left, and nothing of a living one', async () => {
    const path = join(root, 'x');
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const abandoned = temporarySibling(path).replace(`-${process.pid}-`, `-${dead}-`);
    const living = temporarySibling(path);
    await writeFile(abandoned, '');
    await writeFile(living, '');
    await removeAbandonedSiblings(path);
    expect(existsSync(abandoned)).toBe(false);
    expect(existsSync(living)).toBe(true);
  });
});

describe('errors of the operating system', () => {
  test.skipIf(!existsSync('/dev/full'))('a full disk', async () => {
    const error = await writeFile('/dev/full', 'x').catch((reason) => reason);
    const explained = explainFileError('save', 'write', '/data/run', error);
    expect(explained.message).toMatch(
      /^\[@marco-ts\/checkpoint\] save: cannot write, no space is left on the disk \(ENOSPC\) at \/data\/run. Free some/,
    );
    expect(fileErrorCode(explained)).toBe('ENOSPC');
    expect(explained.cause).toBe(error);
  });

  test.skipIf(process.platform !== 'linux')('no permission, or a read-only file system', async () => {
    await expect(writeFileAtomic('/sys/marco.txt', 'x')).rejects.toThrow(
      /writeFileAtomic: cannot write, (this user has no permission|the operation is not permitted.*|the file system is read-only) \((EACCES|EPERM|EROFS)\) at \/sys\/marco.txt/,
    );
  });

  test('a file where a directory should be', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(writeFileAtomic(join(root, 'file', 'x'), '')).rejects.toThrow(/(ENOTDIR|EEXIST)\) at .*file/);
  });

  test('an error of our own passes through unchanged', () => {
    const own = new Error('[@marco-ts/checkpoint] x: y');
    expect(explainFileError('f', 'read', 'p', own)).toBe(own);
    expect(fileErrorCode(new Error('x'))).toBeUndefined();
  });
});

describe('writeDirectoryAtomic', () => {
  const fill = (text: string) => async (temporary: string) => {
    await mkdir(join(temporary, 'sub'));
    await writeFile(join(temporary, 'sub', 'x'), text);
  };
  const target = () => join(root, 'out');
  const read = () => readFile(join(target(), 'sub', 'x'), 'utf8');

  test('appears whole, in place of nothing or of an empty directory', async () => {
    await mkdir(target());
    await writeDirectoryAtomic(target(), async (temporary) => {
      expect(await readdir(target())).toEqual([]);
      await fill('one')(temporary);
    });
    expect(await read()).toBe('one');
    expect(await readdir(root)).toEqual(['out']);
  });

  test('the same content again is no error; different content is not destroyed', async () => {
    await writeDirectoryAtomic(target(), fill('one'));
    await writeDirectoryAtomic(target(), fill('one'));
    await expect(writeDirectoryAtomic(target(), fill('two'))).rejects.toThrow(
      /not overwritten, got a different one \(sub.x has other bytes there\).*overwrite: true/,
    );
    await expect(writeDirectoryAtomic(target(), fill('longer'))).rejects.toThrow(/sub.x has 3 bytes there, 6 now/);
    await expect(writeDirectoryAtomic(target(), async () => {})).rejects.toThrow(/sub.x would be lost/);
    expect(await read()).toBe('one');
    expect(await readdir(root)).toEqual(['out']);
  });

  test('overwrite replaces it', async () => {
    await writeDirectoryAtomic(target(), fill('one'));
    await writeDirectoryAtomic(target(), fill('two'), { overwrite: true });
    expect(await read()).toBe('two');
    expect(await readdir(root)).toEqual(['out']);
  });

  test('a failing fill leaves everything as it was', async () => {
    await writeDirectoryAtomic(target(), fill('one'));
    const failing = writeDirectoryAtomic(target(), () => Promise.reject(new Error('stopped')), { overwrite: true });
    await expect(failing).rejects.toThrow('stopped');
    expect(await read()).toBe('one');
    expect(await readdir(root)).toEqual(['out']);
  });

  test('killed between the two renames of an overwrite: the next call finds the old content again', async () => {
    await writeDirectoryAtomic(target(), fill('one'));
    await rename(target(), join(root, '.out.replaced'));
    await expect(writeDirectoryAtomic(target(), fill('two'))).rejects.toThrow(/not overwritten/);
    expect(await read()).toBe('one');
  });

  test('a file of that name, or a link to one, is not destroyed', async () => {
    await writeFile(join(root, 'file'), 'keep');
    await symlink(join(root, 'file'), target());
    await expect(writeDirectoryAtomic(target(), fill('x'), { overwrite: true })).rejects.toThrow(/a file of that name/);
    expect(await readFile(join(root, 'file'), 'utf8')).toBe('keep');
  });
});
