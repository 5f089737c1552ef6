/** What the data stage left: the funnel, documents kept and dropped, parallel paragraphs, and the mixture that training draws from. */
import type {
  DocumentView,
  FunnelView,
  MixtureView,
  Page,
  ParallelPairView,
  PreferencePairView,
} from '../api-types.ts';
import { readJsonLinesPage } from './json-lines-page.ts';
import { asArray, asNumber, asNumbers, asRecord, asText, given } from './json-shape.ts';
import { TRAINING_LOG_FILE } from './run-view.ts';
import { RECIPE_FILE, type RunsDirectory } from './runs-directory.ts';
import type { TrainingLog } from './training/training-log.ts';

const MAX_TEXT_CHARACTERS = 4000;
/** Kept documents by what they are; the page offers these and nothing else is opened. */
const DOCUMENT_FILES: Readonly<Record<string, string>> = {
  dropped: 'dropped.jsonl',
  kept: 'documents-train.jsonl',
  validation: 'documents-validation.jsonl',
  test: 'documents-test.jsonl',
  parallel: 'parallel.jsonl',
  knowledge: 'knowledge.jsonl',
  synthetic: 'synthetic.jsonl',
};

export interface PageRequest {
  readonly offset: number;
  readonly limit: number;
  readonly language?: string;
  readonly reason?: string;
}

export async function funnelView(runs: RunsDirectory, run: readonly string[]): Promise<FunnelView | undefined> {
  const path = await findFile(runs, run, 'funnel.json');
  const funnels = asRecord(path && (await runs.readJson(path)));
  const documents = asRecord(funnels.documents ?? funnels);
  const read = asNumber(documents.read);
  if (read === undefined) return undefined;
  const parallel = asRecord(funnels.parallel);
  return {
    read,
    kept: asNumber(documents.kept) ?? 0,
    reasons: Object.entries(asNumbers(documents.droppedByReason))
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count),
    languages: Object.entries(asRecord(documents.languages)).map(([language, counts]) => ({
      language,
      read: asNumber(asRecord(counts).read) ?? 0,
      kept: asNumber(asRecord(counts).kept) ?? 0,
      dropped: asNumbers(asRecord(counts).dropped),
    })),
    ...(asNumber(parallel.read) === undefined
      ? {}
      : {
          parallel: {
            read: asNumber(parallel.read)!,
            kept: asNumber(parallel.kept) ?? 0,
            dropped: asNumbers(parallel.dropped),
          },
        }),
  };
}

/** @param kind a name of `DOCUMENT_FILES`. @returns undefined for any other */
export async function documentPage(
  runs: RunsDirectory,
  run: readonly string[],
  kind: string,
  { offset, limit, language, reason }: PageRequest,
): Promise<Page<DocumentView> | undefined> {
  const file = Object.hasOwn(DOCUMENT_FILES, kind) ? DOCUMENT_FILES[kind]! : undefined;
  if (file === undefined) return undefined;
  const path = await findFile(runs, run, file);
  if (path === undefined) return { rows: [] };
  return readJsonLinesPage(runs, path, {
    offset,
    limit,
    choose: (row) => {
      if (language !== undefined && row.language !== language) return undefined;
      if (reason !== undefined && row.reason !== reason) return undefined;
      const text = asText(row.text) ?? '';
      return {
        id: asText(row.id) ?? '',
        text: text.slice(0, MAX_TEXT_CHARACTERS),
        isCut: text.length > MAX_TEXT_CHARACTERS,
        ...given('language', asText(row.language)),
        ...given('reason', asText(row.reason)),
        ...given('detail', asText(row.detail)),
      };
    },
  });
}

/**
 * Paragraphs of one language beside the pivot's. A pivot paragraph is held from where it stands in the file, so a page begins at the start of
 * the file and `offset` counts pairs, not bytes.
 */
