/** From the options of `marco train` to its stages, run like those of a recipe: resumable, with a manifest each. */
import { join, resolve } from 'node:path';
import { loadRecipe } from '../../config/load-recipe.ts';
import { createTerminal } from '../../console/terminal.ts';
import { BadInputError } from '../../errors.ts';
import { MODEL_DIRECTORY } from '../../stage-files/model-files.ts';
import { readModelConfig } from '../../training/planned-model-config.ts';
import { requireTrainingMemory } from '../../training/require-recipe-memory.ts';
import type { CommandOutput } from '../pipeline.ts';
import { runAtTerminal, stagesAsJson } from '../run-at-terminal.ts';
import type { TrainOptions } from './add-train-command.ts';
import type { TrainRecipe, WorkerRecipe } from './train-recipe.ts';
import { trainStages } from './train-stages.ts';

export interface TrainRequest {
  readonly name: string;
  readonly options: TrainOptions;
  readonly codeVersion: string;
}

/** @throws BadInputError for options that do not fit together; StageFailedError and InterruptedError as `runStages` */
export async function runTrain({ name, options, codeVersion }: TrainRequest, output: CommandOutput): Promise<void> {
  const { recipe: loaded, source } = await loadRecipe(name, options.set);
  const worker = workerOf(options);
  const recipe: TrainRecipe = {
    name: worker === undefined ? loaded.name : `${loaded.name}-worker-${worker.slot}`,
    seed: loaded.seed,
    backend: loaded.backend,
    pretrain: loaded.pretrain,
    data: { tiers: loaded.data.tiers },
    eval: { batchTokens: loaded.eval.batchTokens },
    shards: resolve(options.shards),
    model: resolve(options.model),
    ...(options.validation === undefined ? {} : { validation: resolve(options.validation) }),
    ...(worker === undefined ? {} : { worker }),
  };
  requireTrainingMemory(
    'pretrain',
    await readModelConfig(recipe.model),
    recipe.pretrain,
    recipe.backend,
    'These are pretrain.microBatchSize, pretrain.sequenceLength and pretrain.recompute of the recipe; change them with --set.',
  );
  const directory = worker === undefined ? options.output : join(options.output, `worker-${worker.slot}`);
  const terminal = createTerminal(options.json ? output.stderr : output.stdout);
  const outcome = await runAtTerminal(terminal, {
    stages: trainStages(recipe),
    recipe,
    source,
    directory,
    codeVersion,
    discardUnfinished: options.discardUnfinished ?? false,
  });
  const model = join(outcome.stages.at(-1)!.directory, MODEL_DIRECTORY);
  if (options.json) {
    output.stdout.write(`${JSON.stringify({ directory, model, stages: stagesAsJson(outcome) }, null, 2)}\n`);
    return;
  }
  terminal.write(`\n  ${model}  the trained model, for transformers\n`);
}

function workerOf(options: TrainOptions): WorkerRecipe | undefined {
  const { mailbox, workerId, numWorkers, innerSteps, deltas, roundTimeout, s3Endpoint } = options;
  if (mailbox === undefined && workerId === undefined && numWorkers === undefined) return undefined;
  if (mailbox === undefined || workerId === undefined || numWorkers === undefined) {
    throw new BadInputError(
      'A worker takes --mailbox, --worker-id and --num-workers together. Give all three or none.',
    );
  }
  if (!Number.isInteger(workerId) || workerId >= numWorkers) {
    throw new BadInputError(`--worker-id must be a whole number below --num-workers ${numWorkers}, got ${workerId}.`);
  }
  return {
    slot: workerId,
    numWorkers,
    mailbox: mailbox.startsWith('s3://') ? mailbox : resolve(mailbox),
    innerSteps,
    format: deltas,
    timeoutSeconds: roundTimeout,
    ...(s3Endpoint === undefined ? {} : { s3Endpoint }),
  };
}
