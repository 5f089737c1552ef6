/** Two stages of pretraining with the paper's mixtures, on packed sequences that never look across documents. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initBackend } from '@marco-ts/core';
import {
  createBatchLoader,
  languageTier,
  MARCO_STAGES,
  mixtureTable,
  openShard,
  packSequences,
  planMixture,
  sourceStatsFromShards,
  writeShard,
} from '@marco-ts/data';
import { causalLanguageModelLoss } from '@marco-ts/model';
import { adamw, chain, clipByGlobalNorm, cosine, runToEnd, train } from '@marco-ts/trainer';
import { LANGUAGES, tinyModel } from './tiny-model.ts';

const { name } = await initBackend({ prefer: ['wasm'] });
const { train: documents, tokenizer, config, params: initial } = await tinyModel();
const directory = await mkdtemp(join(tmpdir(), 'pretrain-'));
const shards = [];
for (const language of LANGUAGES) {
  const path = join(directory, language);
  const ours = documents.filter((document) => document.language === language);
  await writeShard(path, ours, tokenizer, { name: language, source: language });
  shards.push(await openShard(path));
}

let params = initial;
for (const [index, { shares, learningRateRatio }] of MARCO_STAGES.entries()) {
  const plan = planMixture({
    sources: sourceStatsFromShards(shards, (language) => languageTier(language) ?? 'low'),
    shares,
    numTokens: 20_000,
    maxEpochs: 20,
  });
  console.log(`stage ${index + 1} on ${name}\n${mixtureTable(plan)}`);
  const packed = packSequences({ shards, plan, sequenceLength: 128, seed: index });
  const loader = createBatchLoader({ shards, packed, microBatchSize: 8 });
  const run = train({
    params,
    lossFn: causalLanguageModelLoss(config),
    batchAt: loader.batchAt,
    numSteps: loader.numBatches,
    optimizer: chain(
      clipByGlobalNorm(1),
      adamw({
        learningRate: cosine({ peak: 4e-3 * learningRateRatio, warmupSteps: 2, numSteps: loader.numBatches }),
        weightDecay: 0.1,
      }),
    ),
    logEvery: 5,
  });
  const result = await runToEnd(run, (event) => {
    if (event.type === 'step-completed') console.log(`step ${event.step}  loss ${event.loss.toFixed(3)}`);
  });
  params = result.params;
}
for (const shard of shards) await shard.close();
