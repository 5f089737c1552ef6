import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { smallTokenizer } from '../../test/small-tokenizer.ts';
import { loadTokenizer } from './load-tokenizer.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokenizer-'));
});
afterEach(() => rm(directory, { recursive: true }));

const write = (names: string[]) =>
  Promise.all(names.map((name) => writeFile(join(directory, name), smallTokenizer.files()[name]!)));

test.each([[['tokenizer.json', 'tokenizer_config.json']], [['vocab.json', 'merges.txt', 'tokenizer_config.json']]])(
  '%j',
  async (names) => {
    await write(names);
    const tokenizer = await loadTokenizer(directory);
    expect(tokenizer.encode('the fox<|im_end|>')).toEqual(smallTokenizer.encode('the fox<|im_end|>'));
    expect(tokenizer.renderChat([{ role: 'user', content: 'a' }])).toBe(
      smallTokenizer.renderChat([{ role: 'user', content: 'a' }]),
    );
  },
);

test('special_tokens_map.json and chat_template.jinja', async () => {
  await write(['tokenizer.json']);
  await writeFile(join(directory, 'special_tokens_map.json'), JSON.stringify({ eos_token: { content: '<|im_end|>' } }));
  await writeFile(
    join(directory, 'chat_template.jinja'),
    '{% for m in messages %}[{{ m.content }}{{ eos_token }}]{% endfor %}',
  );
  const tokenizer = await loadTokenizer(directory);
  expect(tokenizer.eosTokenId).toBe(479);
  expect(tokenizer.renderChat([{ role: 'user', content: 'a' }])).toBe('[a<|im_end|>]');
});

test('an empty directory', async () => {
  await expect(loadTokenizer(directory)).rejects.toThrow(`got neither in ${directory}`);
});

test('a cut file', async () => {
  await writeFile(join(directory, 'tokenizer.json'), smallTokenizer.files()['tokenizer.json']!.slice(0, 500));
  await expect(loadTokenizer(directory)).rejects.toThrow('tokenizerJson must be JSON');
  await writeFile(join(directory, 'tokenizer_config.json'), '{"eos_');
  await expect(loadTokenizer(directory)).rejects.toThrow('tokenizer_config.json must be JSON');
});
