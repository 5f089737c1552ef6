/**
 * Reads what a run directory holds, finished or not, into the one object that the report is drawn from.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject, StageManifest } from '@marco-ts/checkpoint';
import type { BackendRecord } from '@marco-ts/core';
import type { EvalResults } from '@marco-ts/eval';
import { estimate, parseQwen2Config, type Qwen2Config } from '@marco-ts/model';
import { readJsonlLog } from '@marco-ts/trainer';
import { languageTiers } from '../config/recipe-languages.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import { BadInputError } from '../errors.ts';
import { describeMachine } from '../machine/describe-machine.ts';
import type {
  CostResult,
  EvaluationResult,
  FertilityResult,
  FunnelResult,
  MixtureResult,
  RunResults,
  SampleResult,
  StageResult,
  TrainingResult,
} from '../report/run-results.ts';
import { readRunRecord } from '../runner/run-directory.ts';
import { readStageManifest } from '../runner/stage-files.ts';
import { type DataFunnels, FUNNEL_FILE } from '../stage-files/data-files.ts';
import { MODEL_DIRECTORY } from '../stage-files/model-files.ts';
import { EVALUATION_FILE, evaluationStageName, SAMPLES_FILE } from '../stages/evaluation-stage.ts';
import { EXPORT_DIRECTORY } from '../stages/export-stage.ts';
import { REPLAY_PREFIX } from '../stages/open-replay.ts';
import { modelStages, recipeStages } from '../stages/recipe-stages.ts';
import { BACKEND_FILE, TRAINING_LOG_FILE } from '../stages/run-training.ts';
import { MIXTURE_FILE } from '../stages/shards-stage.ts';
import { FERTILITY_FILE } from '../stages/tokenizer-stage.ts';
import { comparisonResult } from './comparison-result.ts';
import { evaluationResult } from './evaluation-result.ts';
import { caveatsOf } from './recipe-caveats.ts';

interface FinishedStage {
  readonly name: string;
  readonly title: string;
  readonly path: string;
  readonly manifest: StageManifest;
}

/** @throws BadInputError when the directory holds no run, or none of its stages is finished */
export async function collectResults(directory: string): Promise<RunResults> {
  const record = await readRunRecord(directory);
  if (record === null) {
    throw new BadInputError(
      `[@marco-ts/pipeline] collectResults: the directory must hold a run, got no recipe.json at ${directory}. Start one with \`marco run <recipe>\`.`,
    );
  }
  const recipe = record.recipe as Recipe;
  const finished = await finishedStages(directory, recipe);
  if (finished.size === 0) {
    throw new BadInputError(
      `[@marco-ts/pipeline] collectResults: a report needs a finished stage, got none at ${directory}. Go on with \`marco resume ${directory}\`.`,
    );
  }
  const read = async <Value>(stage: string, file: string): Promise<Value | undefined> => {
    const found = finished.get(stage);
    if (found === undefined) return undefined;
    try {
      return JSON.parse(await readFile(join(found.path, file), 'utf8')) as Value;
    } catch (error) {
      throw new Error(
        `[@marco-ts/pipeline] collectResults: the files of finished stages must be whole, got ${(error as Error).message} at ${join(found.path, file)}. Remove ${found.path} and run \`marco resume ${directory}\`, which makes it again.`,
        { cause: error },
      );
    }
  };
  const models = modelStages(recipe);
  const trained = models.slice(1).filter((name) => finished.has(name));
  const evaluations: EvaluationResult[] = [];
  const samples: SampleResult[] = [];
  const measured: EvalResults[] = [];
  for (const name of models) {
    const results = await read<EvalResults>(evaluationStageName(name), EVALUATION_FILE);
    if (results === undefined) continue;
    measured.push(results);
    evaluations.push(evaluationResult(results, name));
    samples.push(...(await read<SampleResult[]>(evaluationStageName(name), SAMPLES_FILE))!);
  }
  const training: TrainingResult[] = [];
  for (const name of trained) training.push(await trainingResult(finished.get(name)!, languageTiers(recipe)));
  const config = await read<JsonObject>('model', join(MODEL_DIRECTORY, 'config.json'));
  const qwen2 = config && parseQwen2Config(config);
  const backend = trained.length === 0 ? undefined : await read<BackendRecord>(trained.at(-1)!, BACKEND_FILE);
  const mixture = (await read<MixtureResult[]>('shards', MIXTURE_FILE)) ?? [];
  const stages = [...finished.values()].map(stageResult);
  const funnels = await read<DataFunnels>('data', FUNNEL_FILE);
  const last = [...finished.values()].at(-1)!.manifest;
  return {
    schemaVersion: 1,
    recipe,
    versions: { ...last.versions, node: process.version },
    backend: {
      name: backend?.name ?? 'none yet',
      why: backend?.reason ?? 'no stage that computes has finished',
      ...(backend?.numThreads === undefined ? {} : { numThreads: backend.numThreads }),
    },
    machine: describeMachine(),
    startedAt: record.startedAt,
    finishedAt: String(last.notes?.finishedAt ?? last.startedAt),
    stages,
    funnel: funnelResult(funnels),
    mixture,
    fertility: (await read<FertilityResult[]>('tokenizer', FERTILITY_FILE)) ?? [],
    numParameters: finished.get('model')?.manifest.counts.parameters ?? 0,
    training,
    evaluations,
    ...(measured.length > 1 && {
      comparison: comparisonResult(measured[0]!, measured.at(-1)!, funnels?.contamination),
    }),
    samples,
    cost: costResult(recipe, stages, trained, qwen2),
    caveats: caveatsOf(recipe, mixture),
    artifacts: [...finished.values()].flatMap(({ name, path }) =>
      name === 'export'
        ? [{ path: relativePath(directory, join(path, EXPORT_DIRECTORY)), what: 'the model, for transformers' }]
        : [],
    ),
  };
}

