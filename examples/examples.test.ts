import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const examples = readdirSync(import.meta.dirname).filter((name) => /^\d\d-.*\.ts$/.test(name));

/** What each example prints at its end when it did what its first line says. */
const LAST_WORDS: Readonly<Record<string, RegExp>> = {
  '01-tokenize.ts': /Swahili takes (\d\.\d\d) tokens a word, \d\.\d\d before[\s\S]*read back from/,
  '02-curate.ts': /notes\.jsonl:2 is notes\.jsonl:1 again\n[\s\S]*malformed[\s\S]*eng_Latn\/\S+: 2 documents/,
  '03-pretrain.ts': /stage 1 on wasm[\s\S]*step \d+ {2}loss[\s\S]*stage 2 on wasm[\s\S]*step \d+ {2}loss/,
  '04-instruct.ts': /step \d+ {2}loss \d\.\d+\nanswer: ./,
  '05-align.ts': /accuracy \d\.\d\d\n$/,
  '06-evaluate.ts': /swh_Latn[\s\S]*BLEU\S* = \d+[\s\S]*chrF2\S* = \d+/,
  '07-generate-and-export.ts': /tensors, qwen2[\s\S]*Everyone has./,
  '08-end-to-end.ts': /report\.html/,
};

test('there is an expectation for every example, and each is short', () => {
  expect(examples).toEqual(Object.keys(LAST_WORDS));
  for (const name of examples) {
    const numLines = readFileSync(join(import.meta.dirname, name), 'utf8').split('\n').length;
    expect(numLines, name).toBeLessThanOrEqual(80);
  }
});

test.each(examples)('%s', async (name) => {
  const { stdout } = await run(process.execPath, ['--conditions=@marco-ts/source', join(import.meta.dirname, name)], {
    maxBuffer: 2 ** 24,
  });
  expect(stdout).toMatch(LAST_WORDS[name]!);
});
