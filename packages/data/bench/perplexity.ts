/**
 * Perplexity as a filter: what a model of each language says of held-out text, of the same words in disorder, of a neighbour language; how well
 * it agrees with human labels of web pages; how fast it trains and scores.
 *
 * Run: MARCO_TEST_DATA=<folder> node --conditions=@marco-ts/source bench/perplexity.ts
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Document,
  decodeNGramModel,
  documentPerplexity,
  encodeNGramModel,
  type NGramModel,
  perplexitySentences,
  readArpa,
  trainNGramModel,
  writeArpa,
} from '../src/index.ts';
import { areaUnderCurve } from './area-under-curve.ts';

const root = process.env.MARCO_TEST_DATA ?? '';
const rowsOf = (path: string) =>
  readFileSync(join(root, path), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const LANGUAGES: Readonly<Record<string, string>> = {
  cs: 'ces_Latn',
  de: 'deu_Latn',
  en: 'eng_Latn',
  es: 'spa_Latn',
  fr: 'fra_Latn',
  hu: 'hun_Latn',
  it: 'ita_Latn',
  ja: 'jpn_Jpan',
  ko: 'kor_Hang',
  nl: 'nld_Latn',
  pl: 'pol_Latn',
  pt: 'por_Latn',
  ro: 'ron_Latn',
  ru: 'rus_Cyrl',
  th: 'tha_Thai',
  tr: 'tur_Latn',
  uk: 'ukr_Cyrl',
  ur: 'urd_Arab',
  vi: 'vie_Latn',
  zh: 'cmn_Hans',
};
const NEIGHBOUR: Readonly<Record<string, string>> = {
  cs: 'pl',
  de: 'nl',
  es: 'pt',
  pt: 'es',
  ru: 'uk',
  uk: 'ru',
  it: 'es',
  nl: 'de',
  pl: 'cs',
  fr: 'it',
};

const texts = new Map<string, Document[]>();
for (const file of readdirSync(join(root, 'mono/ud'))) {
  const code = file.slice(0, 2);
  const language = LANGUAGES[code];
  if (language === undefined) continue;
  texts.set(
    code,
    rowsOf(`mono/ud/${file}`).map(({ text }, index) => ({ id: `${file}/${index}`, text, language, metadata: {} })),
  );
}
const models = new Map<string, NGramModel>();
let trainSeconds = 0;
let trainBytes = 0;
for (const [code, documents] of texts) {
  const started = performance.now();
  const train = documents.filter((_, index) => index % 5 !== 0);
  models.set(
    code,
    trainNGramModel(
      train.flatMap((document) => [...perplexitySentences(document)]),
      { order: 5, fallbackDiscounts: [0.5, 1, 1.5] },
    ),
  );
  trainSeconds += (performance.now() - started) / 1000;
  trainBytes += train.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}
const median = (values: number[]): string => values.sort((a, b) => a - b)[values.length >> 1]?.toFixed(0) ?? '';
console.log(
  '| language | held-out | its words in disorder | neighbour language | AUC held-out over disorder |\n|---|---|---|---|---|',
);
for (const [code, documents] of texts) {
  const modelOf = () => models.get(code)!;
  const score = (text: string): number => documentPerplexity({ ...documents[0]!, text }, { modelOf })!;
  const heldOut = documents.filter((_, index) => index % 5 === 0).map(({ text }) => text);
  const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
  const disorder = (text: string): string => {
    const words = Array.from(segmenter.segment(text), ({ segment }) => segment).filter((word) => word.trim() !== '');
    return words.map((_, index) => words[(index * 7919) % words.length]!).join(' ');
  };
  const ordered = heldOut.map(score);
  const shuffled = heldOut.map((text) => score(disorder(text)));
  const neighbour =
    NEIGHBOUR[code] === undefined
      ? []
      : texts
          .get(NEIGHBOUR[code])!
          .filter((_, i) => i % 5 === 0)
          .map(({ text }) => score(text));
  const area = areaUnderCurve([
    ...ordered.map((value) => ({ score: -value, isGood: true })),
    ...shuffled.map((value) => ({ score: -value, isGood: false })),
  ]);
  console.log(
    `| ${LANGUAGES[code]} | ${median([...ordered])} | ${median(shuffled)} | ${median(neighbour)} | ${area.toFixed(3)} |`,
  );
}
const english = models.get('en')!;
const web = rowsOf('mono/web_noisy/dclm_human_quality_majority_data.jsonl');
const labelled = web.map((row) => ({
  score: -(
    documentPerplexity({ id: '', text: row.text, language: 'eng_Latn', metadata: {} }, { modelOf: () => english }) ??
    1e9
  ),
  isGood: row.label === 1,
}));
console.log(
  `AUC of -perplexity for ${web.length} human keep/drop labels (English): ${areaUnderCurve(labelled).toFixed(3)}`,
);

const bytes = web.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
const time = async (work: () => unknown): Promise<number> => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};
const scoreAll = (): void => {
  for (const row of web)
    documentPerplexity({ id: '', text: row.text, language: 'eng_Latn', metadata: {} }, { modelOf: () => english });
};
const scoring = await time(scoreAll);
const file = encodeNGramModel(english);
const arpa = [...writeArpa(english)];
const arpaSeconds = await time(() => readArpa(arpa));
const binarySeconds = await time(() => decodeNGramModel(file));
console.log(
  `training, order 5: ${(trainBytes / 1e6 / trainSeconds).toFixed(1)} MB/s; scoring: ${(bytes / 1e6 / scoring).toFixed(1)} MB/s; ` +
    `${english.numNGrams.reduce((a, b) => a + b)} n-grams in ${(file.length / 2 ** 20).toFixed(1)} MiB, read ${(arpaSeconds / binarySeconds).toFixed(1)} times as fast as ARPA`,
);
