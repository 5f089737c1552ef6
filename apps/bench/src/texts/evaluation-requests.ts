/**
 * Contexts and continuations of choice tasks for the suite `eval`: of made rows, or of real ones from a directory of data sets.
 *
 * Letters share their text, choices of XCOPA their premise, and an exam its examples.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readUdhr } from '@marco-ts/data';
import {
  directoryDatasetFiles,
  documentTask,
  type EvalTask,
  findTasks,
  type LoglikelihoodRequest,
  loadTask,
  type Row,
} from '@marco-ts/eval';

export type RequestLists = Record<string, LoglikelihoodRequest[]>;

/** Of real rows at most; each task with no examples and with the paper's number. */
const BELEBELE = { limit: 60, shots: [0, 1] } as const;
const REAL_TASKS = [
  { name: 'belebele_eng_Latn', ...BELEBELE },
  { name: 'belebele_swh_Latn', ...BELEBELE },
  { name: 'xcopa_sw', limit: 150, shots: [0, 5] },
  { name: 'xcopa_zh', limit: 150, shots: [0, 5] },
] as const;

/** @param note told of each set that is not in the directory */
export async function readRequests(directory: string, note: (text: string) => void): Promise<RequestLists> {
  const files = directoryDatasetFiles(directory);
  const lists: RequestLists = {};
  for (const { name, limit, shots } of REAL_TASKS) {
    for (const numFewShot of shots) {
      try {
        const definition = findTasks([name])[0]!;
        const passages = await readPassages(directory, name);
        const task = passages
          ? documentTask(definition, { test: passages }, { limit, numFewShot })
          : await loadTask(definition, { files, limit, numFewShot });
        lists[`${name} ${numFewShot} shots`] = requestsOf(task);
      } catch (error) {
        note(`${name} with ${numFewShot} shots left out: ${(error as Error).message}`);
      }
    }
  }
  return lists;
}

interface Passage {
  readonly text: string;
  readonly items: readonly {
    readonly question: string;
    readonly answers: readonly { readonly text: string; readonly correct: boolean }[];
  }[];
}

/** Belebele as it is also handed on: `belebele/<language>.passages.jsonl`, a line for each passage with its questions. */
async function readPassages(directory: string, task: string): Promise<Row[] | undefined> {
  const path = join(directory, 'belebele', `${task.replace('belebele_', '')}.passages.jsonl`);
  if (!task.startsWith('belebele_') || !existsSync(path)) return undefined;
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  return lines.flatMap((line) => {
    const { text, items } = JSON.parse(line) as Passage;
    return items.map(({ question, answers }) => ({
      flores_passage: text,
      question,
      ...Object.fromEntries(answers.map((answer, index) => [`mc_answer${index + 1}`, answer.text])),
      correct_answer_num: String(answers.findIndex(({ correct }) => correct) + 1),
    }));
  });
}

/** @param sentences of `declarationSentences` */
export function madeRequests(sentences: readonly string[]): RequestLists {
  const say = (index: number): string => sentences[(index * 37) % sentences.length]!;
  // By characters: half of a pair of surrogates is no text.
  const start = (index: number, length: number): string => [...say(index)].slice(0, length).join('');
  const rows = (count: number, make: (index: number) => Row): Row[] =>
    Array.from({ length: count }, (_, index) => make(index));
  // Belebele asks 900 questions about 488 passages: nearly two about each.
  const passage = (index: number) => [0, 1, 2, 3].map((part) => say(4 * index + part)).join(' ');
  const belebele = rows(60, (index) => ({
    flores_passage: passage(Math.floor(index / 2)),
    question: say(index + 7000),
    ...Object.fromEntries([1, 2, 3, 4].map((part) => [`mc_answer${part}`, start(index + part * 900, 60)])),
    correct_answer_num: String((index % 4) + 1),
  }));
  const xcopa = rows(150, (index) => ({
    premise: start(index, 80),
    choice1: start(index + 500, 60),
    choice2: start(index + 900, 60),
    question: index % 2 === 0 ? 'cause' : 'effect',
    label: index % 2,
  }));
  const mmlu = rows(60, (index) => ({
    question: say(index),
    choices: [1, 2, 3, 4].map((part) => start(index + part * 300, 60)),
    answer: index % 4,
  }));
  const ask = (name: string, splits: Record<string, Row[]>, numFewShot: number): LoglikelihoodRequest[] =>
    requestsOf(documentTask(findTasks([name])[0]!, splits, { numFewShot }));
  return {
    'belebele 0 shots': ask('belebele_swh_Latn', { test: belebele }, 0),
    'belebele 1 shot': ask('belebele_swh_Latn', { test: belebele }, 1),
    'xcopa 0 shots': ask('xcopa_sw', { test: xcopa }, 0),
    'xcopa 5 shots': ask('xcopa_sw', { validation: xcopa.slice(0, 50), test: xcopa }, 5),
    'mmlu 5 shots': ask('mmlu_anatomy', { dev: mmlu.slice(0, 5), test: mmlu.slice(5) }, 5),
  };
}

function requestsOf({ documents = [] }: EvalTask): LoglikelihoodRequest[] {
  return documents.flatMap(({ requests }) =>
    requests.flatMap((request) => (request.type === 'loglikelihood' ? [request] : [])),
  );
}

export async function declarationSentences(): Promise<string[]> {
  const sentences: string[] = [];
  for await (const { articles } of readUdhr({ onProblem: () => {} })) {
    for (const { paragraphs } of articles) sentences.push(...paragraphs.filter((text) => text.length > 40));
    if (sentences.length > 9000) break;
  }
  return sentences;
}
