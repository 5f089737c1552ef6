import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { disposeParams, initBackend } from '@marco-ts/core';
import { parseQwen2Config } from '@marco-ts/model';
import { createTokenizer } from '@marco-ts/tokenizer';
import { expect, test } from 'vitest';
import { formulaParams } from '../../../model/test/golden/formula-weights.ts';
import { directoryDatasetFiles } from '../../src/datasets/directory-dataset-files.ts';
import { loadSplit } from '../../src/datasets/load-split.ts';
import { evaluate } from '../../src/evaluate.ts';
import { qwen2LanguageModel } from '../../src/model/qwen2-language-model.ts';
import { documentTask } from '../../src/tasks/definition/document-task.ts';
import { evaluationSplit, type Row } from '../../src/tasks/definition/task-definition.ts';
import { askDocuments } from '../../src/tasks/task-document.ts';
import { findTasks } from '../../src/tasks/task-registry.ts';

// Made by tools/goldens/lm_eval_tasks.py from real rows, which stay where MARCO_TEST_DATA is; here are hashes of requests, log-likelihoods and scores.
interface GoldenTask {
  readonly name: string;
  readonly numFewShot: number;
  readonly rows: Readonly<Record<string, number>>;
  readonly results: Readonly<Record<string, number>>;
  readonly documents: readonly {
    readonly requests: readonly string[];
    readonly responses: readonly (readonly [number, boolean])[];
  }[];
}

const root = join(process.env.MARCO_TEST_DATA ?? '', 'eval');
const present = process.env.MARCO_TEST_DATA !== undefined && existsSync(join(root, 'xcopa'));
const read = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'));
const lines = (path: string): Row[] =>
  readFileSync(join(root, path), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test.skipIf(!present)(
  'real rows give the same requests, log-likelihoods and accuracies as in lm-evaluation-harness',
  async () => {
    const golden: { tasks: readonly GoldenTask[] } = read('lm-eval-real.json');
    await initBackend({ prefer: ['wasm', 'cpu'] });
    const config = parseQwen2Config(read('lm-eval-tasks.json').config);
    const params = formulaParams(config);
    const tokenizer = createTokenizer({
      tokenizerJson: read('lm-eval-tokenizer.json'),
      tokenizerConfig: { eos_token: '<|endoftext|>' },
    });
    const model = qwen2LanguageModel({ params, config, tokenizer });

    expect(golden.tasks.length).toBeGreaterThanOrEqual(20);
    for (const { name, numFewShot, rows: counts, documents, results } of golden.tasks) {
      const rows: Record<string, readonly Row[]> = {};
      for (const [split, count] of Object.entries(counts)) rows[split] = (await rowsOf(name, split)).slice(0, count);
      const task = documentTask(findTasks([name])[0]!, rows, { numFewShot });
      expect(
        task.documents!.map(({ requests }) => requests.map(hashed)),
        name,
      ).toEqual(documents.map(({ requests }) => requests));
      if (task.outputType !== 'multiple_choice') continue;
      const answers = await askDocuments(model, task.documents!);
      for (const [index, { responses }] of documents.entries()) {
        for (const [position, [logProb]] of responses.entries()) {
          const own = answers[index]![position] as { logProb: number };
          expect(Math.abs(own.logProb - logProb), `${name} ${index}`).toBeLessThan(
            Math.max(1e-4, 2e-6 * Math.abs(logProb)),
          );
        }
      }
      const { metrics } = (await evaluate(model, [task])).tasks[name]!.overall;
      for (const [key, expected] of Object.entries(results))
        expect(metrics[key.split(',')[0]!]!.value, `${name} ${key}`).toBeCloseTo(expected, 9);
    }
    disposeParams(params);
  },
);

function hashed(request: {
  type: string;
  context?: string;
  continuation?: string;
  prompt?: string;
  until?: readonly string[];
}): string {
  const text =
    request.type === 'loglikelihood'
      ? `${request.context}\0${request.continuation}`
      : `${request.prompt}\0${request.until!.join('\0')}`;
  return createHash('sha256').update(text).digest('hex');
}

/** Rows of the sets that lie here as published, and of those that were repackaged, in the published layout. */
async function rowsOf(name: string, split: string): Promise<readonly Row[]> {
  const part = name.split('_').slice(1).join('_');
  const exam = (path: string, question: string, answer: string): Row[] =>
    lines(path)
      .filter(({ subject }) => subject === part)
      .map((row) => {
        const [A, B, C, D] = row.choices as string[];
        return { [question]: row.question, A, B, C, D, [answer]: row.answer };
      });
  if (name.startsWith('xnli_')) {
    const words = ['entailment', 'neutral', 'contradiction'];
    return lines(`xnli/${part}.test.jsonl`).map((row) => ({
      premise: row[`sentence1_${part}`],
      hypothesis: row[`sentence2_${part}`],
      label: words.indexOf(row.label as string),
    }));
  }
  if (name.startsWith('mmlu_')) {
    return lines(`mmlu/${split}.jsonl`)
      .filter(({ subject }) => subject === part)
      .map((row) => ({ ...row, answer: 'ABCD'.indexOf(row.answer as string) }));
  }
  if (name.startsWith('cmmlu_')) return exam(`cmmlu/${split}.jsonl`, 'Question', 'Answer');
  if (name.startsWith('ceval')) return exam('ceval/val_zh-TW.jsonl', 'question', 'answer');
  if (name.startsWith('xwinograd_')) return winograd(part);
  if (name.startsWith('belebele_')) return belebele();
  const { dataset, splits } = findTasks([name])[0]!;
  return loadSplit({
    files: directoryDatasetFiles(root),
    dataset,
    split,
    isScored: split === evaluationSplit(splits) || name.startsWith('mgsm'),
  });
}

interface Winograd {
  readonly lang: string;
  readonly tokens: readonly string[];
  readonly pronoun: readonly [string, readonly [number, number]];
  readonly candidates: readonly (readonly [string, unknown, unknown, boolean])[];
}

function winograd(code: string): Row[] {
  return (lines('xwinograd/xwinograd.jsonl') as unknown as Winograd[])
    .filter(({ lang, candidates }) => lang === code && candidates.length === 2)
    .map(({ tokens, pronoun, candidates: [first, second] }) => ({
      sentence: [...tokens.slice(0, pronoun[1][0]), '_', ...tokens.slice(pronoun[1][1])].join(' '),
      option1: first![0],
      option2: second![0],
      answer: first![3] ? '1' : '2',
    }));
}

interface Passage {
  readonly text: string;
  readonly items: readonly {
    readonly question: string;
    readonly answers: readonly { readonly text: string; readonly correct: boolean }[];
  }[];
}

function belebele(): Row[] {
  return (lines('belebele/eng_Latn.passages.jsonl') as unknown as Passage[]).flatMap(({ text, items }) =>
    items.map(({ question, answers }) => ({
      flores_passage: text,
      question,
      ...Object.fromEntries(answers.map((answer, index) => [`mc_answer${index + 1}`, answer.text])),
      correct_answer_num: String(answers.findIndex(({ correct }) => correct) + 1),
    })),
  );
}
