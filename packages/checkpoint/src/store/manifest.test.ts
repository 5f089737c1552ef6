import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readManifest, type StageManifest, stageHash, writeManifest } from './manifest.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'marco-manifest-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const manifest: StageManifest = {
  stage: 'tokenizer',
  inputs: { data: 'ab12' },
  config: { vocabSize: 4096 },
  versions: { node: '24.9.0' },
  counts: { documents: 3 },
  seconds: 1.5,
  startedAt: '2026-01-02T03:04:05.000Z',
  outputs: { 'tokenizer.json': 'cd34' },
};

test('comes back as written; a directory without one has none', async () => {
  expect(await readManifest(root)).toBeNull();
  expect(await readManifest(join(root, 'none'))).toBeNull();
  await writeManifest(root, manifest);
  expect(await readManifest(root)).toEqual(manifest);
});

test('the hash follows what decides the result, not how long it took', () => {
  const hash = stageHash(manifest);
  expect(stageHash({ ...manifest, seconds: 9, counts: {}, startedAt: '2027-01-01' } as StageManifest)).toBe(hash);
  expect(stageHash({ ...manifest, stage: 'other' })).not.toBe(hash);
  expect(stageHash({ ...manifest, inputs: { data: 'ab13' } })).not.toBe(hash);
  expect(stageHash({ ...manifest, config: { vocabSize: 4097 } })).not.toBe(hash);
  expect(stageHash({ ...manifest, versions: { node: '25' } })).not.toBe(hash);
});

test.each<[Partial<Record<keyof StageManifest, unknown>>, RegExp]>([
  [{ stage: '' }, /stage must be a name/],
  [{ inputs: { a: 1 } }, /inputs must map names to hashes/],
  [{ config: [] }, /config must be an object/],
  [{ versions: null }, /versions must map/],
  [{ counts: { a: 'x' } }, /counts must map/],
  [{ seconds: -1 }, /seconds must be a number from 0, got -1/],
  [{ startedAt: 'soon' }, /startedAt must be a date, got soon/],
  [{ outputs: { a: 1 } }, /outputs must map/],
])('refuses %o, written or read', async (fault, message) => {
  const wrong = { ...manifest, ...fault } as StageManifest;
  await expect(writeManifest(root, wrong)).rejects.toThrow(message);
  await writeFile(join(root, 'manifest.json'), JSON.stringify(wrong));
  await expect(readManifest(root)).rejects.toThrow(message);
});

test('a damaged manifest is an error that names it', async () => {
  await writeFile(join(root, 'manifest.json'), '{"stage":');
  await expect(readManifest(root)).rejects.toThrow(/readManifest: the file must be JSON, got .* at .*manifest.json/);
  await writeFile(join(root, 'manifest.json'), '[]');
  await expect(readManifest(root)).rejects.toThrow(/must hold a JSON object, got a list/);
});
