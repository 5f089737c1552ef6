/**
 * Which of two conversations a judge prefers, asked twice with the places swapped.
 *
 * Source: the pairwise protocol of Zheng et al. 2023, arXiv:2306.05685: a preference counts where it holds in both orders, else it is a tie.
 * Differs: the judge's instructions are ours; they ask as well that the answer be in the user's language.
 */
import type { ChatMessage } from '../definition/build-context.ts';
import type { ChatModel } from './chat-endpoint.ts';

export interface Conversation {
  readonly questions: readonly string[];
  readonly answers: readonly string[];
}

/** The questions and both conversations' answers to them, turn by turn. */
export interface JudgePairOptions {
  readonly judge: ChatModel;
  readonly questions: readonly string[];
  readonly first: readonly string[];
  readonly second: readonly string[];
  /** right answers, where the question has them */
  readonly references?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which of the two conversations is preferred. */
export type Preference = 'first' | 'second' | 'tie';

/** What the judge prefers, and what it wrote. */
export interface PairVerdict {
  readonly preference: Preference;
  /** in the order first-second and second-first, as the judge wrote them */
  readonly judgements: readonly [string, string];
  readonly isConsistent: boolean;
}

const INSTRUCTIONS = [
  'You are an impartial judge. Two assistants, A and B, answered the same user.',
  'Decide whose answers serve the user better: are they correct, complete, relevant, clear, and written in the language the user expects?',
  'Where there are several questions, weigh the answer to the last one most.',
  'Where a reference answer is given, take it as right.',
  'Neither the order nor the length of the answers may count.',
  'Explain yourself in a few sentences, then end with the verdict alone on its line: [[A]], [[B]], or [[C]] for a tie.',
].join(' ');

/** @returns null where the judge gave no verdict in one of the two orders */
export async function judgePair(options: JudgePairOptions): Promise<PairVerdict | null> {
  const { judge, first, second, signal } = options;
  const ask = (a: readonly string[], b: readonly string[]): Promise<string> =>
    judge(judgeMessages(options, a, b), { signal });
  const judgements = [await ask(first, second), await ask(second, first)] as const;
  const [own, swapped] = judgements.map(verdictOf);
  if (!own || !swapped) return null;
  const inOrder = { A: 'first', B: 'second', C: 'tie' } as const;
  const backwards = { A: 'second', B: 'first', C: 'tie' } as const;
  const isConsistent = inOrder[own] === backwards[swapped];
  return { preference: isConsistent ? inOrder[own] : 'tie', judgements, isConsistent };
}

function judgeMessages(
  { questions, references }: JudgePairOptions,
  a: readonly string[],
  b: readonly string[],
): ChatMessage[] {
  const turns = (title: string, answers: readonly string[]): string =>
    [
      `### ${title}`,
      ...questions.flatMap((question, turn) => [`User: ${question}`, `Answer: ${answers[turn] ?? ''}`]),
    ].join('\n\n');
  const parts = [
    ...(references ? [turns('Reference', references)] : []),
    turns('Assistant A', a),
    turns('Assistant B', b),
  ];
  return [
    { role: 'system', content: INSTRUCTIONS },
    { role: 'user', content: parts.join('\n\n\n') },
  ];
}

/** The last verdict in the text. */
function verdictOf(text: string): 'A' | 'B' | 'C' | undefined {
  return [...text.matchAll(/\[\[([ABC])\]\]/g)].at(-1)?.[1] as 'A' | 'B' | 'C' | undefined;
}
