/**
 * Where a stage's files come from: the inputs of the plan, or the files that an earlier stage wrote, in its order.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Document } from '../document.ts';
import { knowledgeRows } from '../knowledge/knowledge-rows.ts';
import { type DataPlan, isPairInput, type PlannedInput } from '../plan/data-plan.ts';
import { formatOfName, type InputFile } from '../readers/input-file.ts';
import { documentOfPair, documentOfStageRow } from '../readers/pairs/pair-document.ts';
import { type ReadDocumentsOptions, readDocuments } from '../readers/read-documents.ts';
import type { ReadFault } from '../readers/read-fault.ts';
import { readPairs } from '../readers/read-pairs.ts';
import type { RunDirectory } from '../world/run-directory.ts';

export interface SourceFile {
  readonly name: string;
  /** Of all its documents, where that is known. */
  readonly language?: string;
  readonly documents: AsyncIterable<Document>;
  /** What could not be read so far, by reason. */
  faults(): Record<string, number>;
}

export interface StageSource {
  countFiles(run: RunDirectory): Promise<number>;
  openFile(run: RunDirectory, index: number, signal?: AbortSignal): Promise<SourceFile>;
}

/** One line of the list of inputs: the file, and which input of the plan it belongs to. */
export interface ListedInput extends InputFile {
  readonly input: number;
}

export const INPUTS_FILE = 'inputs.json';

type ReadOptions = Pick<ReadDocumentsOptions, 'onFault' | 'signal'>;

/** Pairs of one file of an input that names two languages. */
export function readPlannedPairs(file: InputFile, planned: PlannedInput, options: ReadOptions = {}) {
  const { sourceLanguage, targetLanguage, maxDocumentBytes, ...rest } = planned;
  const { sourceTag, targetTag, sourceColumn, targetColumn } = rest;
  return readPairs(file, {
    sourceLanguage: sourceLanguage!,
    targetLanguage: targetLanguage!,
    ...(sourceTag === undefined ? {} : { sourceTag }),
    ...(targetTag === undefined ? {} : { targetTag }),
    ...(sourceColumn === undefined ? {} : { sourceColumn }),
    ...(targetColumn === undefined ? {} : { targetColumn }),
    ...(maxDocumentBytes === undefined ? {} : { maxTextBytes: maxDocumentBytes }),
    ...options,
  });
}

async function* readPairDocuments(file: InputFile, planned: PlannedInput, options: ReadOptions) {
  for await (const pair of readPlannedPairs(file, planned, options)) yield documentOfPair(pair);
}

/** Documents, or pairs where the plan names two languages. */
function readInput(file: InputFile, planned: PlannedInput, options: ReadOptions): AsyncIterable<Document> {
  return isPairInput(planned)
    ? readPairDocuments(file, planned, options)
    : readDocuments(file, { ...readerOptions(planned), ...options });
}

function readerOptions({ knowledge, language, textKey, idKey, languageKey, textUnit, maxDocumentBytes }: PlannedInput) {
  return {
    ...(knowledge === undefined ? {} : { documentOfRow: knowledgeRows({ kind: knowledge }) }),
    ...(language === undefined ? {} : { language }),
    ...(textKey === undefined ? {} : { textKey }),
    ...(idKey === undefined ? {} : { idKey }),
    ...(languageKey === undefined ? {} : { languageKey }),
    ...(textUnit === undefined ? {} : { textUnit }),
    ...(maxDocumentBytes === undefined ? {} : { maxDocumentBytes }),
  };
}

async function* withSource(documents: AsyncIterable<Document>, source: string | undefined): AsyncGenerator<Document> {
  for await (const document of documents)
    yield source === undefined ? document : { ...document, metadata: { ...document.metadata, source } };
}

/** The inputs that were listed when the run began: all ranks have the same, whatever happens to the folders meanwhile. */
export function inputSource(plan: DataPlan): StageSource {
  let listed: Promise<readonly ListedInput[]> | undefined;
  const list = (run: RunDirectory): Promise<readonly ListedInput[]> => {
    listed ??= readFile(join(run.path, INPUTS_FILE), 'utf8').then((text) => JSON.parse(text) as ListedInput[]);
    return listed;
  };
  return {
    countFiles: async (run) => (await list(run)).length,
    openFile: async (run, index, signal) => {
      const { input, ...file } = (await list(run))[index]!;
      const planned = plan.inputs[input]!;
      const faults: Record<string, number> = {};
      const onFault = ({ reason }: ReadFault): void => {
        faults[reason] = (faults[reason] ?? 0) + 1;
      };
      const documents = readInput(file, planned, {
        ...(plan.faults === 'skip' ? { onFault } : {}),
        ...(signal === undefined ? {} : { signal }),
      });
      return { name: file.name, documents: withSource(documents, planned.source), faults: () => faults };
    },
  };
}

interface StageFile {
  readonly location: string;
  readonly name: string;
  readonly language?: string;
}

/** Documents or pairs of a file that a stage wrote. */
export function readStageFile(location: string, name: string, signal?: AbortSignal): AsyncGenerator<Document> {
  const { format = 'jsonl', compression } = formatOfName(location);
  return readDocuments(
    { location, name, format, compression },
    {
      documentOfRow: documentOfStageRow,
      maxDocumentBytes: Number.MAX_SAFE_INTEGER,
      ...(signal === undefined ? {} : { signal }),
    },
  );
}

/** Every file of documents that a stage wrote. */
export function stageSource(stageName: string, countUnits: (run: RunDirectory) => Promise<number>): StageSource {
  let listed: Promise<readonly StageFile[]> | undefined;
  const readList = async (run: RunDirectory): Promise<StageFile[]> => {
    const files: StageFile[] = [];
    const numUnits = await countUnits(run);
    for (let index = 0; index < numUnits; index++) {
      const { outputs, name } = await run.readUnit(stageName, index);
      for (const { file, language } of outputs) {
        const location = join(run.unit(stageName, index), file);
        files.push({ location, name, ...(language === undefined ? {} : { language }) });
      }
    }
    return files;
  };
  const list = (run: RunDirectory): Promise<readonly StageFile[]> => {
    listed ??= readList(run).catch((error) => {
      listed = undefined;
      throw error;
    });
    return listed;
  };
  return {
    countFiles: async (run) => (await list(run)).length,
    openFile: async (run, index, signal) => {
      const { location, name, language } = (await list(run))[index]!;
      return {
        name,
        documents: readStageFile(location, name, signal),
        ...(language === undefined ? {} : { language }),
        faults: () => ({}),
      };
    },
  };
}
