/** From the options of `marco align` to its stages, run like those of a recipe: resumable, with a manifest each. */
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { BACKEND_NAMES } from '../../config/recipe-schema.ts';
import { createTerminal } from '../../console/terminal.ts';
import { BadInputError } from '../../errors.ts';
import { findModel } from '../../serving/open-chat-model.ts';
import { MODEL_DIRECTORY } from '../../stage-files/model-files.ts';
import { readModelConfig } from '../../training/planned-model-config.ts';
import { requireTrainingMemory } from '../../training/require-recipe-memory.ts';
import type { CommandOutput } from '../pipeline.ts';
import { runAtTerminal, stagesAsJson } from '../run-at-terminal.ts';
import type { AlignOptions } from './add-align-command.ts';
import { type AlignRecipe, alignRecipeSchema, REWARD_NAMES } from './align-recipe.ts';
import { alignStages, TABLE_FILE } from './align-stages.ts';

export interface AlignRequest {
  readonly directory: string | undefined;
  readonly options: AlignOptions;
  readonly codeVersion: string;
}

/** @throws BadInputError for options and rows that cannot be used; StageFailedError and InterruptedError as `runStages` */
export async function runAlign(
  { directory, options, codeVersion }: AlignRequest,
  output: CommandOutput,
): Promise<void> {
  const model = await findModel(directory);
  const recipe = recipeOf(resolve(model.directory), options);
  requireTrainingMemory(
    'align',
    await readModelConfig(recipe.model),
    recipe.training,
    recipe.backend,
    'These are --micro-batch-size and --sequence-length.',
  );
  const terminal = createTerminal(options.json ? output.stderr : output.stdout);
  const outcome = await runAtTerminal(terminal, {
    stages: alignStages(recipe),
    recipe,
    source: 'marco align',
    directory: options.output,
    codeVersion,
    discardUnfinished: options.discardUnfinished ?? false,
  });
  const last = join(outcome.stages.at(-1)!.directory, MODEL_DIRECTORY);
  if (options.json) {
    output.stdout.write(
      `${JSON.stringify({ directory: options.output, model: last, stages: stagesAsJson(outcome) }, null, 2)}\n`,
    );
    return;
  }
  for (const { planned, directory: path } of outcome.stages) {
    // Stages that train have none.
    const table = await readFile(join(path, TABLE_FILE), 'utf8').catch(() => undefined);
    if (table !== undefined) terminal.write(`\n${planned.stage.title}\n${table}`);
  }
  terminal.write(`\n  ${last}  the aligned model; talk to it with: marco chat ${last}\n`);
}

function recipeOf(model: string, options: AlignOptions): AlignRecipe {
  const { prompts, preferences, datasetInfo } = options;
  const given = prompts ?? preferences;
  if (given === undefined || (prompts !== undefined && preferences !== undefined)) {
    throw new BadInputError(
      `[@marco-ts/pipeline] align: there must be --prompts or --preferences, got ${given === undefined ? 'neither' : 'both'}. Name one file.`,
    );
  }
  const numbers = (text: string): number[] => text.split(',').map(Number);
  const parsed = alignRecipeSchema.safeParse({
    name: `align-${basename(model)}`,
    seed: options.seed,
    backend: {
      prefer: options.backend === undefined ? BACKEND_NAMES.filter((name) => name !== 'cpu') : [options.backend],
      ...(options.threads === undefined ? {} : { numThreads: options.threads }),
    },
    model,
    rows: {
      kind: prompts === undefined ? 'preferences' : 'prompts',
      path: given,
      ...(datasetInfo === undefined ? {} : { datasetInfo: { path: datasetInfo, name: given } }),
      ...(options.language === undefined ? {} : { language: options.language }),
      badRows: options.badRows,
      ...(options.limit === undefined ? {} : { limit: options.limit }),
    },
    numRounds: options.rounds,
    sampling: {
      numAnswers: options.answers,
      maxNewTokens: options.maxNewTokens,
      temperature: options.temperature,
      ...(options.topP === undefined ? {} : { topP: options.topP }),
      includeReference: options.withReference ?? false,
      ...serverOf('server', options.sampleUrl, options.sampleModel, options.keyVariable),
    },
    ...serverOf('judge', options.judgeUrl, options.judgeModel, options.keyVariable),
    rewards: rewardWeights(options.reward),
    minMargin: options.minMargin,
    ...validationOf(options),
    training: {
      lossTypes: options.loss.split(','),
      ...(options.lossWeights === undefined ? {} : { lossWeights: numbers(options.lossWeights) }),
      beta: options.beta,
      ...loraOf(options),
      ...watchOf(options),
      ...(options.evaluateEverySteps && { evaluateEverySteps: options.evaluateEverySteps }),
      learningRate: options.learningRate,
      numEpochs: options.epochs,
      sequenceLength: options.sequenceLength,
      microBatchSize: options.microBatchSize,
      gradAccumSteps: options.gradAccumSteps,
      adamBeta1: 0.9,
      adamBeta2: 0.999,
      adamEpsilon: 1e-8,
      weightDecay: 0,
      maxGradNorm: 1,
      warmupRatio: 0.1,
      minLearningRateRatio: 0,
      logEverySteps: 1,
      checkpointEverySteps: 100,
      keepLastCheckpoints: 2,
      recompute: false,
    },
  });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n  ');
  throw new BadInputError(
    `[@marco-ts/pipeline] align: options must make sense together, got:\n  ${problems}\nSee: marco align --help`,
  );
}

