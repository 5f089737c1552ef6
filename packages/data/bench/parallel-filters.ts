/**
 * Rules and surface agreement of translation pairs against people's judgement: areas under the ROC curve by language pair.
 *
 * Rules: how many of parallelFilters and pairLanguages a pair passes. Surface: surfaceScorer. Both: their sum, so that rules decide first.
 * Decoder: the translating model's own mean log-probability, where the set has it, as an example of a model's score.
 * Misaligned: the same score, good pairs against the same sources with the next pair's target.
 *
 * Run: MARCO_TEST_DATA=<folder> node --conditions=@marco-ts/source bench/parallel-filters.ts
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Document,
  declarationDocuments,
  type ParallelPair,
  pairLanguages,
  parallelFilters,
  readUdhr,
  surfaceScorer,
  trainLanguageIdentifier,
} from '../src/index.ts';
import { areaUnderCurve } from './area-under-curve.ts';

interface JudgedPair {
  readonly pair: ParallelPair;
  readonly isGood: boolean;
  readonly decoderScore: number | null;
}

const root = join(process.env.MARCO_TEST_DATA ?? '', 'parallel/noisy_scored');
const LANGUAGES: Readonly<Record<string, string>> = {
  cs: 'ces_Latn',
  de: 'deu_Latn',
  en: 'eng_Latn',
  et: 'ekk_Latn',
  ne: 'npi_Deva',
  ro: 'ron_Latn',
  ru: 'rus_Cyrl',
  zh: 'cmn_Hans',
};
const linesOf = (path: string): string[] =>
  readFileSync(join(root, path), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
const pairOf = (id: string, from: string, to: string, source: string, target: string): ParallelPair => ({
  id,
  sourceLanguage: LANGUAGES[from]!,
  targetLanguage: LANGUAGES[to]!,
  source,
  target,
  article: 0,
  paragraph: 0,
});

/** Good: in the better half by mean direct assessment. */
function readAssessed(from: string, to: string): JudgedPair[] {
  const rows = linesOf(`mlqe_da/${from}-${to}.dev.jsonl`).map((line) => JSON.parse(line));
  const median = rows.map(({ da_mean }) => da_mean).sort((a, b) => a - b)[rows.length >> 1];
  return rows.map(({ id, src, mt, da_mean, model_score }) => ({
    pair: pairOf(id, from, to, src, mt),
    isGood: da_mean >= median,
    decoderScore: model_score,
  }));
}

/** Good: most annotators saw no catastrophic error. */
function readCatastrophic(from: string, to: string): JudgedPair[] {
  return linesOf(`mlqe_catastrophic/${from}${to}_majority_dev.tsv`).map((line) => {
    const [id, source, target, , verdict] = line.split('\t');
    return { pair: pairOf(id!, from, to, source!, target!), isGood: verdict === 'NOT', decoderScore: null };
  });
}

const documents: Document[] = [];
for await (const declaration of readUdhr()) documents.push(...declarationDocuments(declaration));
const judgedLanguages = new Set(Object.values(LANGUAGES));
const identifier = trainLanguageIdentifier(documents.filter(({ language }) => judgedLanguages.has(language)));
const filters = [...parallelFilters(), pairLanguages(identifier)];

const rulesPassed = (pair: ParallelPair): number => filters.filter((filter) => filter.check(pair).keep).length;
const surface = (pair: ParallelPair): number => (surfaceScorer.score([pair]) as readonly number[])[0]!;
const both = (pair: ParallelPair): number => rulesPassed(pair) + surface(pair);

const area = (judged: readonly JudgedPair[], score: (pair: ParallelPair) => number): string =>
  areaUnderCurve(judged.map(({ pair, isGood }) => ({ score: score(pair), isGood }))).toFixed(3);
const decoderArea = (judged: readonly JudgedPair[]): string =>
  judged.some(({ decoderScore }) => decoderScore === null)
    ? '-'
    : areaUnderCurve(judged.map(({ decoderScore, isGood }) => ({ score: decoderScore!, isGood }))).toFixed(3);

function misalignedArea(judged: readonly JudgedPair[]): string {
  const good = judged.filter(({ isGood }) => isGood).map(({ pair }) => pair);
  const wrong = good.map((pair, i) => ({ ...pair, target: good[(i + 1) % good.length]!.target }));
  return areaUnderCurve([
    ...good.map((pair) => ({ score: both(pair), isGood: true })),
    ...wrong.map((pair) => ({ score: both(pair), isGood: false })),
  ]).toFixed(3);
}

const sets: readonly (readonly [string, JudgedPair[]])[] = [
  ...(['en-de', 'et-en', 'ne-en', 'ro-en', 'ru-en'] as const).map((name): [string, JudgedPair[]] => {
    const [from, to] = name.split('-');
    return [`assessment ${name}`, readAssessed(from!, to!)];
  }),
  ...['cs', 'de', 'zh'].map((to): [string, JudgedPair[]] => [`catastrophic en-${to}`, readCatastrophic('en', to)]),
];
console.log('| judged pairs | good | bad | pass all rules | rules | surface | both | decoder | misaligned, both |');
console.log('|---|---|---|---|---|---|---|---|---|');
for (const [name, judged] of sets) {
  const numGood = judged.filter(({ isGood }) => isGood).length;
  const numPassed = judged.filter(({ pair }) => rulesPassed(pair) === filters.length).length;
  const areas = [area(judged, rulesPassed), area(judged, surface), area(judged, both), decoderArea(judged)];
  console.log(
    `| ${name} | ${numGood} | ${judged.length - numGood} | ${numPassed} | ${areas.join(' | ')} | ${misalignedArea(judged)} |`,
  );
}
