/**
 * `marco eval run`: asks a model or a server what the tasks say, keeps every answer, and writes the results.
 *
 * Files: `answers/rank-*.jsonl` as answers come; `run.json`, which model they are of; `evaluation.json`, everything that can be compared later;
 * `<model>/results_*.json` and `samples_*.jsonl` for lm-evaluation-harness's viewers.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { BackendName } from '@marco-ts/core';
import {
  type EvalTask,
  evaluate,
  groupResults,
  type LanguageModel,
  loadTask,
  openAiLanguageModel,
  openAnswerLog,
  qwen2LanguageModel,
  resumableTask,
  type Share,
  type TaskDefinition,
  writeLmEvalResults,
} from '@marco-ts/eval';
import { loadTokenizer, type Tokenizer } from '@marco-ts/tokenizer';
import { createProgressBar } from '../../console/progress-bar.ts';
import { createTerminal } from '../../console/terminal.ts';
import { BadInputError } from '../../errors.ts';
import { findModel, openChatModel } from '../../serving/open-chat-model.ts';
import { directoryFingerprint } from '../../stage-files/directory-fingerprint.ts';
import type { CommandOutput } from '../pipeline.ts';
import { listenForStopSignals } from '../recipe/stop-signals.ts';
import { datasetPlace } from './dataset-place.ts';
import { asBadInput, findDefinitions, type TaskOptions } from './find-definitions.ts';
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
  readonly data: string;
  readonly output: string;
  readonly numFewshot?: number;
  readonly limit?: number;
  readonly applyChatTemplate?: boolean;
  readonly fewshotAsMultiturn?: boolean;
  readonly systemInstruction?: string;
  readonly rank?: number;
  readonly worldSize?: number;
  readonly batchTokens?: number;
  readonly seed?: number;
  readonly backend?: BackendName;
  readonly threads?: number;
  readonly json?: boolean;
}

interface AskedModel {
  readonly model: LanguageModel;
  readonly name: string;
  /** changes with the weights */
  readonly identity: Readonly<Record<string, string>>;
  readonly tokenizer: Tokenizer | undefined;
  close(): void;
}

