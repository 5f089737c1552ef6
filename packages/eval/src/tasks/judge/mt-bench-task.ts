/**
 * MT-Bench in several languages: 80 questions of two turns each, answers compared with a baseline's by a judge.
 *
 * Source: Zheng et al. 2023, arXiv:2306.05685; rows in FastChat's layout: `question_id`, `category`, `turns`, `reference`. Marco-LLM compares
 * pairwise in 28 languages (arXiv:2412.04003, figure 10).
 * Units: shares of questions; `win_rate` counts a tie as half, so two equal models get 0.5.
 */
import { inputError } from '../../input-error.ts';
import type { LanguageModel, RequestOptions } from '../../model/language-model.ts';
import { inParallel } from '../../server/in-parallel.ts';
import type { ChatMessage } from '../definition/build-context.ts';
import { textField, textListField } from '../definition/row-fields.ts';
import type { Row } from '../definition/task-definition.ts';
import type { EvalSample, EvalTask, SkippedItem } from '../eval-task.ts';
import type { MetricDefinition } from '../metric-definition.ts';
import { checkItems, countItems, languageGroups, selectItems, type Tiers } from '../select-items.ts';
import type { ChatModel } from './chat-endpoint.ts';
import { judgePair, type PairVerdict } from './judge-pair.ts';

/** A question of several turns. */
export interface MtBenchQuestion {
  readonly id: string;
  readonly language: string;
  readonly category: string;
  readonly turns: readonly string[];
  readonly references?: readonly string[] | undefined;
}

/** How the model under test answers. */
export interface MtBenchAnswerOptions {
  /** turns to the text that the model goes on from */
  readonly render: (messages: readonly ChatMessage[]) => string;
  /** default 1024 */
  readonly maxNewTokens?: number | undefined;
  /** besides the end-of-text token; default ['<|im_end|>'] */
  readonly until?: readonly string[] | undefined;
}

/** The questions, the answers to beat, and the judge. */
export interface MtBenchOptions extends MtBenchAnswerOptions {
  readonly questions: readonly MtBenchQuestion[];
  /** the other model's answers by question id, one for each turn */
  readonly baseline: ReadonlyMap<string, readonly string[]>;
  readonly judge: ChatModel;
  /** questions judged at the same time; default 4 */
  readonly numJudged?: number | undefined;
  readonly tiers?: Tiers | undefined;
  /** default 'mt_bench' */
  readonly name?: string | undefined;
}

/** A judge that is not there must not be waited for question by question. */
const MAX_FAILURES_IN_A_ROW = 8;
const SCORES = { first: 1, tie: 0.5, second: 0 } as const;

/** @throws Error on no questions, a doubled id, a missing language or tier, or a question without a baseline answer for each turn */
export function mtBenchTask(options: MtBenchOptions): EvalTask {
  const { questions, baseline, judge, tiers, name = 'mt_bench', numJudged = 4 } = options;
  checkItems(name, questions, tiers);
  for (const { id, turns } of questions) {
    const numAnswers = baseline.get(id)?.length ?? 0;
    if (turns.length > 0 && numAnswers === turns.length) continue;
    throw inputError(
      name,
      `the baseline must have an answer for each turn, got ${numAnswers} for ${turns.length} turns at question '${id}'.`,
    );
  }
  const share = (chance: number | null): MetricDefinition => ({
    kind: { type: 'ratio', scale: 1 },
    higherIsBetter: true,
    chance,
    unit: 'share',
  });
  return {
    name,
    version: 1,
    numItems: countItems(questions, ({ language }) => language),
    outputType: 'generate_until',
    macroBy: 'language',
    config: { macroBy: 'language', protocol: 'pairwise, places swapped, disagreement is a tie' },
    metrics: {
      win_rate: share(0.5),
      win: share(null),
      tie: share(null),
      loss: { ...share(null), higherIsBetter: false },
      consistent: share(null),
    },
    async run(model, { limit, signal, onProgress }) {
      const selected = selectItems(name, questions, ({ language }) => language, limit);
      const { answers, failed } = await answerMtBench(model, selected, options, { signal });
      let numDone = 0;
      let numFailedInARow = 0;
      const verdicts = await inParallel(selected, numJudged, async (question, index) => {
        if (failed.has(index)) return null;
        try {
          const verdict = await judgePair({
            judge,
            questions: question.turns,
            first: answers[index]!,
            second: baseline.get(question.id)!,
            references: question.references,
            signal,
          });
          numFailedInARow = 0;
          return verdict;
        } catch (error) {
          signal?.throwIfAborted();
          if (++numFailedInARow >= MAX_FAILURES_IN_A_ROW) throw error;
          failed.set(index, (error as Error).message);
          return null;
        } finally {
          onProgress?.(++numDone, selected.length);
        }
      });
      const samples: EvalSample[] = [];
      const skipped: SkippedItem[] = [];
      for (const [index, question] of selected.entries()) {
        const verdict = verdicts[index]!;
        if (verdict === null)
          skipped.push({
            id: question.id,
            reason: failed.get(index) ?? 'the judge gave no verdict [[A]], [[B]] or [[C]]',
          });
        else samples.push(sampleOf(question, answers[index]!, baseline.get(question.id)!, verdict, tiers));
      }
      return { samples, skipped };
    },
  };
}

