/**
 * The stages of `marco train`: packing the shards it is given, then each pretraining stage.
 */
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashJson, type JsonObject } from '@marco-ts/checkpoint';
import {
  type Document,
  encodePackedPlan,
  listInputs,
  openShard,
  packSequences,
  planMixture,
  readDocuments,
  requireOneTokenizer,
  type Shard,
  sourceStatsFromShards,
} from '@marco-ts/data';
import type { Qwen2Config } from '@marco-ts/model';
import { loadQwen2 } from '@marco-ts/model/files';
import { loadTokenizer } from '@marco-ts/tokenizer';
import {
  createDilocoWorker,
  createDirectoryMailbox,
  createS3Mailbox,
  type EvaluateOptions,
  type Mailbox,
} from '@marco-ts/trainer';
import { languageTiers, mixtureTierOf, sharesWithinTier } from '../../config/recipe-languages.ts';
import { BadInputError } from '../../errors.ts';
import type { Stage, StageContext } from '../../runner/stage.ts';
import { asBadInput } from '../../stage-files/dataset-sources.ts';
import { directoryFingerprint } from '../../stage-files/directory-fingerprint.ts';
import { loadStageModel } from '../../stage-files/model-files.ts';
import { CHECKPOINTS_DIRECTORY } from '../../stages/run-training.ts';
import { planFile } from '../../stages/shards-stage.ts';
import { readModelConfig } from '../../training/planned-model-config.ts';
import { type PretrainingWorker, runPretraining } from '../../training/run-pretraining.ts';
import { validateLanguages } from '../../training/validate-languages.ts';
import type { TrainRecipe, WorkerRecipe } from './train-recipe.ts';

const PLAN_STAGE = 'plan';

export function trainStages({ pretrain }: TrainRecipe): Stage<TrainRecipe>[] {
  return [planStage, ...pretrain.stages.map(({ name }, index) => stage(name, pretrain.stages[index - 1]?.name))];
}

/** What workers of one run must have in common; where each of them writes and which slot it has is not. */
function commonConfig({ pretrain, seed, model }: TrainRecipe): JsonObject {
  const { maxEpochs: _, ...settings } = pretrain;
  return { settings, seed, model: directoryFingerprint(model) } as unknown as JsonObject;
}

const planStage: Stage<TrainRecipe> = {
  name: PLAN_STAGE,
  title: 'mixtures: plan and pack',
  dependsOn: [],
  config: ({ pretrain, data, shards, seed }) =>
    ({
      stages: pretrain.stages.map(({ name, numTokens, shares }) => ({ name, numTokens, shares })),
      sequenceLength: pretrain.sequenceLength,
      maxEpochs: pretrain.maxEpochs,
      tiers: data.tiers,
      shards,
      seed,
    }) as unknown as JsonObject,
  async run({ directory, recipe, progress, log }) {
    const { sequenceLength, maxEpochs, stages } = recipe.pretrain;
    const shards: Shard[] = [];
    try {
      for (const name of await shardNames(recipe.shards)) shards.push(await openShard(join(recipe.shards, name)));
      await asBadInput(async () => requireOneTokenizer(shards));
      await requireKnownIds(shards, recipe);
      const sources = sourceStatsFromShards(shards, mixtureTierOf(recipe));
      progress.start({ total: stages.length, unit: 'mixtures' });
      for (const { name, numTokens, shares } of stages) {
        const plan = planMixture({ sources, shares, numTokens, maxEpochs, ...sharesWithinTier(recipe) });
        const packed = packSequences({ shards, plan, sequenceLength, seed: `${recipe.seed}/${name}` });
        await writeFile(join(directory, planFile(name)), encodePackedPlan(packed));
        log(`${name}: ${packed.numSequences} sequences of ${sequenceLength} tokens`);
        progress.advance(1, name);
      }
      return { sources: sources.length, tokens: sources.reduce((sum, source) => sum + source.numTokens, 0) };
    } finally {
      for (const shard of shards) shard.close();
    }
  },
};

/** @throws BadInputError naming the first shard with ids that the model has no embedding for */
async function requireKnownIds(shards: readonly Shard[], recipe: TrainRecipe): Promise<void> {
  const { vocabSize } = await readModelConfig(recipe.model);
  const wide = shards.find(({ info }) => info.vocabSize > vocabSize);
  if (wide === undefined) return;
  throw new BadInputError(
    `[@marco-ts/pipeline] train: shards must have ids below the model's vocabSize ${vocabSize}, got ${wide.info.vocabSize} in all at ${wide.directory}. Make the shards with the model's own tokenizer or resize its embeddings.`,
  );
}

