/**
 * `marco eval run`: asks a model or a server what the tasks say, keeps every answer, and writes the results.
 *
 * Files: `answers/rank-*.jsonl` as answers come; `run.json`, which model they are of; `evaluation.json`, everything that can be compared later;
 * `<model>/results_*.json` and `samples_*.jsonl` for lm-evaluation-harness's viewers.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@marco-ts/checkpoint';
import type { BackendName } from '@marco-ts/core';
import {
  type EvalResults,
  type EvalTask,
  evaluate,
  groupResults,
  openAnswerLog,
  resumableTask,
  type Share,
  writeLmEvalResults,
} from '@marco-ts/eval';
import { createProgressBar } from '../../console/progress-bar.ts';
import { createTerminal } from '../../console/terminal.ts';
import { BadInputError } from '../../errors.ts';
import { contaminationOf, dataStageOf, openTrainingText } from '../../stage-files/training-text.ts';
import type { CommandOutput } from '../pipeline.ts';
import { listenForStopSignals } from '../recipe/stop-signals.ts';
import { asBadInput, type TaskOptions } from './find-definitions.ts';
import { chosenDefinitions, loadTasks } from './load-evaluated-tasks.ts';
import { writeMtBenchAnswers } from './mt-bench-files.ts';
import { type AskedModel, openAskedModel } from './open-asked-model.ts';
import { scoreTable } from './score-table.ts';

export const EVALUATION_FILE = 'evaluation.json';
const RUN_FILE = 'run.json';

export interface RunOptions extends TaskOptions {
  readonly model?: string;
  readonly modelName?: string;
  readonly keyVariable?: string;
  readonly tokenizer?: string;
  readonly maxLength?: number;
  readonly concurrency?: number;
  readonly timeout?: number;
  readonly generateWith?: 'completions' | 'chat';
  readonly data?: string;
  readonly output: string;
  readonly numFewshot?: number;
  readonly limit?: number;
  readonly applyChatTemplate?: boolean;
  readonly fewshotAsMultiturn?: boolean;
  readonly systemInstruction?: string;
  readonly written?: boolean;
  readonly spbleuModel?: string;
  readonly mtBench?: string;
  readonly mtBenchBaseline?: string;
  readonly mtBenchReferences?: string;
  readonly maxNewTokens?: number;
  readonly judge?: string;
  readonly judgeModel?: string;
  readonly judgeKeyVariable?: string;
  readonly trainingData?: string;
  readonly rank?: number;
  readonly worldSize?: number;
  readonly batchTokens?: number;
  readonly seed?: number;
  readonly backend?: BackendName;
  readonly threads?: number;
  readonly json?: boolean;
}

export async function runEvaluation(options: RunOptions, output: CommandOutput): Promise<void> {
  const { stdout, stderr } = output;
  const share = shareOf(options);
  const definitions = await asBadInput(() => chosenDefinitions(options));
  const asked = await openAskedModel(options);
  const bar = createProgressBar(createTerminal(stderr));
  const stop = listenForStopSignals(() => bar.print('stopping; the same command goes on from here'));
  try {
    const tasks = await asBadInput(() => loadTasks(definitions, options, asked.tokenizer, (line) => bar.print(line)));
    await claimDirectory(options.output, asked);
    if (options.mtBench !== undefined && options.mtBenchBaseline === undefined) {
      const written = await asBadInput(() => writeMtBenchAnswers(asked.model, options, asked.tokenizer, stop.signal));
      for (const { id, reason } of written.failed) bar.print(`${id}: no answer, ${reason}`);
      bar.print(`${written.numAnswered} answers in ${written.path}; compare others with them by --mt-bench-baseline`);
      if (tasks.length === 0) return;
    }
    const log = await openAnswerLog(
      join(options.output, 'answers'),
      `rank-${String(share?.rank ?? 0).padStart(5, '0')}`,
    );
    try {
      if (log.answers.size > 0) bar.print(`${log.answers.size} answers are there already`);
      // A judge's task has no documents: it keeps a log of its own.
      const resumable = tasks.map((task) => (task.documents ? resumableTask(task, log, share) : task));
      bar.open(asked.name);
      if (share) {
        await askShare(asked, resumable, options, bar, stop.signal);
        bar.close();
        const line = { ...share, numAnswers: log.answers.size };
        stdout.write(
          options.json
            ? `${JSON.stringify(line)}\n`
            : `rank ${share.rank} of ${share.worldSize} is done; the same command without --rank writes the results\n`,
        );
        return;
      }
      const results = await askAll(asked, resumable, options, bar, stop.signal);
      bar.close();
      const path = join(options.output, EVALUATION_FILE);
      await writeFileAtomic(path, JSON.stringify(results));
      const files = [path, ...(await writeLmEvalResults(options.output, results, { time: new Date() }))];
      showScores(results, files, options, output);
    } finally {
      await log.close();
    }
  } finally {
    bar.close();
    stop.close();
    asked.close();
  }
}

type Bar = ReturnType<typeof createProgressBar>;

async function askShare(
  { model }: AskedModel,
  tasks: readonly EvalTask[],
  { limit }: RunOptions,
  bar: Bar,
  signal: AbortSignal,
): Promise<void> {
  for (const [index, task] of tasks.entries()) {
    bar.start({ unit: 'items' });
    let before = 0;
    await task.run(model, {
      limit,
      signal,
      onProgress: (done) => {
        bar.advance(done - before, `${task.name} (${index + 1} of ${tasks.length})`);
        before = done;
      },
    });
  }
}

/** With what of the tasks stands in the training text, where that is known. */
async function askAll(
  { model, name, identity }: AskedModel,
  tasks: readonly EvalTask[],
  options: RunOptions,
  bar: Bar,
  signal: AbortSignal,
): Promise<EvalResults> {
  const { model: given = '' } = options;
  const source = options.trainingData ?? ((await dataStageOf(given)) && given);
  const contamination = source && contaminationOf(tasks, await openTrainingText(source, signal), source);
  let current = '';
  let before = 0;
  const results = await asBadInput(() =>
    evaluate(model, tasks, {
      limit: options.limit,
      signal,
      seed: options.seed,
      modelName: name,
      extra: { ...identity, num_fewshot: options.numFewshot ?? null },
      onProgress: ({ task, taskIndex, numTasks, done, total }) => {
        if (task !== current) {
          [current, before] = [task, 0];
          bar.start({ unit: 'items', total });
        }
        bar.advance(done - before, `${task} (${taskIndex + 1} of ${numTasks})`);
        before = done;
      },
    }),
  );
  return contamination ? { ...results, contamination } : results;
}

