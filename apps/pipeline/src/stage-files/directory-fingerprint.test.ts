import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tinyCpu } from '../recipes/tiny-cpu.ts';
import { dataStage } from '../stages/data-stage.ts';
import { modelStage } from '../stages/model-stage.ts';
import { tokenizerStage } from '../stages/tokenizer-stage.ts';
import { directoryFingerprint } from './directory-fingerprint.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'marco-fingerprint-'));
  mkdirSync(join(directory, 'deep'));
  writeFileSync(join(directory, 'deep', 'a.txt'), 'moja');
  writeFileSync(join(directory, 'b.txt'), 'mbili');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('changes with a file added, edited in place or renamed, and only then', () => {
  const before = directoryFingerprint(directory)!;
  expect(before).toMatchObject({ numFiles: 2, sizeBytes: 9 });
  expect(directoryFingerprint(directory)).toEqual(before);
  const seen = new Set([before.sha256]);
  const expectNew = (): void => {
    const { sha256 } = directoryFingerprint(directory)!;
    expect(seen).not.toContain(sha256);
    seen.add(sha256);
  };
  writeFileSync(join(directory, 'c.txt'), 'tatu');
  expectNew();
  writeFileSync(join(directory, 'c.txt'), 'nne!');
  utimesSync(join(directory, 'c.txt'), 1, 1);
  expectNew();
  rmSync(join(directory, 'c.txt'));
  expect(directoryFingerprint(directory)).toEqual(before);
  symlinkSync('/nowhere/at/all', join(directory, 'broken'));
  expect(directoryFingerprint(directory)).toEqual(before);
});

test('no directory, no fingerprint', () => {
  expect(directoryFingerprint(join(directory, 'none'))).toBeNull();
  expect(directoryFingerprint(join(directory, 'b.txt'))).toBeNull();
});

test('the stages that read a directory of the user depend on what lies in it', () => {
  const base = tinyCpu();
  const source = { kind: 'directory', directory, language: 'swh_Latn', textField: 'text' } as const;
  const recipe = { ...base, data: { ...base.data, source }, model: { kind: 'directory', directory } as const };
  const stages = [dataStage, tokenizerStage, modelStage];
  const before = stages.map((stage) => JSON.stringify(stage.config(recipe)));
  writeFileSync(join(directory, 'b.txt'), 'mbili na moja');
  for (const [index, stage] of stages.entries()) expect(JSON.stringify(stage.config(recipe))).not.toBe(before[index]);
});
