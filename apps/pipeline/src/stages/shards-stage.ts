/**
 * Training documents to token shards per source, and the packed order of each pretraining stage from its mixture.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Document,
  encodePackedPlan,
  mixtureTable,
  openShard,
  packSequences,
  paddingShare,
  planMixture,
  type Shard,
  sourceStatsFromShards,
  writeShard,
} from '@marco-ts/data';
import { loadTokenizer } from '@marco-ts/tokenizer';
import { mixtureTierOf, sharesWithinTier } from '../config/recipe-languages.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import type { MixtureResult } from '../report/run-results.ts';
import type { Stage } from '../runner/stage.ts';
import { readDocuments, SOURCE_FILES } from '../stage-files/data-files.ts';
import { readJsonLines } from '../stage-files/json-lines.ts';
import { usedTokens } from '../stage-files/used-tokens.ts';

export const MIXTURE_FILE = 'mixture.json';
export const SHARDS_DIRECTORY = 'shards';
export const planFile = (stageName: string): string => `plan-${stageName}.bin`;

export const shardsStage: Stage<Recipe> = {
  name: 'shards',
  title: 'shards: tokenize, plan the mixtures, pack',
  dependsOn: ['data', 'tokenizer'],
  config: ({ pretrain, data }) => ({
    stages: pretrain.stages.map(({ name, numTokens, shares }) => ({ name, numTokens, shares })),
    sequenceLength: pretrain.sequenceLength,
    sequencesPerStep: pretrain.microBatchSize * pretrain.gradAccumSteps,
    maxEpochs: pretrain.maxEpochs,
    ...(pretrain.temperatureAlpha === undefined ? {} : { temperatureAlpha: pretrain.temperatureAlpha }),
    tiers: data.tiers,
  }),
  async run({ directory, inputs, recipe, progress, log, seed, signal }) {
    const tokenizer = await loadTokenizer(inputs.tokenizer!);
    const bySource = new Map<string, readonly Document[]>(
      Map.groupBy(await readDocuments(inputs.data!, 'train'), ({ language }) => language),
    );
    for (const [source, file] of Object.entries(SOURCE_FILES)) {
      const documents = await readJsonLines<Document>(join(inputs.data!, file));
      if (documents.length > 0) bySource.set(source, documents);
    }
    const { sequenceLength, microBatchSize, gradAccumSteps, maxEpochs, stages } = recipe.pretrain;
    progress.start({ total: bySource.size + stages.length, unit: 'sources', label: 'tokenizing' });
    await mkdir(join(directory, SHARDS_DIRECTORY), { recursive: true });
    for (const [source, documents] of bySource) {
      signal.throwIfAborted();
      await writeShard(join(directory, SHARDS_DIRECTORY, source), documents, tokenizer, { name: source, source });
      progress.advance(1, source);
    }
    const shards: Shard[] = [];
    try {
      for (const source of bySource.keys()) shards.push(await openShard(join(directory, SHARDS_DIRECTORY, source)));
      const sources = sourceStatsFromShards(shards, mixtureTierOf(recipe));
      const mixture: MixtureResult[] = [];
      for (const { name, numTokens, shares } of stages) {
        const plan = planMixture({ sources, shares, numTokens, maxEpochs, ...sharesWithinTier(recipe) });
        const packed = packSequences({ shards, plan, sequenceLength, seed: `${seed}/${name}` });
        await writeFile(join(directory, planFile(name)), encodePackedPlan(packed));
        await writeFile(join(directory, `mixture-${name}.txt`), `${mixtureTable(plan)}\n`);
        const used = usedTokens(packed, microBatchSize * gradAccumSteps);
        for (const [index, source] of plan.sources.entries()) {
          mixture.push({
            stage: name,
            source: source.name,
            plannedTokens: source.budget,
            usedTokens: used[index]!,
            epochs: source.epochs,
          });
        }
        log(
          `${name}: ${packed.numSequences} sequences of ${sequenceLength}, ${(paddingShare(packed) * 100).toFixed(2)}% padding`,
        );
        progress.advance(1, name);
      }
      await writeFile(join(directory, MIXTURE_FILE), JSON.stringify(mixture, null, 2));
      return {
        sources: sources.length,
        tokens: sources.reduce((sum, source) => sum + source.numTokens, 0),
        documents: sources.reduce((sum, source) => sum + source.numDocuments, 0),
      };
    } finally {
      for (const shard of shards) shard.close();
    }
  },
};
