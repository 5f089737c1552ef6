/** MT-Bench in FastChat's layout: questions, reference answers and the answers of a baseline; and the answers of a model, to be a baseline later. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@marco-ts/checkpoint';
import {
  answerMtBench,
  type ChatMessage,
  type LanguageModel,
  loggedModel,
  type MtBenchQuestion,
  mtBenchAnswers,
  mtBenchQuestions,
  openTextLog,
  type Row,
  type TextLog,
} from '@marco-ts/eval';
import type { Tokenizer } from '@marco-ts/tokenizer';
import { BadInputError } from '../../errors.ts';
import type { RunOptions } from './run-evaluation.ts';

export const MT_BENCH_ANSWERS_FILE = 'mt_bench_answers.jsonl';

export interface MtBenchFiles {
  readonly questions: readonly MtBenchQuestion[];
  readonly baseline: ReadonlyMap<string, readonly string[]>;
  readonly render: (messages: readonly ChatMessage[]) => string;
}

/** @throws BadInputError when a file, the language or the tokenizer is missing, or a line is no row of the layout */
export async function readMtBench(
  { mtBench, mtBenchBaseline, mtBenchReferences, language, limit, rank = 0, worldSize = 1 }: RunOptions,
  tokenizer: Tokenizer | undefined,
): Promise<MtBenchFiles> {
  if (language === undefined) throw missing("the questions' language,", '--language');
  if (tokenizer === undefined)
    throw missing("the model's tokenizer, whose chat template it is asked in,", '--tokenizer');
  const references = mtBenchReferences === undefined ? undefined : mtBenchAnswers(await readRows(mtBenchReferences));
  const questions = mtBenchQuestions(await readRows(mtBench!), language, references)
    .slice(0, limit)
    .filter((_, index) => index % worldSize === rank);
  const answers = mtBenchBaseline === undefined ? new Map() : mtBenchAnswers(await readRows(mtBenchBaseline));
  return {
    questions,
    baseline: new Map([...answers].map(([id, turns]) => [`${language}/${id}`, turns])),
    render: (messages) => tokenizer.renderChat(messages, { addGenerationPrompt: true }),
  };
}

/** What the models write and the judge says is kept beside the answers to benchmarks, so that the same command goes on after a kill. */
export async function withMtBenchLog<Result>(
  { output, rank = 0 }: RunOptions,
  use: (log: TextLog) => Promise<Result>,
): Promise<Result> {
  const log = await openTextLog(join(output, 'texts'), `rank-${String(rank).padStart(5, '0')}`);
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}

/** Asks the questions alone. @returns the file written, and why questions are not in it */
export async function writeMtBenchAnswers(
  model: LanguageModel,
  options: RunOptions,
  tokenizer: Tokenizer | undefined,
  signal: AbortSignal,
): Promise<{ path: string; numAnswered: number; failed: readonly { id: string; reason: string }[] }> {
  const { questions, render } = await readMtBench(options, tokenizer);
  const { maxNewTokens, modelName } = options;
  const { answers, failed } = await withMtBenchLog(options, (log) =>
    answerMtBench(loggedModel(model, log), questions, { render, maxNewTokens }, { signal }),
  );
  const lines = questions.flatMap(({ id }, index) =>
    failed.has(index)
      ? []
      : [
          JSON.stringify({
            question_id: Number(id.split('/')[1]),
            model_id: modelName ?? model.name ?? 'model',
            choices: [{ index: 0, turns: answers[index] }],
          }),
        ],
  );
  const path = join(options.output, MT_BENCH_ANSWERS_FILE);
  // A rank leaves its texts in the log; the command without one writes them all.
  if (options.rank === undefined) await writeFileAtomic(path, lines.map((line) => `${line}\n`).join(''));
  return {
    path,
    numAnswered: lines.length,
    failed: [...failed].map(([index, reason]) => ({ id: questions[index]!.id, reason })),
  };
}

async function readRows(path: string): Promise<Row[]> {
  try {
    const text = await readFile(path, 'utf8');
    return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line) as Row]));
  } catch (error) {
    throw new BadInputError(
      `[@marco-ts/pipeline] eval run: a file of MT-Bench must hold a JSON object a line, got ${(error as Error).message} at ${path}.`,
      { cause: error },
    );
  }
}

const missing = (what: string, option: string): BadInputError =>
  new BadInputError(`[@marco-ts/pipeline] eval run: MT-Bench needs ${what} got none. Pass ${option}.`);
