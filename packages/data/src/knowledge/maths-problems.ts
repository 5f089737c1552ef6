/**
 * Small arithmetic problems with worked answers, generated from a seed: every answer is computed, none is written by a model.
 *
 * A substitute for the maths problems of the paper's knowledge data (Marco-LLM, arXiv:2412.04003, section on data), whose sets are not public.
 */
import type { Document } from '../document.ts';
import { createRandomStream, type RandomStream } from '../random/create-random-stream.ts';

/** A problem with its working and its answer. */
export interface MathsProblem {
  readonly question: string;
  readonly steps: string;
  readonly answer: number;
}

type Kind = (random: RandomStream) => MathsProblem;

const between = (random: RandomStream, low: number, high: number): number => low + random.integer(high - low + 1);
const GOODS = ['books', 'pencils', 'apples', 'letters', 'chairs', 'stamps', 'oranges', 'tickets'];
const pick = (random: RandomStream, items: readonly string[]): string => items[random.integer(items.length)]!;

const KINDS: readonly Kind[] = [
  (random) => {
    const [a, b] = [between(random, 2, 99), between(random, 2, 99)];
    return { question: `What is ${a} + ${b}?`, steps: `${a} + ${b} = ${a + b}.`, answer: a + b };
  },
  (random) => {
    const [difference, b] = [between(random, 1, 60), between(random, 1, 60)];
    const a = difference + b;
    return { question: `What is ${a} - ${b}?`, steps: `${a} - ${b} = ${difference}.`, answer: difference };
  },
  (random) => {
    const [a, b] = [between(random, 2, 12), between(random, 2, 12)];
    return { question: `What is ${a} × ${b}?`, steps: `${a} × ${b} = ${a * b}.`, answer: a * b };
  },
  (random) => {
    const [quotient, b] = [between(random, 2, 12), between(random, 2, 12)];
    const a = quotient * b;
    return {
      question: `What is ${a} ÷ ${b}?`,
      steps: `${b} × ${quotient} = ${a}, so ${a} ÷ ${b} = ${quotient}.`,
      answer: quotient,
    };
  },
  (random) => {
    const [boxes, each, given] = [between(random, 2, 9), between(random, 3, 12), between(random, 1, 5)];
    const goods = pick(random, GOODS);
    const total = boxes * each;
    return {
      question: `There are ${boxes} boxes with ${each} ${goods} in each. ${given} ${goods} are given away. How many ${goods} are left?`,
      steps: `${boxes} × ${each} = ${total}. ${total} - ${given} = ${total - given}.`,
      answer: total - given,
    };
  },
  (random) => {
    const [whole, percent] = [between(random, 1, 20) * 20, between(random, 1, 19) * 5];
    const part = (whole * percent) / 100;
    return {
      question: `What is ${percent}% of ${whole}?`,
      steps: `${whole} × ${percent} ÷ 100 = ${part}.`,
      answer: part,
    };
  },
];

/** @returns `count` problems; the same for a seed */
export function mathsProblems(count: number, seed: number | string): MathsProblem[] {
  const random = createRandomStream(`${seed}/maths`);
  return Array.from({ length: count }, () => KINDS[random.integer(KINDS.length)]!(random));
}

/**
 * @param count problems in all
 * @param perDocument problems in one document
 * @returns documents in English with the metadata `source: 'knowledge'` and `kind: 'maths'`
 */
export function mathsDocuments(count: number, seed: number | string, perDocument = 4): Document[] {
  const problems = mathsProblems(count, seed);
  const documents: Document[] = [];
  for (let start = 0; start < problems.length; start += perDocument) {
    documents.push({
      id: `knowledge/maths/${seed}/${start}`,
      text: problems
        .slice(start, start + perDocument)
        .map(({ question, steps, answer }) => `Question: ${question}\nAnswer: ${steps} The answer is ${answer}.`)
        .join('\n\n'),
      language: 'eng_Latn',
      metadata: { source: 'knowledge', kind: 'maths' },
    });
  }
  return documents;
}