/** Questions of a file in FastChat's layout; references from the same row or a file of answers. */
export function mtBenchQuestions(
  rows: readonly Row[],
  language: string,
  references: ReadonlyMap<string, readonly string[]> = new Map(),
): MtBenchQuestion[] {
  return rows.map((row) => {
    const number = String(row.question_id);
    return {
      id: `${language}/${number}`,
      language,
      category: textField(row, 'category'),
      turns: textListField(row, 'turns'),
      references: Array.isArray(row.reference) ? textListField(row, 'reference') : references.get(number),
    };
  });
}

/** Answers of a file in FastChat's layout, by `question_id`. */
export function mtBenchAnswers(rows: readonly Row[]): Map<string, readonly string[]> {
  return new Map(
    rows.map((row) => {
      const [choice] = row.choices as readonly Row[];
      return [String(row.question_id), textListField(choice ?? {}, 'turns')];
    }),
  );
}

/**
 * One round of generation for each turn, over all questions; one that failed is not asked on.
 * @returns answers by question, one for each turn, and why questions have fewer
 */
export async function answerMtBench(
  model: LanguageModel,
  questions: readonly MtBenchQuestion[],
  { render, maxNewTokens = 1024, until = ['<|im_end|>'] }: MtBenchAnswerOptions,
  request: RequestOptions = {},
): Promise<{ readonly answers: string[][]; readonly failed: Map<number, string> }> {
  const answers: string[][] = questions.map(() => []);
  const failed = new Map<number, string>();
  const numTurns = Math.max(...questions.map(({ turns }) => turns.length));
  for (let turn = 0; turn < numTurns; turn++) {
    const asked = questions
      .map((question, index) => ({ question, index }))
      .filter(({ question, index }) => turn < question.turns.length && !failed.has(index));
    const outputs = await model.generateUntil(
      asked.map(({ question, index }) => ({
        prompt: render(
          question.turns
            .slice(0, turn + 1)
            .flatMap((content, past): ChatMessage[] => [
              { role: 'user', content },
              ...(past < turn ? [{ role: 'assistant' as const, content: answers[index]![past]! }] : []),
            ]),
        ),
        until,
        maxNewTokens,
      })),
      request,
    );
    for (const [position, { index }] of asked.entries()) {
      const output = outputs[position]!;
      if (typeof output === 'string') answers[index]!.push(output.trim());
      else failed.set(index, output.failed);
    }
  }
  return { answers, failed };
}

function sampleOf(
  { id, language, category, turns }: MtBenchQuestion,
  own: readonly string[],
  other: readonly string[],
  { preference, judgements, isConsistent }: PairVerdict,
  tiers: Tiers | undefined,
): EvalSample {
  const is = (wanted: string): readonly number[] => [preference === wanted ? 1 : 0, 1];
  return {
    id,
    groups: { ...languageGroups(language, tiers), category },
    statistics: {
      win_rate: [SCORES[preference], 1],
      win: is('first'),
      tie: is('tie'),
      loss: is('second'),
      consistent: [isConsistent ? 1 : 0, 1],
    },
    record: { turns: [...turns], answers: [...own], baseline: [...other], judgements: [...judgements], preference },
  };
}
