/**
 * Makes the steps of a plan that look at one document at a time; what they need of files is read before the first document.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BAD_WORD_FILES, badWords, parseWordList } from '../filters/c4/bad-words.ts';
import { c4Paragraph } from '../filters/c4/c4-paragraph.ts';
import { C4_QUALITY, c4Quality } from '../filters/c4/c4-quality.ts';
import { characterShares, DEFAULT_CHARACTER_SHARES } from '../filters/character-shares.ts';
import { type DocumentFilter, drop, KEEP } from '../filters/document-filter.ts';
import { fineWebQuality } from '../filters/fineweb-quality.ts';
import { gopherQuality } from '../filters/gopher-quality.ts';
import { gopherRepetition } from '../filters/gopher-repetition.ts';
import { sailCraftRepetition } from '../filters/sailcraft-repetition.ts';
import { rememberWords, type WordSplitter } from '../filters/split-words.ts';
import type { LanguageThresholds } from '../filters/thresholds/language-thresholds.ts';
import { urlFilter } from '../filters/url/url-filter.ts';
import { personalDataMasking } from '../normalize/mask-personal-data.ts';
import { normalizeText } from '../normalize/normalize-text.ts';
import { mojibakeRepair } from '../normalize/repair-mojibake.ts';
import { listInputs } from '../readers/list-inputs.ts';
import { readDocuments } from '../readers/read-documents.ts';
import { decontamination } from '../split/contamination.ts';
import { type DataPlan, isPairInput, type PlannedStep } from './data-plan.ts';
import { type DocumentStep, stepOfFilter } from './document-step.ts';
import { identifyStep } from './identify-step.ts';
import { parallelStep, wholePairs } from './parallel-step.ts';
import { plannedPerplexity } from './perplexity-step.ts';
import { planThresholds } from './plan-thresholds.ts';
import { qualityStep } from './quality-step.ts';

/** Steps that are no stage of their own. */
export type PlannedDocumentStep = Exclude<PlannedStep, { step: 'dedup' | 'render' | 'write' | 'tokenize' }>;

export interface DocumentStepContext {
  readonly plan: DataPlan;
  /** The model that was trained when the plan started. */
  readonly trainedIdentifier: string;
}

interface Shared {
  readonly thresholds: (language: string) => LanguageThresholds;
  readonly splitWords: WordSplitter;
}

/** Leaves out keys whose value is undefined. */
function given<Section extends object>(
  section: Section,
): { [Key in keyof Section]?: Exclude<Section[Key], undefined> } {
  return Object.fromEntries(Object.entries(section).filter(([, value]) => value !== undefined)) as never;
}

const normalization: DocumentFilter = {
  name: 'normalize',
  check: ({ text }) => {
    const normalized = normalizeText(text).text;
    if (normalized === '') return drop('empty');
    return normalized === text ? KEEP : { keep: true, text: normalized };
  },
};

