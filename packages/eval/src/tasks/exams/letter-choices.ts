/**
 * The common form of exam questions: the question, lettered options, a word for the answer; scored by the likelihood of the letter.
 */
import { pythonStrip } from '../../python-text.ts';
import { textField } from '../definition/row-fields.ts';
import type { ChoiceMetric, ChoicePrompt, Row } from '../definition/task-definition.ts';
import { UnusableRow } from '../definition/unusable-row.ts';

export const FOUR_LETTERS = ['A', 'B', 'C', 'D'] as const;

/** How a row is read as a question with lettered options. */
export interface LetterChoices {
  /** The question of a row. */
  readonly question: (row: Row) => string;
  /** The options of a row, without letters. */
  readonly options: (row: Row) => readonly string[];
  /** index of the right option */
  readonly gold: (row: Row) => number;
  /** default 'Answer:' */
  readonly answerWord?: string | undefined;
  readonly metrics?: readonly ChoiceMetric[] | undefined;
}

/** `question`, a line for each option, the answer word. */
export function letterChoices({
  question,
  options,
  gold,
  answerWord = 'Answer:',
  metrics,
}: LetterChoices): ChoicePrompt {
  return {
    type: 'multiple_choice',
    text: (row) => {
      const lines = options(row).map((option, index) => `${letter(index)}. ${option}\n`);
      return `${pythonStrip(question(row))}\n${lines.join('')}${answerWord}`;
    },
    choices: (row) => options(row).map((_, index) => letter(index)),
    gold,
    metrics,
  };
}

/** The index of a letter, 'A' to 'J', in a field. @throws UnusableRow when it is none */
export function letterField(row: Row, field: string): number {
  const index = 'ABCDEFGHIJ'.indexOf(textField(row, field).trim() || ' ');
  if (index >= 0) return index;
  throw new UnusableRow(`'${textField(row, field)}' in '${field}' names no choice`);
}

/** The texts of fields such as option_a to option_d. */
export function optionFields(fields: readonly string[]): (row: Row) => string[] {
  return (row) => fields.map((field) => textField(row, field));
}

function letter(index: number): string {
  return String.fromCharCode(65 + index);
}
