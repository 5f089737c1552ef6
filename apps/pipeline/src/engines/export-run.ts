/**
 * A run handed to another engine: its data and settings in that engine's files, its first model beside them as a Hugging Face directory.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDirectoryAtomic } from '@marco-ts/checkpoint';
import type { Recipe } from '../config/recipe-schema.ts';
import { readFinishedRun } from './read-finished-run.ts';
import { writeLlamaFactory } from './write-llama-factory.ts';
import { writeMegatronRun } from './write-megatron-run.ts';
import { writeTorchtitan } from './write-torchtitan.ts';

const writers = {
  'llama-factory': writeLlamaFactory,
  megatron: writeMegatronRun,
  torchtitan: writeTorchtitan,
} as const;
export type Engine = keyof typeof writers;

/**
 * @param directory new, or what an earlier call wrote with the same contents
 * @returns the files, relative to it
 */
export async function exportRun(
  engine: Engine,
  runDirectory: string,
  recipe: Recipe,
  directory: string,
): Promise<string[]> {
  const run = await readFinishedRun(runDirectory, recipe);
  let files: string[] = [];
  await writeDirectoryAtomic(directory, async (temporary) => {
    files = await writers[engine](temporary, run);
    await cp(run.modelDirectory, join(temporary, 'model'), { recursive: true });
    for (const name of ['tokenizer.json', 'tokenizer_config.json', 'vocab.json', 'merges.txt']) {
      await cp(join(run.tokenizerDirectory, name), join(temporary, 'model', name)).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw error;
        },
      );
    }
  });
  return [...files, 'model'];
}
