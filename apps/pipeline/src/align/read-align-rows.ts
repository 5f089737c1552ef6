/** Reads the rows that `marco align` is given, in any format that the aligner knows. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type AnswerPrompt,
  type DatasetSpec,
  datasetEntry,
  type PreferencePair,
  type ReadReport,
  readConversations,
  readDatasetRows,
  readPreferencePairs,
  readUnpairedAnswers,
  type UnpairedAnswer,
} from '@marco-ts/aligner';
import { BadInputError } from '../errors.ts';
import type { AlignRecipe } from './align-recipe.ts';

type Rows = AlignRecipe['rows'];

/** @returns what every reader of the aligner takes. @throws BadInputError for files that cannot be read */
async function openRows(rows: Rows) {
  const { datasetInfo } = rows;
  let { path } = rows;
  let spec: DatasetSpec = {};
  let { limit } = rows;
  if (datasetInfo !== undefined) {
    const entry = datasetEntry(
      JSON.parse(await readFile(datasetInfo.path, 'utf8')),
      datasetInfo.name,
      datasetInfo.path,
    );
    path = join(dirname(datasetInfo.path), entry.fileName);
    spec = entry.spec;
    limit ??= entry.numSamples;
  }
  const read = (await readDatasetRows(path)).slice(0, limit);
  const language = (_: string, stated: string | undefined): string =>
    rows.language ?? stated ?? 'none; pass --language';
  return { rows: read, spec, language, badRows: rows.badRows };
}

/** Prompts with the answers that the set has, as references. */
export async function readPrompts(
  rows: Rows,
): Promise<{ readonly prompts: AnswerPrompt[]; readonly report: ReadReport }> {
  return asBadInput(async () => {
    const { conversations, report } = readConversations(await openRows(rows));
    const prompts = conversations.map(({ messages, language }) => ({
      prompt: messages.slice(0, -1),
      language,
      reference: messages.at(-1)!.content,
    }));
    return { prompts, report };
  });
}

export async function readGivenPairs(
  rows: Rows,
): Promise<{ readonly pairs: PreferencePair[]; readonly report: ReadReport }> {
  return asBadInput(async () => readPreferencePairs(await openRows(rows)));
}

export async function readGivenAnswers(
  rows: Rows,
): Promise<{ readonly answers: UnpairedAnswer[]; readonly report: ReadReport }> {
  return asBadInput(async () => readUnpairedAnswers(await openRows(rows)));
}

async function asBadInput<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw new BadInputError((error as Error).message, { cause: error });
  }
}