async function shardNames(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (names.length === 0) {
    throw new BadInputError(
      `[@marco-ts/pipeline] train: --shards must be a directory with one directory per shard, got none in ${directory}. A run leaves them in 03-shards/shards.`,
    );
  }
  return names.sort();
}

function stage(name: string, previous: string | undefined): Stage<TrainRecipe> {
  return {
    name,
    title: `pretraining ${name}`,
    dependsOn: previous === undefined ? [PLAN_STAGE] : [PLAN_STAGE, previous],
    resumesFrom: CHECKPOINTS_DIRECTORY,
    config: (recipe) =>
      ({ ...commonConfig(recipe), stage: name, worker: recipe.worker ?? null }) as unknown as JsonObject,
    async run(context) {
      const { inputs, recipe, signal } = context;
      const { model, shards, pretrain, worker } = recipe;
      const config = { ...commonConfig(recipe), stage: name } as JsonObject;
      const diloco = worker === undefined ? undefined : openWorker(worker, name, hashJson(config), signal);
      const previousDirectory = previous === undefined ? model : inputs[previous]!;
      const hasTokenizer = existsSync(join(model, 'tokenizer.json'));
      try {
        return await runPretraining(context, {
          pretrain,
          stageName: name,
          planPath: join(inputs[PLAN_STAGE]!, planFile(name)),
          shardsDirectory: shards,
          tokenizerDirectory: hasTokenizer ? model : undefined,
          loadModel: () => (previous === undefined ? loadQwen2(model) : loadStageModel(inputs[previous]!)),
          previousDirectory,
          config,
          evaluate: (shape) => validationOf(context, shape, previousDirectory),
          ...(hasTokenizer ? { files: (await loadTokenizer(model)).files() } : {}),
          ...(diloco === undefined ? {} : { worker: diloco }),
        });
      } finally {
        await diloco?.leave();
      }
    },
  };
}

/** @throws BadInputError when documents are missing, or asked for and given to nobody */
async function validationOf(
  { recipe, directory, signal }: StageContext<TrainRecipe>,
  config: Qwen2Config,
  previousDirectory: string,
): Promise<EvaluateOptions | undefined> {
  const { validation, model, pretrain } = recipe;
  const { evaluateEverySteps: every, numValidationDocuments: limit } = pretrain;
  if (validation === undefined && every === undefined) return undefined;
  if (validation === undefined || every === undefined) {
    throw new BadInputError(
      '[@marco-ts/pipeline] train: validation takes documents (--validation) and how often (pretrain.evaluateEverySteps), got one of them. Give both or none.',
    );
  }
  const documents: Document[] = [];
  const files = await listInputs({ locations: [validation] });
  for (const file of files) for await (const document of readDocuments(file, { signal })) documents.push(document);
  return validateLanguages({
    documents,
    tiers: Object.fromEntries(languageTiers(recipe)),
    tokenizer: await loadTokenizer(model),
    config,
    every,
    limit,
    batchTokens: recipe.eval.batchTokens,
    directory,
    previousDirectory,
    signal,
  });
}

function openWorker(
  { slot, numWorkers, innerSteps, format, timeoutSeconds, ...place }: WorkerRecipe,
  stageName: string,
  configHash: string,
  signal: AbortSignal,
): PretrainingWorker & { leave(): Promise<void> } {
  const synchronize = createDilocoWorker({
    mailbox: openMailbox(place, stageName),
    workerId: `worker-${slot}`,
    every: innerSteps,
    configHash,
    format,
    timeoutMs: timeoutSeconds * 1000,
    signal,
  });
  return { slot, numWorkers, synchronize, leave: () => synchronize.leave() };
}

function openMailbox(
  { mailbox, s3Endpoint }: Pick<WorkerRecipe, 'mailbox' | 's3Endpoint'>,
  stageName: string,
): Mailbox {
  const s3 = /^s3:\/\/([^/]+)\/?(.*)$/.exec(mailbox);
  if (s3 === null) return createDirectoryMailbox(join(mailbox, stageName));
  // The names that every S3 tool reads.
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION } = process.env;
  if (AWS_ACCESS_KEY_ID === undefined || AWS_SECRET_ACCESS_KEY === undefined) {
    throw new BadInputError(
      '[@marco-ts/pipeline] train: a mailbox in S3 takes the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, got none. Set them.',
    );
  }
  const prefix = s3[2] === '' ? '' : `${s3[2]!.replace(/\/+$/, '')}/`;
  return createS3Mailbox({
    endpoint: s3Endpoint ?? `https://s3.${AWS_REGION ?? 'us-east-1'}.amazonaws.com`,
    bucket: s3[1]!,
    prefix: `${prefix}${stageName}/`,
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    ...(AWS_REGION ? { region: AWS_REGION } : {}),
  });
}
