/** Where the tasks of an evaluation stand in the text that a model was trained on: of a run, or of a file or directory of documents. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { contaminationByTask, type Document, listInputs, readDocuments } from '@marco-ts/data';
import { type EvalContamination, type EvalTask, taskTexts } from '@marco-ts/eval';
import { BadInputError } from '../errors.ts';
import { RECIPE_FILE } from '../runner/run-directory.ts';
import { listStageEntries } from '../runner/stage-directories.ts';
import { documentsFile, SOURCE_FILES } from './data-files.ts';
import { readJsonLines } from './json-lines.ts';

/** Words in a run that texts share: too many to be said twice by chance. */
const NUM_WORDS = 12;

export function contaminationOf(
  tasks: readonly EvalTask[],
  documents: Iterable<Document>,
  source: string,
): EvalContamination {
  const texts = new Map(tasks.map((task) => [task.name, taskTexts(task)]));
  const rows = contaminationByTask(texts, documents, { n: NUM_WORDS });
  return {
    n: NUM_WORDS,
    source,
    tasks: Object.fromEntries(
      rows.map(({ task, numTexts, numCompared, numTextsHit }) => [task, { numTexts, numCompared, numTextsHit }]),
    ),
  };
}

/** @returns the data stage's directory of a run; undefined where the directory is no run or has none that is finished */
export async function dataStageOf(runDirectory: string): Promise<string | undefined> {
  if (!existsSync(join(runDirectory, RECIPE_FILE))) return undefined;
  const stage = (await listStageEntries(runDirectory)).find(({ name, suffix }) => name === 'data' && suffix === '');
  return stage && join(runDirectory, stage.entry);
}

/**
 * @param place a run directory, or files, a folder or a pattern of documents
 * @throws BadInputError when nothing can be read there
 */
export async function openTrainingText(place: string, signal?: AbortSignal): Promise<Document[]> {
  const stage = await dataStageOf(place);
  if (stage !== undefined) return readTrainingText(stage);
  const documents: Document[] = [];
  try {
    for (const input of await listInputs({ locations: [place] })) {
      for await (const document of readDocuments(input, { ...(signal && { signal }) })) documents.push(document);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw new BadInputError((error as Error).message, { cause: error });
  }
  return documents;
}

/** Everything that a run's data stage left to train on. */
export async function readTrainingText(dataDirectory: string): Promise<Document[]> {
  const documents: Document[] = [];
  for (const file of [documentsFile('train'), ...Object.values(SOURCE_FILES)]) {
    for (const document of await readJsonLines<Document>(join(dataDirectory, file))) documents.push(document);
  }
  return documents;
}
