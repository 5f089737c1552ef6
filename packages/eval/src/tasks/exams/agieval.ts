/**
 * AGIEval: questions of admission and licence exams in English and Chinese; a row may have several right choices, and two parts are
 * answered by a number or a formula.
 *
 * Source: Zhong et al. 2023, arXiv:2304.06364; zero-shot prompts of the paper's code and requests of lm-evaluation-harness 0.4.13 `agieval_*`
 * (version 1). Rows are the set's own (passage, question, options, label) or those with the prompt built in (query, choices, gold).
 */
import { isEquivalentMath } from '../../answers/math-equivalence.ts';
import { rightOrWrong } from '../definition/generation-scoring.ts';
import { textField, textListField } from '../definition/row-fields.ts';
import type { Row, TaskDefinition, TaskPrompt } from '../definition/task-definition.ts';
import { UnusableRow } from '../definition/unusable-row.ts';

const ENGLISH = 'aqua-rat gaokao-english logiqa-en lsat-ar lsat-lr lsat-rc math sat-en-without-passage sat-en sat-math';
const CHINESE =
  'gaokao-biology gaokao-chemistry gaokao-chinese gaokao-geography gaokao-history gaokao-mathcloze gaokao-mathqa gaokao-physics jec-qa-ca jec-qa-kd logiqa-zh';
const CLOZE = new Set(['math', 'gaokao-mathcloze']);

export function agievalTasks(): TaskDefinition[] {
  return [
    ...ENGLISH.split(' ').map((part) => agievalTask(part, 'en')),
    ...CHINESE.split(' ').map((part) => agievalTask(part, 'cn')),
  ];
}

function agievalTask(part: string, side: 'en' | 'cn'): TaskDefinition {
  return {
    name: `agieval_${part.replaceAll('-', '_')}`,
    groups: ['agieval', `agieval_${side}`],
    paper: 'arXiv:2304.06364',
    version: 1,
    language: side === 'en' ? 'eng_Latn' : 'zho_Hans',
    labels: { subject: part },
    dataset: { path: `hails/agieval-${part}`, published: { path: 'ruixiangcui/AGIEval', name: part } },
    splits: { test: 'test' },
    paperShots: 5,
    prompt: CLOZE.has(part) ? clozePrompt(side) : choicePrompt(side),
  };
}

function choicePrompt(side: 'en' | 'cn'): TaskPrompt {
  return {
    type: 'multiple_choice',
    text: (row) => (typeof row.query === 'string' ? row.query : question(row, side, textListField(row, 'options'))),
    choices: (row) => textListField(row, Array.isArray(row.choices) ? 'choices' : 'options'),
    gold: (row) => (Array.isArray(row.gold) ? row.gold.map(Number) : labels(row)),
    metrics: ['acc', 'acc_norm'],
  };
}

function clozePrompt(side: 'en' | 'cn'): TaskPrompt {
  const answer = (row: Row): string => {
    const value = row.answer;
    if (typeof value === 'string' && value.trim() !== '') return value;
    throw new UnusableRow("the reference in 'answer' is empty");
  };
  return {
    type: 'generate_until',
    text: (row) => (typeof row.query === 'string' ? row.query : question(row, side)),
    target: answer,
    until: ['Q:'],
    maxNewTokens: 32,
    scoring: rightOrWrong('acc', (given, row) => isEquivalentMath(given, answer(row))),
  };
}

function question(row: Row, side: 'en' | 'cn', options?: readonly string[]): string {
  const passage = typeof row.passage === 'string' ? row.passage : '';
  const asked = textField(row, 'question');
  if (side === 'en') {
    if (!options) return `${passage}Q: ${asked}\nA: The answer is`;
    return `${passage}Q: ${asked} Answer Choices: ${options.join(' ')}\nA: Among A through ${lastLetter(options, 5)}, the answer is`;
  }
  if (!options) return `${passage}问题：${asked}\n答案：`;
  return `${passage}问题：${asked} 选项：${options.join(' ')}\n答案：从A到${lastLetter(options, 4)}, 我们应选择`;
}

/** A few rows have all their options in one text; the paper's code then takes the usual number. */
function lastLetter(options: readonly string[], usual: number): string {
  return 'ABCDEFG'[(options.length === 1 ? usual : options.length) - 1] ?? '';
}

function labels(row: Row): number[] {
  const named = Array.isArray(row.label) ? row.label : [row.label];
  return named.map((label) => (typeof label === 'string' && label.length === 1 ? 'ABCDEFG'.indexOf(label) : -1));
}
