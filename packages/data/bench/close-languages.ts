/**
 * How close relatives are told apart: by n-grams alone, with marker words (as everywhere else), and by a second identifier that is trained on the
 * group alone and asked where the first one names a member.
 *
 * All know the declaration only. Sentences: the test set of bench/identify-languages.ts, Tatoeba and NTREX where they have the language.
 *
 * Run: MARCO_TEST_DATA=<folder> node --conditions=@marco-ts/source bench/close-languages.ts
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, declarationDocuments, readUdhr, trainLanguageIdentifier } from '../src/index.ts';

const GROUPS: readonly (readonly (readonly [language: string, testSet: string, tatoeba: string, ntrex: string])[])[] = [
  [
    ['bos_Latn', 'bs', '', ''],
    ['hrv_Latn', 'hr', 'hrv', ''],
    ['srp_Latn', 'sr', 'srp', ''],
  ],
  [
    ['ind_Latn', 'id', 'ind', 'ind'],
    ['zsm_Latn', 'ms', 'zsm', 'msa'],
  ],
  [
    ['dan_Latn', 'da', 'dan', 'dan'],
    ['nno_Latn', 'nn', '', ''],
    ['nob_Latn', 'nb', 'nob', ''],
  ],
];
const folder = process.env.MARCO_TEST_DATA ?? '';
const linesOf = (path: string): string[] =>
  existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8').split('\n').filter(Boolean) : [];

const samples: Document[] = [];
for await (const declaration of readUdhr())
  samples.push(...declarationDocuments(declaration).filter(({ language }) => !/^(und|mis)_/.test(language)));
const identifier = trainLanguageIdentifier(samples);
const rows = linesOf('mono/lid_testset/lingua_sentences_150x75.jsonl').map((line) => JSON.parse(line));
const isLatin = (text: string): boolean => /\p{sc=Latin}/u.test(text) && !/\p{sc=Cyrillic}/u.test(text);

console.log(
  '| language | sentences | n-grams | with marker words | second stage | most frequent answers with marker words |',
);
console.log(`|${'---|'.repeat(6)}`);
for (const group of GROUPS) {
  const languages = new Set(group.map(([language]) => language));
  const second = trainLanguageIdentifier(samples.filter(({ language }) => languages.has(language)));
  const ways: Readonly<Record<string, (text: string) => string>> = {
    'n-grams': (text) => identifier.identify(text, { markerWords: false }).language,
    'marker words': (text) => identifier.identify(text).language,
    'second stage': (text) => {
      const first = identifier.identify(text, { markerWords: false }).language;
      return languages.has(first) ? second.identify(text, { markerWords: false }).language : first;
    },
  };
  for (const [language, testSet, tatoeba, ntrex] of group) {
    const sets: readonly (readonly [string, string[]])[] = [
      ['test set', rows.filter(({ lang }) => lang === testSet).map(({ text }) => text)],
      ['Tatoeba', linesOf(`parallel/tatoeba/eng-${tatoeba}.tsv`).map((line) => line.split('\t')[1]!)],
      ['NTREX', linesOf(`parallel/ntrex/newstest2019-ref.${ntrex}.txt`)],
    ];
    for (const [set, all] of sets) {
      const texts = all.filter(isLatin);
      if (texts.length === 0) continue;
      const found = Object.values(ways).map((identify) => texts.map(identify));
      const shares = found.map((answers) => {
        const numRight = answers.filter((answer) => answer === language).length;
        return `${((100 * numRight) / texts.length).toFixed(1)}%`;
      });
      console.log(`| ${language} | ${set} (${texts.length}) | ${shares.join(' | ')} | ${mostFrequent(found[1]!)} |`);
    }
  }
}

/** The four most frequent answers. */
function mostFrequent(answers: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 4);
  return most.map(([code, count]) => `${code.slice(0, 3)} ${count}`).join(', ');
}
