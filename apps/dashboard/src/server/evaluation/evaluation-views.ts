/**
 * Scores after each stage, bits per byte by language, samples, and two evaluations compared by @marco-ts/eval's paired test.
 */
import type { ComparisonView, EvaluationView, LanguagesView, SampleView, ScoreView } from '../../api-types.ts';
import { languageTiers } from '../data-views.ts';
import { asArray, asNumber, asNumbers, asRecord, asText, given, type JsonRecord } from '../json-shape.ts';
import { TRAINING_LOG_FILE } from '../run-view.ts';
import type { RunsDirectory } from '../runs-directory.ts';
import type { TrainingLog } from '../training/training-log.ts';
import { compareInThread } from './compare-in-thread.ts';

const EVALUATION_FILE = 'evaluation.json';
const VALIDATION_PREFIX = /^bits_?per_?byte\//i;

export async function evaluationViews(runs: RunsDirectory, run: readonly string[]): Promise<EvaluationView[]> {
  const views: EvaluationView[] = [];
  for (const { after, results } of await readEvaluations(runs, run)) {
    views.push({
      after,
      scores: Object.entries(asRecord(results.tasks)).flatMap(([task, one]) => scoresOf(task, asRecord(one))),
    });
  }
  return views;
}

function scoresOf(task: string, result: JsonRecord): ScoreView[] {
  const metrics = asRecord(result.metrics);
  const groups: (readonly [grouping: string, group: string, scores: unknown])[] = [['overall', 'all', result.overall]];
  for (const [grouping, members] of Object.entries(asRecord(result.groups))) {
    for (const [group, scores] of Object.entries(asRecord(members))) groups.push([grouping, group, scores]);
  }
  return groups.flatMap(([grouping, group, told]) => {
    const scores = asRecord(told);
    return Object.entries(metrics).flatMap(([metric, one]) => {
      const definition = asRecord(one);
      const score = asRecord(asRecord(scores.macro)[metric] ?? asRecord(scores.metrics)[metric]);
      const value = asNumber(score.value);
      if (value === undefined) return [];
      return [
        {
          task,
          metric,
          unit: asText(definition.unit) ?? '',
          higherIsBetter: definition.higherIsBetter !== false,
          ...given('chance', asNumber(definition.chance)),
          ...given('signature', asText(asRecord(result.signatures)[metric])),
          grouping,
          group,
          value,
          ...given('stderr', asNumber(score.stderr)),
          numItems: asNumber(scores.numSamples) ?? 0,
        },
      ];
    });
  });
}

export async function languagesView(
  runs: RunsDirectory,
  run: readonly string[],
  trainingLog: (path: readonly string[]) => Promise<TrainingLog>,
): Promise<LanguagesView> {
  const tiers = await languageTiers(runs, run);
  const stages: LanguagesView['stages'][number][] = [];
  for (const { after, results } of await readEvaluations(runs, run)) {
    const languages = asRecord(asRecord(asRecord(asRecord(results.tasks).bits_per_byte).groups).language);
    const bitsPerByte: Record<string, number> = {};
    for (const [language, scores] of Object.entries(languages)) {
      const value = asNumber(asRecord(asRecord(asRecord(scores).metrics).bits_per_byte).value);
      if (value !== undefined) bitsPerByte[language] = value;
    }
    if (Object.keys(bitsPerByte).length > 0) stages.push({ after, bitsPerByte });
  }
  const validation: LanguagesView['validation'][number][] = [];
  for (const { name, path } of await runs.stages(run)) {
    const logPath = [...path, TRAINING_LOG_FILE];
    if ((await runs.state(logPath)) === undefined) continue;
    const log = await trainingLog(logPath);
    for (const { step, metrics } of log.evaluations) {
      const bitsPerByte = Object.fromEntries(
        Object.entries(asNumbers(metrics)).flatMap(([metric, value]) =>
          VALIDATION_PREFIX.test(metric) ? [[metric.replace(VALIDATION_PREFIX, ''), value]] : [],
        ),
      );
      if (Object.keys(bitsPerByte).length > 0) validation.push({ stage: name, step, bitsPerByte });
    }
  }
  return { tiers, stages, validation };
}

export async function sampleViews(runs: RunsDirectory, run: readonly string[]): Promise<SampleView[]> {
  const samples: SampleView[] = [];
  for (const { path } of await runs.stages(run)) {
    for (const row of asArray(await runs.readJson([...path, 'samples.json'])).map(asRecord)) {
      const [prompt, generated] = [asText(row.prompt), asText(row.generated)];
      if (prompt === undefined || generated === undefined) continue;
      samples.push({
        afterStage: asText(row.afterStage) ?? '',
        kind: asText(row.kind) ?? '',
        language: asText(row.language) ?? '',
        prompt,
        generated,
        ...given('reference', asText(row.reference)),
      });
    }
  }
  return samples;
}

interface ReadEvaluation {
  readonly after: string;
  readonly results: JsonRecord;
}

async function readEvaluations(runs: RunsDirectory, run: readonly string[]): Promise<ReadEvaluation[]> {
  const found: ReadEvaluation[] = [];
  for (const { name, path } of await runs.stages(run)) {
    const results = await runs.readJson([...path, EVALUATION_FILE]);
    if (results !== undefined) found.push({ after: name.replace(/^evaluate-/, ''), results: asRecord(results) });
  }
  return found;
}

export interface EvaluationAddress {
  readonly run: readonly string[];
  /** stage that was measured */
  readonly after: string;
}

/**
 * @returns undefined when one of the two is not there
 * @throws Error of `compareResults` when they cannot be compared
 */
export async function comparisonView(
  runs: RunsDirectory,
  before: EvaluationAddress,
  after: EvaluationAddress,
): Promise<ComparisonView[] | undefined> {
  const find = async ({ run, after: stage }: EvaluationAddress) =>
    (await readEvaluations(runs, run)).find((one) => one.after === stage)?.results;
  const [first, second] = [await find(before), await find(after)];
  if (first === undefined || second === undefined) return undefined;
  return compareInThread({ before: first, after: second });
}