/** A set of its own is read as the other rows are, apart from their `limit`. */
function validationOf({ validation, validationShare: share, language, badRows, datasetInfo }: AlignOptions) {
  if (validation !== undefined && share !== undefined) {
    throw new BadInputError(
      '[@marco-ts/pipeline] align: there must be --validation or --validation-share, got both. Give one.',
    );
  }
  if (share !== undefined) return { validation: { share } };
  if (validation === undefined) return {};
  const named = datasetInfo === undefined ? {} : { datasetInfo: { path: datasetInfo, name: validation } };
  return { validation: { rows: { path: validation, badRows, ...named, ...(language && { language }) } } };
}

function watchOf({ watch: metric, patience, keepBest }: AlignOptions) {
  if (metric !== undefined) {
    const mode = metric.startsWith('rewards/') ? 'max' : 'min';
    return { watch: { metric, mode, ...(patience && { patience }), ...(keepBest && { keepBest }) } };
  }
  if (patience === undefined && keepBest === undefined) return {};
  throw new BadInputError(
    '[@marco-ts/pipeline] align: --patience and --keep-best must come with --watch, got none. Example: --watch rewards/accuracies',
  );
}

function loraOf({ loraRank: rank, loraAlpha: alpha, loraTargets }: AlignOptions) {
  if (rank === undefined && alpha === undefined && loraTargets === undefined) return {};
  if (rank === undefined) {
    throw new BadInputError(
      '[@marco-ts/pipeline] align: --lora-alpha and --lora-targets must come with --lora-rank, got none. Example: --lora-rank 16',
    );
  }
  const targetModules = loraTargets === 'all-linear' ? loraTargets : loraTargets?.split(',');
  return { lora: { rank, ...(alpha && { alpha }), ...(targetModules && { targetModules }) } };
}

function serverOf(key: string, url: string | undefined, model: string | undefined, keyVariable: string | undefined) {
  if (url === undefined && model === undefined) return {};
  return { [key]: { url, model, ...(keyVariable === undefined ? {} : { keyVariable }) } };
}

function rewardWeights(given: readonly string[] | undefined): Record<string, number> {
  if (given === undefined) return { language_consistency: 1, reference: 1, length: 0.5 };
  return Object.fromEntries(
    given.map((text) => {
      const [name, weight = '1'] = text.split('=');
      if (!REWARD_NAMES.includes(name as 'length') || !(Number(weight) >= 0)) {
        throw new BadInputError(
          `[@marco-ts/pipeline] align: --reward takes one of ${REWARD_NAMES.join(', ')} and a weight, got "${text}". Example: --reward reference=1`,
        );
      }
      return [name, Number(weight)];
    }),
  );
}