async function readLists(lists: Readonly<Record<string, readonly string[] | undefined>>) {
  const entries = Object.entries(lists).map(async ([name, files]) => {
    const texts = await Promise.all((files ?? []).map((file) => readFile(file, 'utf8')));
    return [name, texts.flatMap((text) => text.split('\n'))] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function wordListFilter(step: Extract<PlannedDocumentStep, { step: 'badWords' }>): Promise<DocumentFilter> {
  const { folder, keepFraction } = step;
  const files = Object.entries(step.lists).flatMap(([language, list]) => list.map((file) => [language, file] as const));
  for (const [code, language] of Object.entries(folder === undefined ? {} : BAD_WORD_FILES)) {
    // Lists come as `en` or `en.txt`.
    const file = [code, `${code}.txt`].map((name) => join(folder!, name)).find((name) => existsSync(name));
    if (file !== undefined) files.push([language, file]);
  }
  if (files.length === 0) {
    throw new Error(
      `[@marco-ts/data] createDocumentSteps: badWords must have lists, got none at ${folder ?? 'its lists'}. Name a folder of files such as "en", or lists by language.`,
    );
  }
  const lists = new Map<string, string[]>();
  for (const [language, file] of files)
    lists.set(language, [...(lists.get(language) ?? []), ...parseWordList(await readFile(file, 'utf8'))]);
  return badWords({ lists, ...given({ keepFraction }) });
}

async function heldOutFilter(step: Extract<PlannedDocumentStep, { step: 'decontaminate' }>): Promise<DocumentFilter> {
  const documents = [];
  for (const file of await listInputs({ locations: step.against })) {
    const options = given({ textKey: step.textKey, language: step.language });
    for await (const document of readDocuments(file, options)) documents.push(document);
  }
  return decontamination(documents, { n: step.nGramSize, maxSharedNGrams: step.maxSharedNGrams });
}

async function filterOf(
  step: Exclude<PlannedDocumentStep, { step: 'identify' | 'quality' | 'parallel' }>,
  { thresholds, splitWords }: Shared,
): Promise<DocumentFilter> {
  switch (step.step) {
    case 'normalize':
      return normalization;
    case 'repairMojibake':
      return mojibakeRepair();
    case 'maskPersonalData':
      return personalDataMasking(step.kinds === undefined ? {} : { kinds: new Set(step.kinds) });
    case 'languages': {
      const wanted = new Set(step.keep);
      return {
        name: 'languages',
        check: ({ language }) => (wanted.has(language) ? KEEP : drop('language_not_wanted')),
      };
    }
    case 'url': {
      const { step: _name, ...lists } = step;
      return urlFilter(await readLists(lists));
    }
    case 'characterShares': {
      const { step: _name, ...limits } = step;
      const changes = given(limits);
      return characterShares({
        thresholds: (language) => ({
          ...DEFAULT_CHARACTER_SHARES,
          maxSpecialCharacters: thresholds(language).maxSpecialCharacters,
          ...changes,
        }),
      });
    }
    case 'gopherQuality':
      return gopherQuality({ thresholds: (language) => thresholds(language).gopherQuality, splitWords });
    case 'gopherRepetition':
      return gopherRepetition({ thresholds: (language) => thresholds(language).gopherRepetition, splitWords });
    case 'fineWebQuality':
      return fineWebQuality({ thresholds: (language) => thresholds(language).fineWebQuality, splitWords });
    case 'sailCraftRepetition':
      return sailCraftRepetition({ thresholds: (language) => thresholds(language).sailCraftRepetition, splitWords });
    case 'c4Quality': {
      const { step: _name, ...limits } = step;
      return c4Quality({ thresholds: { ...C4_QUALITY, ...given(limits) } });
    }
    case 'c4Paragraph': {
      const { step: _name, ...limits } = step;
      return c4Paragraph(given(limits));
    }
    case 'badWords':
      return wordListFilter(step);
    case 'perplexity':
      return plannedPerplexity(step);
    case 'decontaminate':
      return heldOutFilter(step);
  }
}

/** @throws Error when a list, a model or held-out text cannot be read, or a threshold does not exist */
export async function createDocumentSteps(
  steps: readonly PlannedDocumentStep[],
  { plan, trainedIdentifier }: DocumentStepContext,
): Promise<DocumentStep[]> {
  const thresholds = planThresholds(plan);
  const shared: Shared = { thresholds, splitWords: rememberWords() };
  const make = async (step: PlannedDocumentStep): Promise<DocumentStep> => {
    if (step.step === 'identify')
      return identifyStep(step, { trainedIdentifier, minScore: (language) => thresholds(language).languageScore });
    if (step.step === 'parallel') return parallelStep(step, { trainedIdentifier });
    return step.step === 'quality' ? qualityStep(step) : stepOfFilter(await filterOf(step, shared));
  };
  const made: DocumentStep[] = [];
  for (const step of steps) made.push(await make(step));
  if (plan.inputs.some(isPairInput)) made.push(wholePairs);
  return made;
}
