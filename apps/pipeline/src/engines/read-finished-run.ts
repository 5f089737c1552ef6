/**
 * What another engine needs of a run: its recipe, its training text by source, how the mixture weighs it, its first model.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Document, openShard } from '@marco-ts/data';
import type { Recipe } from '../config/recipe-schema.ts';
import { BadInputError } from '../errors.ts';
import type { MixtureResult } from '../report/run-results.ts';
import { listStageEntries } from '../runner/stage-directories.ts';
import { readDocuments, SOURCE_FILES } from '../stage-files/data-files.ts';
import { readJsonLines } from '../stage-files/json-lines.ts';
import { MODEL_DIRECTORY } from '../stage-files/model-files.ts';
import { MIXTURE_FILE, SHARDS_DIRECTORY } from '../stages/shards-stage.ts';

export interface SourceWeight {
  readonly source: string;
  /** planned tokens of the stage */
  readonly numTokens: number;
  /** mean over the source's documents */
  readonly tokensPerDocument: number;
}

export interface FinishedRun {
  readonly recipe: Recipe;
  readonly modelDirectory: string;
  readonly tokenizerDirectory: string;
  readonly sources: ReadonlyMap<string, readonly Document[]>;
  /** by name of the pretraining stage */
  readonly mixtures: ReadonlyMap<string, readonly SourceWeight[]>;
}

/** @throws BadInputError when data, tokenizer, shards or model of the run are not there yet */
export async function readFinishedRun(directory: string, recipe: Recipe): Promise<FinishedRun> {
  const entries = await listStageEntries(directory);
  const stageDirectory = (name: string): string => {
    const entry = entries.find((one) => one.name === name && one.suffix === '');
    if (entry === undefined) {
      throw new BadInputError(
        `The run in ${directory} has no finished stage ${name}. Run it first: marco resume ${directory}`,
      );
    }
    return join(directory, entry.entry);
  };
  const data = stageDirectory('data');
  const shards = stageDirectory('shards');
  const sources = new Map<string, readonly Document[]>(
    Map.groupBy(await readDocuments(data, 'train'), ({ language }) => language),
  );
  for (const [source, file] of Object.entries(SOURCE_FILES)) {
    const documents = await readJsonLines<Document>(join(data, file));
    if (documents.length > 0) sources.set(source, documents);
  }
  const perDocument = new Map<string, number>();
  for (const source of sources.keys()) {
    const shard = await openShard(join(shards, SHARDS_DIRECTORY, source));
    perDocument.set(source, shard.info.numTokens / shard.info.numDocuments);
    shard.close();
  }
  const rows = JSON.parse(await readFile(join(shards, MIXTURE_FILE), 'utf8')) as MixtureResult[];
  const mixtures = new Map(
    [...Map.groupBy(rows, ({ stage }) => stage)].map(([stage, group]) => [
      stage,
      group
        .filter(({ plannedTokens }) => plannedTokens > 0)
        .map(({ source, plannedTokens }) => ({
          source,
          numTokens: plannedTokens,
          tokensPerDocument: perDocument.get(source)!,
        })),
    ]),
  );
  return {
    recipe,
    modelDirectory: join(stageDirectory('model'), MODEL_DIRECTORY),
    tokenizerDirectory: stageDirectory('tokenizer'),
    sources,
    mixtures,
  };
}