export async function parallelPage(
  runs: RunsDirectory,
  run: readonly string[],
  { offset, limit, language }: PageRequest,
): Promise<Page<ParallelPairView>> {
  const path = await findFile(runs, run, 'paragraphs-train.jsonl');
  if (path === undefined) return { rows: [] };
  const recipe = asRecord(asRecord(await runs.readJson([...run, RECIPE_FILE])).recipe);
  const pivotLanguage = asText(asRecord(asRecord(recipe.data).parallel).pivotLanguage) ?? 'eng_Latn';
  const pivots = new Map<string, string>();
  let numBefore = 0;
  const { rows, next } = await readJsonLinesPage(runs, path, {
    offset: 0,
    limit: limit + 1,
    choose: (row): ParallelPairView | undefined => {
      const [id, text, own] = [asText(row.paragraphId), asText(row.text), asText(row.language)];
      if (id === undefined || text === undefined || own === undefined) return undefined;
      if (own === pivotLanguage) pivots.set(id, text);
      const source = pivots.get(id);
      if (own === pivotLanguage || source === undefined || (language !== undefined && own !== language))
        return undefined;
      if (numBefore++ < offset) return undefined;
      return { id, source, sourceLanguage: pivotLanguage, target: text, targetLanguage: own };
    },
  });
  return {
    rows: rows.slice(0, limit),
    ...given('next', next === undefined && rows.length <= limit ? undefined : offset + limit),
  };
}

export async function preferencePage(
  runs: RunsDirectory,
  run: readonly string[],
  { offset, limit, language, reason }: PageRequest,
): Promise<Page<PreferencePairView>> {
  const path = await findFile(runs, run, 'pairs.jsonl');
  if (path === undefined) return { rows: [] };
  return readJsonLinesPage(runs, path, {
    offset,
    limit,
    choose: (row) => {
      if (language !== undefined && row.language !== language) return undefined;
      if (reason !== undefined && row.kind !== reason) return undefined;
      return {
        prompt: promptText(row.prompt),
        chosen: promptText(row.chosen),
        rejected: promptText(row.rejected),
        ...given('language', asText(row.language)),
        ...given('kind', asText(row.kind)),
      };
    },
  });
}

/** Chat messages as text, the role before each where there are several. */
function promptText(prompt: unknown): string {
  if (typeof prompt === 'string') return prompt;
  const messages = asArray(prompt).map(asRecord);
  const text = (content: unknown): string => asText(content) ?? '';
  return messages.length === 1
    ? text(messages[0]!.content)
    : messages.map(({ role, content }) => `${text(role)}: ${text(content)}`).join('\n\n');
}

export async function mixtureView(
  runs: RunsDirectory,
  run: readonly string[],
  trainingLog: (path: readonly string[]) => Promise<TrainingLog>,
): Promise<MixtureView[]> {
  const path = await findFile(runs, run, 'mixture.json');
  const tiers = await languageTiers(runs, run);
  const rows: MixtureView[] = [];
  const stages = new Map((await runs.stages(run)).map((stage) => [stage.name, stage]));
  for (const row of asArray(path && (await runs.readJson(path))).map(asRecord)) {
    const [stage, source] = [asText(row.stage), asText(row.source)];
    if (stage === undefined || source === undefined) continue;
    const directory = stages.get(stage);
    const log = directory && (await trainingLog([...directory.path, TRAINING_LOG_FILE]));
    rows.push({
      stage,
      source,
      ...given('tier', tiers[source]),
      plannedTokens: asNumber(row.plannedTokens) ?? 0,
      usedTokens: asNumber(row.usedTokens) ?? 0,
      epochs: asNumber(row.epochs) ?? 0,
      seenTokens: log?.seenTokens.get(source) ?? 0,
    });
  }
  return rows;
}

/** Tier by language, as the recipe says. */
export async function languageTiers(runs: RunsDirectory, run: readonly string[]): Promise<Record<string, string>> {
  const recipe = asRecord(asRecord(await runs.readJson([...run, RECIPE_FILE])).recipe);
  return Object.fromEntries(
    Object.entries(asRecord(asRecord(recipe.data).tiers)).flatMap(([tier, languages]) =>
      asArray(languages).flatMap((language) => (typeof language === 'string' ? [[language, tier]] : [])),
    ),
  );
}

/** @returns the path of the file in the last stage that has one */
async function findFile(runs: RunsDirectory, run: readonly string[], file: string): Promise<string[] | undefined> {
  for (const { path } of (await runs.stages(run)).reverse()) {
    if ((await runs.state([...path, file])) !== undefined) return [...path, file];
  }
  return undefined;
}
