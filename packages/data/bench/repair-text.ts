/**
 * Mojibake repair on real sentences: how many correct ones it changes, and how many come back after being read as Windows-1252.
 *
 * Run: MARCO_TEST_DATA=<folder> node --conditions=@marco-ts/source bench/repair-text.ts
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repairMojibake } from '../src/index.ts';

const root = process.env.MARCO_TEST_DATA ?? '';
const HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
const damage = (text: string): string =>
  [...Buffer.from(text, 'utf8')]
    .map((byte) => (byte >= 0x80 && byte < 0xa0 ? HIGH[byte - 0x80]! : String.fromCharCode(byte)))
    .join('');
const lines = (path: string): string[] =>
  readFileSync(join(root, path), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
const ntrex = readdirSync(join(root, 'parallel/ntrex')).filter((file) => file.startsWith('newstest'));
const sources: Readonly<Record<string, readonly string[]>> = {
  'NTREX, 48 languages': ntrex.flatMap((file) => lines(`parallel/ntrex/${file}`)),
  'UDHR, 398 pages': lines('mono/udhr/udhr.jsonl').flatMap((line) => JSON.parse(line).paras),
  'web and news, 75 languages': lines('mono/lid_testset/lingua_sentences_150x75.jsonl').map(
    (line) => JSON.parse(line).text,
  ),
};
console.log('| text | texts | changed as they are | damaged | come back |\n|---|---|---|---|---|');
for (const [name, texts] of Object.entries(sources)) {
  const changed = texts.filter((text) => repairMojibake(text).text !== text);
  const damaged = texts.filter((text) => damage(text) !== text);
  const numBack = damaged.filter((text) => repairMojibake(damage(text)).text === text).length;
  const share = ((100 * numBack) / damaged.length).toFixed(2);
  console.log(`| ${name} | ${texts.length} | ${changed.length} | ${damaged.length} | ${share}% |`);
  if (process.argv.includes('--changed')) for (const text of changed) console.log(`  ${text.slice(0, 120)}`);
}
