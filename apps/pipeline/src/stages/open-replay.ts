/**
 * Pretraining text for the stages after it, in the mixture of the last pretraining stage: what keeps a model from forgetting while it is
 * tuned, English and Chinese first of all.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createBatchLoader,
  openShard,
  packSequences,
  planMixture,
  type Shard,
  sourceStatsFromShards,
  type TokenBatch,
} from '@marco-ts/data';
import { mixtureTierOf, sharesWithinTier } from '../config/recipe-languages.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import { SHARDS_DIRECTORY } from './shards-stage.ts';

/** Before the names of replayed sources in logs. */
export const REPLAY_PREFIX = 'replay/';

export interface Replay {
  readonly sourceNames: readonly string[];
  /** batch of any index; they begin anew after the last */
  batchAt(index: number): TokenBatch;
  close(): void;
}

/**
 * @param options.numBatches how many will be asked for
 * @returns undefined when no row of a batch is to be replayed
 */
export async function openReplay(
  recipe: Recipe,
  shardsStageDirectory: string,
  options: { numBatches: number; numRows: number; sequenceLength: number; seed: number | string },
): Promise<Replay | undefined> {
  const { numBatches, numRows, sequenceLength, seed } = options;
  if (numRows === 0) return undefined;
  const root = join(shardsStageDirectory, SHARDS_DIRECTORY);
  const shards: Shard[] = [];
  const close = (): void => {
    for (const shard of shards) shard.close();
  };
  try {
    for (const name of (await readdir(root)).sort()) shards.push(await openShard(join(root, name)));
    const plan = planMixture({
      sources: sourceStatsFromShards(shards, mixtureTierOf(recipe)),
      shares: recipe.pretrain.stages.at(-1)!.shares,
      numTokens: numBatches * numRows * sequenceLength,
      maxEpochs: recipe.pretrain.maxEpochs,
      ...sharesWithinTier(recipe),
    });
    const packed = packSequences({ shards, plan, sequenceLength, seed: `${seed}/replay` });
    const loader = createBatchLoader({ shards, packed, microBatchSize: numRows });
    return {
      sourceNames: loader.sourceNames.map((name) => `${REPLAY_PREFIX}${name}`),
      batchAt: (index) => loader.batchAt(index % loader.numBatches),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
