/**
 * The pretraining of a run as data and arguments of Megatron-LM: `.bin` and `.idx` per source, one file of arguments per stage.
 *
 * Source: `megatron/training/arguments.py` and `--data-path <weight> <prefix> ...` of Megatron-LM; weights are shares of tokens there too.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonFile, writeFileAtomic } from '@marco-ts/checkpoint';
import { writeMegatron } from '@marco-ts/data';
import { parseQwen2Config, type Qwen2Config } from '@marco-ts/model';
import { loadTokenizer } from '@marco-ts/tokenizer';
import type { Recipe } from '../config/recipe-schema.ts';
import type { FinishedRun, SourceWeight } from './read-finished-run.ts';
import { requireCommonFields } from './require-common-fields.ts';

/** @returns the files that were written, relative to `directory` */
export async function writeMegatronRun(directory: string, run: FinishedRun): Promise<string[]> {
  const { recipe, sources, mixtures, tokenizerDirectory, modelDirectory } = run;
  requireCommonFields('megatron', recipe.pretrain);
  const tokenizer = await loadTokenizer(tokenizerDirectory);
  const config = parseQwen2Config(await readJsonFile(join(modelDirectory, 'config.json')));
  const files: string[] = [];
  await mkdir(join(directory, 'data'), { recursive: true });
  for (const [source, documents] of sources) {
    await writeMegatron(join(directory, 'data', source), documents, tokenizer);
    files.push(`data/${source}.bin`, `data/${source}.idx`);
  }
  for (const stage of recipe.pretrain.stages) {
    const name = `${stage.name}.args`;
    const lines = stageArguments(recipe, stage, config, mixtures.get(stage.name)!);
    await writeFileAtomic(join(directory, name), `${lines.join('\n')}\n`);
    files.push(name);
  }
  return files;
}

/** One option with its values a line: `xargs pretrain_gpt.py < stage-1.args` passes them on. */
function stageArguments(
  { pretrain, seed }: Recipe,
  stage: Recipe['pretrain']['stages'][number],
  config: Qwen2Config,
  mixture: readonly SourceWeight[],
): string[] {
  const { microBatchSize, gradAccumSteps, sequenceLength } = pretrain;
  const numSteps = Math.max(1, Math.floor(stage.numTokens / (sequenceLength * microBatchSize * gradAccumSteps)));
  const total = mixture.reduce((sum, { numTokens }) => sum + numTokens, 0);
  const blend = mixture.map(({ source, numTokens }) => `${(numTokens / total).toFixed(6)} data/${source}`);
  return [
    `--num-layers ${config.numHiddenLayers}`,
    `--hidden-size ${config.hiddenSize}`,
    `--ffn-hidden-size ${config.intermediateSize}`,
    `--num-attention-heads ${config.numAttentionHeads}`,
    `--group-query-attention --num-query-groups ${config.numKeyValueHeads}`,
    '--swiglu --normalization RMSNorm --disable-bias-linear --add-qkv-bias',
    `--norm-epsilon ${config.rmsNormEps}`,
    `--position-embedding-type rope --rotary-base ${config.ropeTheta}`,
    `--max-position-embeddings ${config.maxPositionEmbeddings}`,
    ...(config.tieWordEmbeddings ? [] : ['--untie-embeddings-and-output-weights']),
    '--attention-dropout 0 --hidden-dropout 0',
    `--seq-length ${sequenceLength}`,
    `--micro-batch-size ${microBatchSize} --global-batch-size ${microBatchSize * gradAccumSteps}`,
    `--train-iters ${numSteps}`,
    `--lr ${stage.learningRate} --min-lr ${stage.learningRate * pretrain.minLearningRateRatio}`,
    `--lr-decay-style ${pretrain.learningRateSchedule === 'wsd' ? 'WSD' : (pretrain.learningRateSchedule ?? 'cosine')}`,
    `--lr-warmup-iters ${Math.round(numSteps * pretrain.warmupRatio)}`,
    `--adam-beta1 ${pretrain.adamBeta1} --adam-beta2 ${pretrain.adamBeta2} --adam-eps ${pretrain.adamEpsilon}`,
    `--weight-decay ${pretrain.weightDecay} --clip-grad ${pretrain.maxGradNorm}`,
    '--reset-position-ids --reset-attention-mask --eod-mask-loss',
    ...(pretrain.recompute ? ['--recompute-granularity full --recompute-method uniform --recompute-num-layers 1'] : []),
    '--tokenizer-type HuggingFaceTokenizer --tokenizer-model model',
    `--data-path ${blend.join(' ')}`,
    '--split 100,0,0',
    `--save-interval ${pretrain.checkpointEverySteps} --log-interval ${pretrain.logEverySteps}`,
    `--seed ${seed}`,
  ];
}
