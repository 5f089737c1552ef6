/** A tokenizer: trained, used, taught a new language without moving an old id, saved, and read back. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extendTokenizer, fertility, loadTokenizer, trainTokenizer } from '@marco-ts/tokenizer';
import { tinyTexts } from './tiny-model.ts';

const { train, test } = await tinyTexts();
const textsOf = (documents: typeof train, language: string) =>
  documents.filter((document) => document.language === language).map(({ text }) => text);

const english = trainTokenizer(textsOf(train, 'eng_Latn'), { vocabSize: 600 });
const ids = english.encode('Everyone has the right to life.');
console.log(
  [...ids].map((id) => english.decode([id])),
  english.decode(ids),
);

const { tokenizer: extended, newTokens } = extendTokenizer(english, textsOf(train, 'swh_Latn'), { numNewTokens: 300 });
const heldOut = textsOf(test, 'swh_Latn');
console.log(
  `${newTokens.length} new tokens; held-out Swahili takes ${fertility(extended, heldOut).tokensPerWord.toFixed(2)} tokens a word, ` +
    `${fertility(english, heldOut).tokensPerWord.toFixed(2)} before`,
);

const directory = await mkdtemp(join(tmpdir(), 'tokenizer-'));
for (const [name, contents] of Object.entries(extended.files())) await writeFile(join(directory, name), contents);
const again = await loadTokenizer(directory); // a directory that Hugging Face's tokenizers open too
console.log(again.encode('Kila mtu ana haki ya kuishi.').length, 'tokens, read back from', directory);