function showScores(
  results: EvalResults,
  files: readonly string[],
  { json }: RunOptions,
  { stdout }: CommandOutput,
): void {
  const grouped = groupResults(results);
  if (!json) {
    stdout.write(`${scoreTable(grouped)}\n\n${files.slice(0, 2).join('\n')}\n`);
    return;
  }
  const scores = Object.fromEntries(
    Object.entries(grouped.tasks).map(([name, { overall, groups, skipped, numTruncated, numRefused, numFailed }]) => [
      name,
      {
        overall,
        byLanguage: groups.language ?? {},
        numSkipped: skipped.length,
        numTruncated,
        numRefused,
        numFailed,
        contamination: grouped.contamination?.tasks[name] ?? null,
      },
    ]),
  );
  stdout.write(`${JSON.stringify({ model: results.modelName, scores, files }, null, 2)}\n`);
}

function shareOf({ rank, worldSize }: RunOptions): Share | undefined {
  if (rank === undefined && worldSize === undefined) return undefined;
  if (rank !== undefined && worldSize !== undefined && rank < worldSize) return { rank, worldSize };
  throw new BadInputError(
    `[@marco-ts/pipeline] eval run: --rank must be below --world-size and both be given, got ${rank} and ${worldSize}.`,
  );
}

/** Answers of two models must not mix in one directory. @throws BadInputError when it holds those of another */
async function claimDirectory(directory: string, { identity }: AskedModel): Promise<void> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, RUN_FILE);
  const text = `${JSON.stringify(identity, null, 2)}\n`;
  let known: string;
  try {
    known = await readFile(path, 'utf8');
  } catch {
    await writeFileAtomic(path, text);
    return;
  }
  if (known === text) return;
  throw new BadInputError(
    `[@marco-ts/pipeline] eval run: a directory holds the answers of one model, got those of ${known.trim()} at ${directory}. Choose another --output.`,
  );
}
