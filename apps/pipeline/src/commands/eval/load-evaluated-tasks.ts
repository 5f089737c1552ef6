/** The tasks of `marco eval run` with their rows: benchmarks, asked as the options say, and MT-Bench with its judge. */
import { readFile } from 'node:fs/promises';
import {
  chatEndpoint,
  type EvalTask,
  loadTask,
  loggedChat,
  loggedModel,
  mtBenchTask,
  spmTokenizer,
  type TaskDefinition,
  withSpBleu,
  writtenChoice,
} from '@marco-ts/eval';
import type { Tokenizer } from '@marco-ts/tokenizer';
import { BadInputError } from '../../errors.ts';
import { datasetPlace } from './dataset-place.ts';
import { findDefinitions } from './find-definitions.ts';
import { readMtBench, withMtBenchLog } from './mt-bench-files.ts';
import { keyOf } from './open-asked-model.ts';
import type { RunOptions } from './run-evaluation.ts';

/** @throws BadInputError for unknown tasks and for options that lack what they need, before any model is opened */
export async function chosenDefinitions(options: RunOptions): Promise<TaskDefinition[]> {
  const { tasks, taskYaml = [], mtBench, mtBenchBaseline, judge, judgeModel, written, spbleuModel } = options;
  if (mtBench !== undefined && mtBenchBaseline !== undefined && (judge === undefined || judgeModel === undefined)) {
    throw new BadInputError(
      '[@marco-ts/pipeline] eval run: answers are compared by a judge, got none. Pass --judge and --judge-model.',
    );
  }
  if (mtBench !== undefined && tasks.length + taskYaml.length === 0) return [];
  datasetPlace(options.data);
  const found = await findDefinitions(options);
  const spm = spbleuModel === undefined ? undefined : spmTokenizer(await readFile(spbleuModel));
  return found.map((definition) => {
    const asked = written ? writtenChoice(definition) : definition;
    return spm && 'bleu' in scoresOf(asked) ? withSpBleu(asked, spm) : asked;
  });
}

const scoresOf = ({ prompt }: TaskDefinition): object =>
  prompt.type === 'generate_until' ? prompt.scoring.metrics : {};

/** @param log told of rows that are left out */
export async function loadTasks(
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
  const tasks: EvalTask[] = [];
  for (const definition of definitions) {
    const task = await loadTask(definition, {
      files: datasetPlace(options.data),
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
  if (options.mtBenchBaseline !== undefined) tasks.push(await mtBench(options, tokenizer));
  return tasks;
}

async function mtBench(options: RunOptions, tokenizer: Tokenizer | undefined): Promise<EvalTask> {
  const files = await readMtBench(options, tokenizer);
  const { judge: baseUrl, judgeModel, judgeKeyVariable, timeout, maxNewTokens } = options;
  const judge = chatEndpoint({
    baseUrl: baseUrl!,
    model: judgeModel!,
    apiKey: keyOf(judgeKeyVariable),
    timeoutMs: timeout === undefined ? undefined : timeout * 1000,
  });
  const name = `mt_bench_${options.language}`;
  const judgedBy = (own: typeof judge): EvalTask => mtBenchTask({ ...files, name, maxNewTokens, judge: own });
  return {
    ...judgedBy(judge),
    run: (model, context) =>
      withMtBenchLog(options, async (log) => {
        const logged = loggedModel(model, log);
        const run = await judgedBy(loggedChat(judge, `${baseUrl} ${judgeModel}`, log)).run(logged, context);
        return { ...run, notices: logged.notices };
      }),
  };
}
