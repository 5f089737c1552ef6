/**
 * Rules and surface agreement of translation pairs against people's judgement: areas under the ROC curve by language pair.
 *
 * Rules: how many of parallelFilters and pairLanguages a pair passes. Surface: surfaceScorer. Both: their sum, so that rules decide first.
 * Lexical: trainLexicalScorer on NTREX, Tatoeba and FLORES of the pair and on the other four fifths of the judged pairs; "all": surface + lexical.
 * Decoder: the translating model's own mean log-probability, where the set has it, as an example of a model's score.
 * Misaligned: the same score, good pairs against the same sources with the next pair's target.
 *
 * Run: MARCO_TEST_DATA=<folder> node --conditions=@marco-ts/source bench/parallel-filters.ts
 */
import { existsSync, readFileSync } from 'node:fs';
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
  trainLexicalScorer,
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

const THREE_LETTERS: Readonly<Record<string, [ntrex: string, tatoeba: string]>> = {
  cs: ['ces', 'ces'],
  de: ['deu', 'deu'],
  et: ['', 'est'],
  ne: ['nep', ''],
  ro: ['ron', 'ron'],
  ru: ['rus', 'rus'],
  zh: ['zho-CN', 'cmn'],
};
const parallel = join(process.env.MARCO_TEST_DATA ?? '', 'parallel');
const linesAt = (path: string): string[] =>
  existsSync(join(parallel, path)) ? readFileSync(join(parallel, path), 'utf8').split('\n') : [];

/** English with another language, turned as the judged pairs are. */
function clean(from: string, to: string): ParallelPair[] {
  const other = from === 'en' ? to : from;
  const [ntrex, tatoeba] = THREE_LETTERS[other]!;
  const english = linesAt('ntrex/newstest2019-src.eng.txt');
  const rows = [
    ...linesAt(`ntrex/newstest2019-ref.${ntrex}.txt`).map((line, i) => [english[i]!, line]),
    ...[`tatoeba/eng-${tatoeba}.tsv`, `floresv1/en-${other}.dev.tsv`].flatMap((path) =>
      linesAt(path).map((line) => line.split('\t')),
    ),
  ].filter(([a, b]) => a && b);
  return rows.map(([en, text], i) =>
    pairOf(`${i}`, from, to, from === 'en' ? en! : text!, from === 'en' ? text! : en!),
  );
}

const FOLDS = 5;
/** Each judged pair by a model that has not seen it; the wrong target of a misaligned pair comes from the same fold. */
function lexicalScores(name: string, judged: readonly JudgedPair[]) {
  const [from, to] = name.split(' ')[1]!.split('-') as [string, string];
  const basis = clean(from, to);
  const models = Array.from({ length: FOLDS }, (_, fold) =>
    trainLexicalScorer([...basis, ...judged.flatMap(({ pair }, i) => (i % FOLDS === fold ? [] : [pair]))]),
  );
  const score = (fold: number, pair: ParallelPair): number => (models[fold]!.score([pair]) as readonly number[])[0]!;
  const entries = judged.map(({ pair, isGood }, i) => {
    const wrong = { ...pair, target: judged[(i + FOLDS) % judged.length]!.pair.target };
    const fold = i % FOLDS;
    return { isGood, right: score(fold, pair), wrong: score(fold, wrong), surface: surface(pair) };
  });
  const areaOf = (pick: (entry: (typeof entries)[number]) => number): string =>
    areaUnderCurve(entries.map((entry) => ({ score: pick(entry), isGood: entry.isGood }))).toFixed(3);
  const good = entries.filter(({ isGood }) => isGood);
  const misaligned = areaUnderCurve([
    ...good.map(({ right }) => ({ score: right, isGood: true })),
    ...good.map(({ wrong }) => ({ score: wrong, isGood: false })),
  ]).toFixed(3);
  return {
    numClean: basis.length,
    lexical: areaOf(({ right }) => right),
    all: areaOf(({ right, surface }) => right + surface),
    misaligned,
  };
}

const sets: readonly (readonly [string, JudgedPair[]])[] = [
  ...(['en-de', 'et-en', 'ne-en', 'ro-en', 'ru-en'] as const).map((name): [string, JudgedPair[]] => {
    const [from, to] = name.split('-');
    return [`assessment ${name}`, readAssessed(from!, to!)];
  }),
  ...['cs', 'de', 'zh'].map((to): [string, JudgedPair[]] => [`catastrophic en-${to}`, readCatastrophic('en', to)]),
];
console.log(
  '| judged pairs | good | bad | pass all rules | rules | surface | both | clean pairs | lexical | lexical + surface | decoder | misaligned, both | misaligned, lexical |',
);
console.log(`|${'---|'.repeat(13)}`);
for (const [name, judged] of sets) {
  const numGood = judged.filter(({ isGood }) => isGood).length;
  const numPassed = judged.filter(({ pair }) => rulesPassed(pair) === filters.length).length;
  const areas = [area(judged, rulesPassed), area(judged, surface), area(judged, both)];
  const learned = lexicalScores(name, judged);
  areas.push(`${learned.numClean}`, learned.lexical, learned.all, decoderArea(judged));
  console.log(
    `| ${name} | ${numGood} | ${judged.length - numGood} | ${numPassed} | ${areas.join(' | ')} | ${misalignedArea(judged)} | ${learned.misaligned} |`,
  );
}
