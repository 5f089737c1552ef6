/**
 * A language model as the judge, asked about every pair of answers in both orders: a verdict counts only when both agree.
 *
 * Source: position swap, Zheng et al. 2023, "Judging LLM-as-a-judge", arXiv:2306.05685; the wording is our own.
 */

import type { AnswerPrompt } from './answer-sampler.ts';
import type { Judge } from './judge.ts';

/** The model that judges, and how it is asked. */
export interface ModelJudgeOptions {
  /** The judge's answer to an instruction, such as a text generator of `@marco-ts/data` or our own model. */
  readonly ask: (instruction: string, signal?: AbortSignal) => Promise<string>;
  /** Default `JUDGE_INSTRUCTION`; must hold `{question}`, `{first}`, `{second}`. */
  readonly instruction?: string;
  /** Prints a language's name into `{language}`; default its code. */
  readonly languageName?: (language: string) => string;
}

/** What a judge is asked when nothing else is given; its slots are filled for every pair of answers. */
export const JUDGE_INSTRUCTION = `Two assistants answered the same request. Which answer is better: more correct, more helpful, and in {language}?

Request:
{question}

Answer 1:
{first}

Answer 2:
{second}

Reply with one character: 1, 2, or 0 when neither is better.`;

/** @returns a judge that compares the best answer so far with each next one, and so finds a best and a worst; `tie` when it contradicts itself */
export function modelJudge(options: ModelJudgeOptions): Judge {
  const { ask, instruction = JUDGE_INSTRUCTION, languageName = (language) => language } = options;
  for (const slot of ['{question}', '{first}', '{second}']) {
    if (!instruction.includes(slot)) {
      throw new Error(
        `[@marco-ts/aligner] modelJudge: an instruction must contain ${slot}, got ${JSON.stringify(instruction.slice(0, 60))}. Add the slot.`,
      );
    }
  }
  const prefers = async (
    prompt: AnswerPrompt,
    first: string,
    second: string,
    signal?: AbortSignal,
  ): Promise<string> => {
    const question = prompt.prompt
      .map(({ role, content }) => (prompt.prompt.length === 1 ? content : `${role}: ${content}`))
      .join('\n');
    const values = { question, first, second, language: languageName(prompt.language) };
    const filled = instruction.replace(
      /\{(question|first|second|language)\}/g,
      (_, slot: keyof typeof values) => values[slot],
    );
    return /[012]/.exec(await ask(filled, signal))?.[0] ?? 'unreadable';
  };
  /** -1 when `a` is better, 1 when `b` is, 0 when neither is, undefined when the orders disagree. */
  const compare = async (
    prompt: AnswerPrompt,
    a: string,
    b: string,
    signal?: AbortSignal,
  ): Promise<number | undefined> => {
    const [asked, swapped] = [await prefers(prompt, a, b, signal), await prefers(prompt, b, a, signal)];
    if (asked === '1' && swapped === '2') return -1;
    if (asked === '2' && swapped === '1') return 1;
    return asked === '0' && swapped === '0' ? 0 : undefined;
  };
  return async (prompt, answers, signal) => {
    let best = 0;
    let worst = 0;
    let contradicted = false;
    for (let index = 1; index < answers.length; index++) {
      const againstBest = await compare(prompt, answers[best]!, answers[index]!, signal);
      if (againstBest === undefined) contradicted = true;
      if (againstBest === 1) {
        best = index;
        continue;
      }
      const againstWorst =
        worst === best ? againstBest : await compare(prompt, answers[worst]!, answers[index]!, signal);
      if (againstWorst === undefined) contradicted = true;
      if (againstWorst === -1) worst = index;
    }
    if (best !== worst) return { best, worst, reason: 'judge' };
    return { reason: contradicted ? 'judge_depends_on_order' : 'tie' };
  };
}
