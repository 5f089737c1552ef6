/**
 * Raw pages to cleaned, deduplicated and split documents, parallel pairs, knowledge and synthetic documents, with a funnel of every drop.
 *
 * The cascade is `curateDocuments` of @marco-ts/data. Documents of languages that the recipe does not train are read and counted too: they
 * teach the language identifier what the others are not.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CuratedDocuments,
  curateDocuments,
  type Document,
  declarationQuestions,
  type FunnelReport,
  keywordExplanations,
  languageInfo,
  languageQuestions,
  mathsDocuments,
  renderParallel,
  type SplitName,
  thresholdsFor,
  type UdhrDeclaration,
  udhrThresholds,
} from '@marco-ts/data';
import { HELD_OUT, heldOutRows } from '@marco-ts/eval';
import { languageName, languageTiers } from '../config/recipe-languages.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import { BadInputError } from '../errors.ts';
import type { Stage, StageContext } from '../runner/stage.ts';
import {
  BENCHMARKS_DIRECTORY,
  type DataFunnels,
  DROPPED_FILE,
  documentsFile,
  FUNNEL_FILE,
  paragraphsFile,
  SOURCE_FILES,
} from '../stage-files/data-files.ts';
import { directoryFingerprint } from '../stage-files/directory-fingerprint.ts';
import { writeJsonLines } from '../stage-files/json-lines.ts';
import { type AlignedSources, alignSources } from './align-sources.ts';
import { requireBenchmarks } from './benchmark-tasks.ts';
import { readSources, type Sources } from './read-sources.ts';
import { startBackend } from './start-backend.ts';

const SPLITS: readonly SplitName[] = ['train', 'validation', 'test'];
/** Dropped documents that are written out whole, per reason, for people to judge. */
const MAX_DROPPED_PER_REASON = 200;
/** Files and lines that gave no document and are told while running; the file has all of them. */
const MAX_PROBLEMS_SHOWN = 10;
const PROBLEMS_FILE = 'left-out.txt';
/** Article number of the declaration's preamble: most of its text, so never held out. */
const PREAMBLE = '0';

export const dataStage: Stage<Recipe> = {
  name: 'data',
  title: 'data: read, identify, filter, deduplicate, split',
  dependsOn: [],
  config: ({ data, seed }) => ({
    data,
    seed,
    ...(data.source.kind === 'directory' && { files: directoryFingerprint(data.source.directory) }),
  }),
  run: runDataStage,
};

