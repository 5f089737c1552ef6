/**
 * MMLU: exam questions of 57 subjects in English, four choices.
 *
 * Source: Hendrycks et al. 2021, arXiv:2009.03300; prompt and requests of lm-evaluation-harness 0.4.13 `mmlu` (version 1). The examples
 * are the subject's first development rows.
 */
import { numberField, textField, textListField } from '../definition/row-fields.ts';
import type { Row, TaskDefinition } from '../definition/task-definition.ts';
import { letterChoices } from './letter-choices.ts';
import { MMLU_SUBJECTS } from './mmlu-subjects.ts';

export function mmluTasks(): TaskDefinition[] {
  return MMLU_SUBJECTS.map(({ subject, category }) => ({
    name: `mmlu_${subject}`,
    groups: ['mmlu', `mmlu_${category}`],
    paper: 'arXiv:2009.03300',
    version: 1,
    language: 'eng_Latn',
    labels: { subject, category },
    dataset: {
      path: 'cais/mmlu',
      name: subject,
      published: { path: 'hendrycks/test', name: subject, columns: ['question', 'A', 'B', 'C', 'D', 'answer'] },
    },
    prepareRows: (rows) => rows.map(hubRow),
    splits: { test: 'test' },
    fewShot: { split: 'dev', sampler: 'first_n' },
    paperShots: 5,
    description: `The following are multiple choice questions (with answers) about ${subject.replaceAll('_', ' ')}.\n\n`,
    prompt: letterChoices({
      question: (row) => textField(row, 'question'),
      options: (row) => textListField(row, 'choices'),
      gold: (row) => numberField(row, 'answer'),
    }),
  }));
}

/** The authors' CSV files have no header; a row is the question, four options and a letter. */
function hubRow(row: Row): Row {
  if (!('A' in row)) return row;
  return {
    question: row.question,
    choices: [row.A, row.B, row.C, row.D],
    answer: 'ABCD'.indexOf(textField(row, 'answer')),
  };
}
