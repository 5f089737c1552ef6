import { expect, test } from 'vitest';
import { readUdhr } from '../readers/read-udhr.ts';
import { declarationQuestions } from './declaration-questions.ts';
import { keywordExplanations } from './keyword-explanations.ts';
import { languageQuestions } from './language-questions.ts';
import { mathsDocuments, mathsProblems } from './maths-problems.ts';

const declarations = await Array.fromAsync(readUdhr({ pages: ['eng', 'cmn_hans', 'swh', 'tha'] }));
const isTrainArticle = (article: number) => article % 5 !== 0;

test('declaration questions hold trainable articles only', () => {
  const documents = declarationQuestions(declarations, isTrainArticle);
  expect(documents.length).toBeGreaterThan(90);
  expect(documents.every(({ metadata }) => isTrainArticle(Number(metadata.article)))).toBe(true);
  const third = documents.find(({ id }) => id === 'knowledge/declaration/eng/article-3');
  expect(third?.text).toBe(
    'Question: Universal Declaration of Human Rights, Article 3?\nAnswer: Everyone has the right to life, liberty and the security of person.',
  );
});

test('keyword explanations use sentences of trainable articles only', () => {
  const documents = keywordExplanations(declarations, { isTrainArticle, seed: 1 });
  expect(new Set(documents.map(({ language }) => language)).size).toBe(4);
  const heldOut = declarations.flatMap(({ articles }) =>
    articles.filter(({ number }) => !isTrainArticle(number)).flatMap(({ paragraphs }) => paragraphs),
  );
  for (const { text } of documents) {
    expect(heldOut.some((paragraph) => text.includes(paragraph))).toBe(false);
    expect(text.match(/^- .+: .+$/gm)).toHaveLength(3);
  }
  expect(keywordExplanations(declarations, { isTrainArticle, seed: 1 })).toEqual(documents);
});

test('language questions state what the tables hold', () => {
  const [document] = languageQuestions(
    [{ language: 'arb_Arab', name: 'Arabic', nativeName: 'العربية', bcp47: 'ar', direction: 'rtl' }],
    1,
  );
  for (const fact of ['in Arabic script', 'is arb.', 'is ar.', 'from right to left', 'called العربية']) {
    expect(document!.text).toContain(fact);
  }
});

test('maths problems are right', () => {
  for (const { question, steps, answer } of mathsProblems(500, 3)) {
    const [, last] = /= (-?\d+(?:\.\d+)?)\.$/.exec(steps)!;
    expect(Number(last)).toBe(answer);
    const sum = /^What is (\d+) ([+\-×÷]) (\d+)\?$/.exec(question);
    if (sum === null) continue;
    const [a, b] = [Number(sum[1]), Number(sum[3])];
    expect(answer).toBe({ '+': a + b, '-': a - b, '×': a * b, '÷': a / b }[sum[2]!]);
    expect(Number.isInteger(answer) && answer >= 0).toBe(true);
  }
  expect(mathsDocuments(10, 1, 4)).toHaveLength(3);
  expect(mathsDocuments(10, 1)).toEqual(mathsDocuments(10, 1));
});