async function runDataStage({ directory, recipe, signal, progress, log, seed }: StageContext<Recipe>) {
  const languages = new Set(languageTiers(recipe).keys());
  // Needed later: better told now than after hours of reading.
  await startBackend(recipe);
  requireBenchmarks(recipe);
  progress.start({ total: 6, unit: 'steps', label: 'reading' });
  const sources = await readSources(recipe, languages, signal);
  for (const problem of sources.problems.slice(0, MAX_PROBLEMS_SHOWN)) log(`left out: ${problem}`);
  if (sources.problems.length > 0) await writeFile(join(directory, PROBLEMS_FILE), `${sources.problems.join('\n')}\n`);
  if (sources.problems.length > MAX_PROBLEMS_SHOWN) {
    log(`left out: ${sources.problems.length - MAX_PROBLEMS_SHOWN} more, all of them in ${PROBLEMS_FILE}`);
  }
  if (sources.documents.length === 0) {
    throw new BadInputError('[@marco-ts/pipeline] data: the source must hold documents, got none. Check data.source.');
  }
  requireGroups(recipe, sources);
  const curated = await curate(recipe, sources, {
    languages,
    seed,
    signal,
    onProgress: (step) => progress.advance(1, step),
  });
  const funnel = curated.funnel.toJson();
  requireEveryLanguage(languages, curated, funnel);
  progress.advance(1, 'align');

  const { pivotLanguage } = recipe.data.parallel;
  const aligned = alignSources(recipe, sources, curated);
  requireTranslations(recipe, sources, aligned);
  const isTrainArticle = (article: number): boolean => aligned.articleSplits.get(article) === 'train';
  const trained = sources.declarations.map((declaration) => aligned.keptPartOf(declaration));
  const documents = {
    parallel: renderParallel(
      aligned.pairs.filter(({ article }) => isTrainArticle(article)),
      { seed, nameOf: languageName },
    ),
    knowledge: knowledgeDocuments(recipe, trained, isTrainArticle, seed),
    synthetic: keywordExplanations(trained, { isTrainArticle, seed }),
  };
  for (const name of SPLITS) {
    await writeJsonLines(join(directory, documentsFile(name)), curated[name]);
    await writeJsonLines(join(directory, paragraphsFile(name)), aligned.paragraphs[name]);
  }
  for (const [name, file] of Object.entries(SOURCE_FILES)) {
    await writeJsonLines(join(directory, file), documents[name as keyof typeof SOURCE_FILES]);
  }
  await writeHeldOut(directory, heldOutRows({ paragraphs: aligned.paragraphs.test, pivotLanguage, seed }));
  await writeJsonLines(join(directory, DROPPED_FILE), curated.dropped);
  const { contamination, identification } = curated;
  const funnels: DataFunnels = { documents: funnel, parallel: aligned.funnel, contamination, identification };
  await writeFile(join(directory, FUNNEL_FILE), JSON.stringify(funnels, null, 2));
  await writeFile(join(directory, 'funnel.txt'), `${curated.funnel.toTable()}\n`);
  progress.advance(1, 'done');
  log(
    `${funnel.read} documents read, ${funnel.kept} kept; ${aligned.funnel.kept} of ${aligned.funnel.read} aligned paragraphs kept; ` +
      `language identification ${(identification.accuracy * 100).toFixed(1)}% right on unseen articles; ` +
      `${contamination.numContaminated} of ${contamination.numCompared} held-out documents share a ${contamination.n}-gram with training text`,
  );
  return {
    documentsRead: funnel.read,
    documentsKept: funnel.kept,
    train: curated.train.length,
    validation: curated.validation.length,
    test: curated.test.length,
    languages: languages.size,
    parallelPairs: aligned.pairs.length,
  };
}

/** The held-out benchmarks as data sets in a directory, for the run's evaluations and for `marco eval`. */
async function writeHeldOut(directory: string, rows: ReturnType<typeof heldOutRows>): Promise<void> {
  for (const [kind, byLanguage] of Object.entries(rows)) {
    for (const [language, own] of byLanguage) {
      const folder = join(directory, BENCHMARKS_DIRECTORY, HELD_OUT, kind, language);
      await mkdir(folder, { recursive: true });
      await writeJsonLines(join(folder, 'test.jsonl'), own);
    }
  }
}

interface DroppedRow {
  readonly reason: string;
  readonly id: string;
  readonly language: string;
  readonly detail: string;
  readonly text: string;
}

/** Runs the cascade with the recipe's thresholds; keeps some of what was dropped, for people to judge. */
async function curate(
  { data }: Recipe,
  sources: Sources,
  options: { languages: ReadonlySet<string>; seed: number; signal: AbortSignal; onProgress: (step: string) => void },
): Promise<CuratedDocuments & { dropped: DroppedRow[] }> {
  const { filters, deduplication, split, source } = data;
  const dropped: DroppedRow[] = [];
  const perReason = new Map<string, number>();
  const web = filters.thresholds === 'udhr' ? udhrThresholds : thresholdsFor;
  const curated = await curateDocuments(sources.documents, {
    ...options,
    groupOf: sources.groupOf,
    thresholds: (language) => {
      const thresholds = web(language);
      return { ...thresholds, languageScore: filters.minLanguageConfidence ?? thresholds.languageScore };
    },
    characterThresholds: {
      minCharacters: filters.minNumCharacters,
      maxCharacters: filters.maxNumCharacters,
      maxSpecialCharacters: filters.maxSpecialCharacterShare,
      maxPunctuation: filters.maxPunctuationShare,
      maxDigits: filters.maxDigitShare,
      maxReplacementCharacters: filters.maxReplacementCharacterShare,
    },
    minhash: {
      nGramSize: deduplication.ngramSize,
      numBuckets: deduplication.numBuckets,
      hashesPerBucket: deduplication.hashesPerBucket,
    },
    validationShare: split.validationShare,
    testShare: split.testShare,
    alwaysTrain: (group) => source.kind === 'udhr' && group === PREAMBLE,
    onDrop: (document, reason, detail) => {
      const count = (perReason.get(reason) ?? 0) + 1;
      perReason.set(reason, count);
      const { id, language, text } = document;
      if (count <= MAX_DROPPED_PER_REASON) dropped.push({ reason, id, language, detail, text });
    },
  });
  return { ...curated, dropped };
}