export async function runEvaluation(options: RunOptions, { stdout, stderr }: CommandOutput): Promise<void> {
  const terminal = createTerminal(stderr);
  const share = shareOf(options);
  const definitions = await findDefinitions(options);
  const asked = await openModel(options);
  const bar = createProgressBar(terminal);
  const stop = listenForStopSignals(() => bar.print('stopping; the same command goes on from here'));
  try {
    const tasks = await asBadInput(() => loadTasks(definitions, options, asked.tokenizer, (line) => bar.print(line)));
    await claimDirectory(options.output, asked);
    const rank = share?.rank ?? 0;
    const log = await openAnswerLog(join(options.output, 'answers'), `rank-${String(rank).padStart(5, '0')}`);
    try {
      if (log.answers.size > 0) bar.print(`${log.answers.size} answers are there already`);
      const resumable = tasks.map((task) => resumableTask(task, log, share));
      bar.open(asked.name);
      if (share) {
        for (const [index, task] of resumable.entries()) {
          bar.start({ unit: 'items' });
          let before = 0;
          await task.run(asked.model, {
            limit: options.limit,
            signal: stop.signal,
            onProgress: (done) => {
              bar.advance(done - before, `${task.name} (${index + 1} of ${tasks.length})`);
              before = done;
            },
          });
        }
        bar.close();
        const line = { rank, worldSize: share.worldSize, numAnswers: log.answers.size };
        if (options.json) stdout.write(`${JSON.stringify(line)}\n`);
        else
          stdout.write(
            `rank ${rank} of ${share.worldSize} is done; the same command without --rank writes the results\n`,
          );
        return;
      }
      let current = '';
      let before = 0;
      const results = await asBadInput(() =>
        evaluate(asked.model, resumable, {
          limit: options.limit,
          signal: stop.signal,
          seed: options.seed,
          modelName: asked.name,
          extra: { ...asked.identity, num_fewshot: options.numFewshot ?? null },
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
      bar.close();
      const path = join(options.output, EVALUATION_FILE);
      await writeFile(`${path}.tmp`, JSON.stringify(results));
      await rename(`${path}.tmp`, path);
      const files = [path, ...(await writeLmEvalResults(options.output, results, { time: new Date() }))];
      const grouped = groupResults(results);
      if (options.json) {
        const scores = Object.fromEntries(
          Object.entries(grouped.tasks).map(
            ([name, { overall, groups, skipped, numTruncated, numRefused, numFailed }]) => [
              name,
              {
                overall,
                byLanguage: groups.language ?? {},
                numSkipped: skipped.length,
                numTruncated,
                numRefused,
                numFailed,
              },
            ],
          ),
        );
        stdout.write(`${JSON.stringify({ model: asked.name, scores, files }, null, 2)}\n`);
      } else {
        stdout.write(`${scoreTable(grouped)}\n\n${files[0]}\n`);
        if (files[1]) stdout.write(`${files[1]}\n`);
      }
    } finally {
      await log.close();
    }
  } finally {
    bar.close();
    stop.close();
    asked.close();
  }
}

function shareOf({ rank, worldSize }: RunOptions): Share | undefined {
  if (rank === undefined && worldSize === undefined) return undefined;
  if (rank !== undefined && worldSize !== undefined && rank < worldSize) return { rank, worldSize };
  throw new BadInputError(
    `[@marco-ts/pipeline] eval run: --rank must be below --world-size and both be given, got ${rank} and ${worldSize}.`,
  );
}

async function openModel(options: RunOptions): Promise<AskedModel> {
  const { model: given, modelName } = options;
  if (given !== undefined && /^https?:\/\//.test(given)) return openServer(given, options);
  const { directory } = await findModel(given);
  const chat = await openChatModel({
    directory: given,
    prefer: options.backend && [options.backend],
    numThreads: options.threads,
    batchTokens: options.batchTokens ?? 4096,
  });
  const { params, config, tokenizer, eosTokenIds } = chat;
  const name = modelName ?? chat.id;
  const { maxLength = config.maxPositionEmbeddings, batchTokens } = options;
  const fingerprint = directoryFingerprint(directory)?.sha256 ?? '';
  return {
    model: qwen2LanguageModel({
      params,
      config,
      tokenizer,
      maxLength,
      batchTokens,
      stopTokenIds: [...eosTokenIds],
      name,
    }),
    name,
    identity: { pretrained: resolve(directory), fingerprint, maxLength: String(maxLength) },
    tokenizer,
    close: () => chat.close(),
  };
}

async function openServer(baseUrl: string, options: RunOptions): Promise<AskedModel> {
  const { modelName, keyVariable } = options;
  if (modelName === undefined) {
    throw new BadInputError(
      `[@marco-ts/pipeline] eval run: a server's model must be named, got none for ${baseUrl}. Pass --model-name.`,
    );
  }
  const apiKey = keyVariable === undefined ? undefined : process.env[keyVariable];
  if (keyVariable !== undefined && apiKey === undefined) {
    throw new BadInputError(
      `[@marco-ts/pipeline] eval run: the variable ${keyVariable} must hold the server's key, got none. Set it.`,
    );
  }
  const tokenizer = options.tokenizer === undefined ? undefined : await loadTokenizer(options.tokenizer);
  return {
    model: openAiLanguageModel({
      baseUrl,
      model: modelName,
      apiKey,
      tokenizer,
      maxLength: options.maxLength,
      concurrency: options.concurrency,
      timeoutMs: options.timeout === undefined ? undefined : options.timeout * 1000,
      generateWith: options.generateWith,
    }),
    name: basename(modelName),
    identity: { base_url: baseUrl, model: modelName },
    tokenizer,
    close: () => {},
  };
}

async function loadTasks(
  definitions: readonly TaskDefinition[],
  options: RunOptions,
  tokenizer: Tokenizer | undefined,
  log: (line: string) => void,
): Promise<EvalTask[]> {
  const { applyChatTemplate, fewshotAsMultiturn, systemInstruction, numFewshot } = options;
  if (applyChatTemplate && !tokenizer) {
    throw new BadInputError(
      "[@marco-ts/pipeline] eval run: --apply-chat-template needs the model's tokenizer, got none. Pass --tokenizer.",
    );
  }
  const files = datasetPlace(options.data);
  const tasks: EvalTask[] = [];
  for (const definition of definitions) {
    const task = await loadTask(definition, {
      files,
      ...(numFewshot !== undefined && { numFewShot: numFewshot }),
      systemInstruction,
      ...(applyChatTemplate && {
        chat: {
          render: (messages) => tokenizer!.renderChat(messages, { addGenerationPrompt: true }),
          fewShotAsMultiturn: fewshotAsMultiturn,
        },
      }),
    });
    const numUnusable = task.unusable?.length ?? 0;
    if (numUnusable > 0)
      log(`${task.name}: ${numUnusable} rows left out, the first because ${task.unusable![0]!.reason}`);
    tasks.push(task);
  }
  return tasks;
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
    const own = `${path}.${process.pid}.tmp`;
    await writeFile(own, text);
    await rename(own, path);
    return;
  }
  if (known === text) return;
  throw new BadInputError(
    `[@marco-ts/pipeline] eval run: a directory holds the answers of one model, got those of ${known.trim()} at ${directory}. Choose another --output.`,
  );
}