const relativePath = (directory: string, path: string): string => path.slice(directory.length).replace(/^[/\\]+/, '');

async function finishedStages(directory: string, recipe: Recipe): Promise<Map<string, FinishedStage>> {
  const finished = new Map<string, FinishedStage>();
  for (const [index, { name, title }] of recipeStages(recipe).entries()) {
    const path = join(directory, `${String(index + 1).padStart(2, '0')}-${name}`);
    const manifest = await readStageManifest(path);
    if (manifest !== null) finished.set(name, { name, title: title ?? name, path, manifest });
  }
  return finished;
}

function stageResult({ name, title, manifest }: FinishedStage): StageResult {
  const peak = manifest.notes?.peakRssBytes;
  return {
    name,
    title,
    seconds: manifest.seconds,
    peakRssBytes: typeof peak === 'number' ? peak : 0,
    counts: manifest.counts,
  };
}

/** Documents of languages that the recipe does not train are one row, not four hundred. */
function funnelResult(funnels: DataFunnels | undefined): FunnelResult {
  if (funnels === undefined) return { read: 0, kept: 0, dropped: [], keptByLanguage: [] };
  const { read, kept, languages } = funnels.documents;
  const dropped: { reason: string; language: string; count: number }[] = [];
  let notWanted = 0;
  for (const [language, counts] of Object.entries(languages)) {
    for (const [reason, count] of Object.entries(counts.dropped)) {
      if (reason === 'language_not_wanted') notWanted += count;
      else dropped.push({ reason, language, count });
    }
  }
  if (notWanted > 0) dropped.push({ reason: 'language_not_wanted', language: 'other', count: notWanted });
  const keptByLanguage = Object.entries(languages)
    .filter(([, counts]) => counts.kept > 0)
    .map(([language, counts]) => ({ language, count: counts.kept }));
  return { read, kept, dropped, keptByLanguage };
}

async function trainingResult(
  { name, title, path }: FinishedStage,
  tiers: ReadonlyMap<string, string>,
): Promise<TrainingResult> {
  const events = await readJsonlLog(join(path, TRAINING_LOG_FILE));
  return {
    stage: name,
    title,
    steps: events.flatMap((event) => {
      if (event.type !== 'step-completed') return [];
      const { step, totalTokens, loss, learningRate, gradNorm, tokensPerSecond, groups, metrics } = event;
      return [
        {
          step,
          numTokens: totalTokens,
          loss,
          learningRate,
          gradNorm,
          tokensPerSecond,
          ...(groups && { lossBySource: lossByTier(groups, tiers) }),
          ...(Object.keys(metrics).length > 0 && { metrics }),
        },
      ];
    }),
  };
}

/** Languages by their tier, replayed text as one: forty lines in a chart say nothing. */
function lossByTier(
  groups: Readonly<Record<string, { readonly loss: number; readonly numTargets: number }>>,
  tiers: ReadonlyMap<string, string>,
): Record<string, number> {
  const sums = new Map<string, { loss: number; numTargets: number }>();
  for (const [source, { loss, numTargets }] of Object.entries(groups)) {
    const name = source.startsWith(REPLAY_PREFIX) ? 'replay' : (tiers.get(source) ?? source);
    const sum = sums.get(name) ?? { loss: 0, numTargets: 0 };
    sums.set(name, { loss: sum.loss + loss * numTargets, numTargets: sum.numTargets + numTargets });
  }
  return Object.fromEntries([...sums].map(([name, { loss, numTargets }]) => [name, loss / numTargets]));
}

function costResult(
  recipe: Recipe,
  stages: readonly StageResult[],
  trained: readonly string[],
  config: Qwen2Config | undefined,
): CostResult {
  const sequenceLengths = new Map<string, number>([
    ['sft', recipe.sft?.sequenceLength ?? recipe.pretrain.sequenceLength],
    ['preference', recipe.preference?.sequenceLength ?? recipe.pretrain.sequenceLength],
  ]);
  let trainedTokens = 0;
  let trainingFlops = 0;
  for (const { name, counts } of stages) {
    if (!trained.includes(name) || config === undefined) continue;
    const tokens = counts.tokens ?? 0;
    const sequenceLength = sequenceLengths.get(name) ?? recipe.pretrain.sequenceLength;
    trainedTokens += tokens;
    trainingFlops += tokens * estimate(config, { sequenceLength }).trainingFlopsPerToken;
  }
  return {
    seconds: stages.reduce((sum, { seconds }) => sum + seconds, 0),
    peakRssBytes: Math.max(...stages.map(({ peakRssBytes }) => peakRssBytes)),
    trainedTokens,
    trainingFlops,
  };
}