/** One group to train on and one each to hold out, before what the filters drop. */
function requireGroups({ data }: Recipe, { documents, groupOf }: Sources): void {
  const numGroups = new Set(documents.map(groupOf)).size;
  if (numGroups >= 3) return;
  const field = data.source.kind === 'directory' ? data.source.groupField : undefined;
  throw new BadInputError(
    `[@marco-ts/pipeline] data: there must be at least 3 groups of documents, to train on, to validate on and to test on, got ${numGroups} in ${documents.length} documents. ${field === undefined ? 'Give more documents.' : `Give more values of "${field}", or another data.source.groupField.`}`,
  );
}

function requireEveryLanguage(languages: ReadonlySet<string>, curated: CuratedDocuments, funnel: FunnelReport): void {
  const trained = new Set(curated.train.map(({ language }) => language));
  const missing = [...languages].filter((language) => !trained.has(language));
  if (missing.length === 0) return;
  const absent = missing.filter((language) => funnel.languages[language] === undefined);
  const why = missing.flatMap((language) => {
    const counts = funnel.languages[language];
    if (counts === undefined) return [];
    const drops = Object.entries(counts.dropped).map(([reason, count]) => `${count} ${reason}`);
    return [`${language} (${counts.read} read: ${drops.join(', ') || 'all held out'})`];
  });
  if (absent.length > 0) why.push(`${absent.join(', ')} (not in the source)`);
  throw new Error(
    `[@marco-ts/pipeline] data: every language of the recipe must keep training text, got none for ${why.join('; ')}. Loosen data.filters, or take the language out of data.tiers.`,
  );
}

/** Told before anything is trained, not when instruction tuning finds nothing to be made from. */
function requireTranslations({ data, sft, preference }: Recipe, sources: Sources, aligned: AlignedSources): void {
  const needed = [sft && 'sft', preference && 'preference'].filter((name) => name !== undefined);
  if (needed.length === 0 || aligned.paragraphs.train.length > 0) return;
  const { source, parallel } = data;
  const field = source.kind === 'directory' ? source.groupField : undefined;
  const numGrouped = sources.documents.filter(({ metadata }) => field !== undefined && field in metadata).length;
  const found = field === undefined ? '' : ` (${numGrouped} of ${sources.documents.length} documents have "${field}")`;
  throw new Error(
    `[@marco-ts/pipeline] data: ${needed.join(' and ')} are made from text in ${parallel.pivotLanguage} and other languages that says the same line by line, got ${aligned.funnel.read} aligned paragraphs, ${aligned.funnel.kept} of them kept and none for training${found}. Name the field that translations share in data.source.groupField and give them equally many lines, or take ${needed.join(' and ')} out of the recipe (YAML: ${needed[0]}: null).`,
  );
}

/** Questions and answers from facts and from training articles, and generated arithmetic. */
function knowledgeDocuments(
  recipe: Recipe,
  declarations: readonly UdhrDeclaration[],
  isTrainArticle: (article: number) => boolean,
  seed: number,
): Document[] {
  const facts = declarations.map(({ language, bcp47, direction }) => {
    const nativeName = languageInfo(language)?.nativeName;
    return {
      language,
      name: languageName(language),
      bcp47,
      direction,
      ...(nativeName !== undefined && { nativeName }),
    };
  });
  return [
    ...declarationQuestions(declarations, isTrainArticle),
    ...languageQuestions(facts, seed),
    ...mathsDocuments(recipe.data.numMathsProblems, seed),
  ];
}
