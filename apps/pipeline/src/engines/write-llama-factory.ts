/**
 * The pretraining of a run as runs of LLaMA-Factory: text per source, `dataset_info.json`, one YAML per stage.
 *
 * Source: LLaMA-Factory's `data/README.md` and `hparams` (stage pt, `mix_strategy interleave_over`, `interleave_probs`).
 * Differs: it draws documents, not tokens, so each source's share is divided by its mean length; a document is cut into blocks
 * (`packing`) that may attend to their neighbours. Frozen parameters and averages of weights have no field there and are left out.
 */
import { join } from 'node:path';
import { writeFileAtomic } from '@marco-ts/checkpoint';
import { stringify } from 'yaml';
import type { Recipe } from '../config/recipe-schema.ts';
import type { FinishedRun, SourceWeight } from './read-finished-run.ts';
import { writeSourceTexts } from './write-source-texts.ts';

/** @returns the files that were written, relative to `directory`; the model lies in `model` there */
export async function writeLlamaFactory(directory: string, run: FinishedRun): Promise<string[]> {
  const { recipe, sources, mixtures } = run;
  const files = await writeSourceTexts(directory, run);
  const write = async (name: string, contents: string) => {
    await writeFileAtomic(join(directory, name), contents);
    files.push(name);
  };
  const info = Object.fromEntries(
    [...sources.keys()].map((source) => [source, { file_name: `${source}.jsonl`, columns: { prompt: 'text' } }]),
  );
  await write('data/dataset_info.json', `${JSON.stringify(info, null, 2)}\n`);
  for (const [index, stage] of recipe.pretrain.stages.entries()) {
    const previous = index === 0 ? 'model' : `saves/${recipe.pretrain.stages[index - 1]!.name}`;
    await write(`${stage.name}.yaml`, stringify(stageSettings(recipe, stage, previous, mixtures.get(stage.name)!)));
  }
  return files;
}

/** Fields by their names in LLaMA-Factory and transformers. */
function stageSettings(
  { pretrain, seed }: Recipe,
  stage: Recipe['pretrain']['stages'][number],
  modelPath: string,
  mixture: readonly SourceWeight[],
): Record<string, unknown> {
  const { learningRateSchedule = 'cosine', minLearningRateRatio, optimizer = 'adamw', reportTo } = pretrain;
  const tokensPerStep = pretrain.sequenceLength * pretrain.microBatchSize * pretrain.gradAccumSteps;
  const numSteps = Math.max(1, Math.floor(stage.numTokens / tokensPerStep));
  const draws = mixture.map(({ numTokens, tokensPerDocument }) => numTokens / tokensPerDocument);
  const total = draws.reduce((sum, one) => sum + one, 0);
  const hasFloor = learningRateSchedule === 'cosine' && minLearningRateRatio > 0;
  return {
    model_name_or_path: modelPath,
    stage: 'pt',
    do_train: true,
    ...adapterSettings(pretrain),
    ...(optimizer === 'muon' ? { use_muon: true } : {}),
    dataset_dir: 'data',
    dataset: mixture.map(({ source }) => source).join(','),
    mix_strategy: 'interleave_over',
    interleave_probs: draws.map((one) => Number((one / total).toFixed(6))).join(','),
    cutoff_len: pretrain.sequenceLength,
    packing: true,
    output_dir: `saves/${stage.name}`,
    per_device_train_batch_size: pretrain.microBatchSize,
    gradient_accumulation_steps: pretrain.gradAccumSteps,
    max_steps: numSteps,
    learning_rate: stage.learningRate,
    lr_scheduler_type: hasFloor ? 'cosine_with_min_lr' : schedulerNames[learningRateSchedule],
    ...(hasFloor ? { lr_scheduler_kwargs: { min_lr_rate: minLearningRateRatio } } : {}),
    // transformers 5 has no warmup_ratio any more.
    warmup_steps: Math.round(numSteps * pretrain.warmupRatio),
    weight_decay: pretrain.weightDecay,
    adam_beta1: pretrain.adamBeta1,
    adam_beta2: pretrain.adamBeta2,
    adam_epsilon: pretrain.adamEpsilon,
    max_grad_norm: pretrain.maxGradNorm,
    disable_gradient_checkpointing: !pretrain.recompute,
    logging_steps: pretrain.logEverySteps,
    save_steps: pretrain.checkpointEverySteps,
    save_total_limit: pretrain.keepLastCheckpoints,
    report_to: reportTo?.join(',') ?? 'none',
    seed,
  };
}

function adapterSettings({ lora }: Recipe['pretrain']): Record<string, unknown> {
  if (lora === undefined) return { finetuning_type: 'full' };
  const { rank, alpha = 2 * rank, targetModules = 'all-linear', useRslora } = lora;
  return {
    finetuning_type: 'lora',
    lora_rank: rank,
    lora_alpha: alpha,
    lora_target: targetModules === 'all-linear' ? 'all' : [targetModules].flat().join(','),
    ...(useRslora ? { use_rslora: true } : {}),
  };
}

const schedulerNames = {
  cosine: 'cosine',
  linear: 'linear',
  constant: 'constant_with_warmup',
  wsd: 'warmup_stable_decay',
} as const;
