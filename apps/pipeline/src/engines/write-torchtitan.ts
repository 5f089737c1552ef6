/**
 * The pretraining of a run as runs of torchtitan: text per source, and a Python module with one configuration function per stage.
 *
 * Source: torchtitan 0.3.0 (`--module`, `--config`; `transformers_modeling_backend`, which trains Qwen2 with the code of transformers;
 * `InterleavedHuggingFaceTextDataLoader`, whose weights are shares of tokens as each source is packed by itself).
 * Differs: learning rate and moments begin anew in each stage. Frozen parameters and averages of weights have no field there and are left
 * out; Muon and adapters take code of their own there and are refused.
 */
import { join } from 'node:path';
import { writeFileAtomic } from '@marco-ts/checkpoint';
import type { Recipe } from '../config/recipe-schema.ts';
import type { FinishedRun, SourceWeight } from './read-finished-run.ts';
import { requireCommonFields } from './require-common-fields.ts';
import { writeSourceTexts } from './write-source-texts.ts';

const MODULE_FILE = 'marco_run.py';

/** @returns the files that were written, relative to `directory`; the model lies in `model` there */
export async function writeTorchtitan(directory: string, run: FinishedRun): Promise<string[]> {
  const { recipe, sources, mixtures } = run;
  requireCommonFields('torchtitan', recipe.pretrain);
  const files = await writeSourceTexts(directory, run);
  const stages = recipe.pretrain.stages.map((stage, index) =>
    stageFunction(recipe, stage, recipe.pretrain.stages[index - 1], mixtures.get(stage.name)!),
  );
  const names = recipe.pretrain.stages.map(({ name }) => functionName(name));
  await writeFileAtomic(
    join(directory, MODULE_FILE),
    [moduleHead(names, [...sources.keys()]), ...stages].join('\n\n\n').concat('\n'),
  );
  return [...files, MODULE_FILE];
}

function moduleHead(stages: readonly string[], sources: readonly string[]): string {
  return `"""Stages of continual pretraining for torchtitan 0.3.0. In this directory, one after the other:

${stages.map((name) => `    torchrun --nproc_per_node=1 -m torchtitan.train --module marco_run --config ${name}`).join('\n')}
"""
from pathlib import Path

from datasets import load_dataset
from torchtitan.components.checkpoint import CheckpointManager
from torchtitan.components.loss import CrossEntropyLoss
from torchtitan.components.metrics import MetricsProcessor
from torchtitan.components.optimizer import LRSchedulersContainer, OptimizersContainer, ParamGroupConfig
from torchtitan.config import DebugConfig, TrainingConfig
from torchtitan.distributed.activation_checkpoint import FullAC
from torchtitan.experiments.transformers_modeling_backend import model_registry
from torchtitan.experiments.transformers_modeling_backend.configs import TransformersBackendConfig
from torchtitan.experiments.transformers_modeling_backend.tokenizer import HFBackendTokenizer
from torchtitan.hf_datasets import DatasetConfig
from torchtitan.hf_datasets.text_datasets import DATASETS, HFDataSource, InterleavedHuggingFaceTextDataLoader

HERE = Path(__file__).parent.resolve()

# torchtitan looks names up in lower case.
for source in ${python(sources)}:
    DATASETS[source.lower()] = DatasetConfig(
        path=str(HERE / "data" / f"{source}.jsonl"),
        loader=lambda path: load_dataset("json", data_files=path, split="train"),
        sample_processor=lambda sample: sample["text"],
    )`;
}

type RecipeStage = Recipe['pretrain']['stages'][number];

function stageFunction(
  { pretrain, seed }: Recipe,
  stage: RecipeStage,
  previous: RecipeStage | undefined,
  mixture: readonly SourceWeight[],
): string {
  const { learningRateSchedule = 'cosine', decayRatio = 0.2, microBatchSize, gradAccumSteps } = pretrain;
  const numStepsOf = ({ numTokens }: RecipeStage) =>
    Math.max(1, Math.floor(numTokens / (pretrain.sequenceLength * microBatchSize * gradAccumSteps)));
  const numSteps = numStepsOf(stage);
  const total = mixture.reduce((sum, { numTokens }) => sum + numTokens, 0);
  const start = previous === undefined ? 'model' : `outputs/${previous.name}/checkpoint/step-${numStepsOf(previous)}`;
  const decay = { cosine: null, linear: null, constant: 0, wsd: decayRatio }[learningRateSchedule];
  const shape = learningRateSchedule === 'linear' ? 'linear' : 'cosine';
  const adamw = (weightDecay: number) =>
    `{"lr": ${stage.learningRate}, "betas": (${pretrain.adamBeta1}, ${pretrain.adamBeta2}), "eps": ${pretrain.adamEpsilon}, "weight_decay": ${weightDecay}}`;
  const group = (pattern: string, weightDecay: number) =>
    `ParamGroupConfig(pattern=r"${pattern}", optimizer_name="AdamW", optimizer_kwargs=${adamw(weightDecay)})`;
  return `def ${functionName(stage.name)}() -> TransformersBackendConfig:
    return TransformersBackendConfig(
        # Full size, and documents of one sequence do not see each other.
        model_spec=model_registry("sft_full"),
        hf_model=str(HERE / "model"),
        hf_assets_path=str(HERE / "model"),
        dump_folder=str(HERE / "outputs" / ${python(stage.name)}),
        tokenizer=HFBackendTokenizer.Config(),
        loss=CrossEntropyLoss.Config(),
        optimizer=OptimizersContainer.Config(
            param_groups=[
                ${group('(norm\\.weight|\\.bias)$', 0)},
                ${group('.*', pretrain.weightDecay)},
            ]
        ),
        lr_scheduler=LRSchedulersContainer.Config(
            warmup_steps=${Math.round(numSteps * pretrain.warmupRatio)},
            decay_ratio=${decay ?? 'None'},
            decay_type=${python(shape)},
            min_lr_factor=${pretrain.minLearningRateRatio},
        ),
        training=TrainingConfig(
            local_batch_size=${microBatchSize},
            global_batch_size=${microBatchSize * gradAccumSteps},
            seq_len=${pretrain.sequenceLength},
            max_norm=${pretrain.maxGradNorm},
            steps=${numSteps},
        ),
        dataloader=InterleavedHuggingFaceTextDataLoader.Config(
            sources=[
${mixture.map(({ source, numTokens }) => `                HFDataSource(dataset=${python(source.toLowerCase())}, weight=${(numTokens / total).toFixed(6)}),`).join('\n')}
            ],
            seed=${seed},
        ),
        checkpoint=CheckpointManager.Config(
            enable=True,
            initial_load_path=str(HERE / ${python(start)}),
            initial_load_in_hf=True,
            interval=${pretrain.checkpointEverySteps},
            keep_latest_k=${Math.max(2, pretrain.keepLastCheckpoints)},
            last_save_model_only=True,
            last_save_in_hf=True,
        ),
        metrics=MetricsProcessor.Config(log_freq=${pretrain.logEverySteps}, enable_tensorboard=${(pretrain.reportTo ?? []).includes('tensorboard') ? 'True' : 'False'}),
        activation_checkpoint=${pretrain.recompute ? 'FullAC.Config()' : 'None'},
        debug=DebugConfig(seed=${seed}),
    )`;
}

/** Strings and lists of strings are written in Python as in JSON. */
const python = (value: string | readonly string[]): string => JSON.stringify(value);

const functionName = (stage: string): string => stage.replaceAll(/\W/g, '_').replace(/^(?=\d)/, '_');
