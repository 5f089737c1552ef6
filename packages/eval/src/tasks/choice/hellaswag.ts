/**
 * HellaSwag: which of four endings goes on from a description, in English.
 *
 * Source: Zellers et al. 2019, arXiv:1905.07830; prompt and requests of lm-evaluation-harness 0.4.13 `hellaswag` (version 1).
 */
import { pythonCapitalize, pythonStrip } from '../../python-text.ts';
import { numberField, textField, textListField } from '../definition/row-fields.ts';
import type { ChoicePrompt, TaskDefinition } from '../definition/task-definition.ts';

export const hellaswagPrompt: ChoicePrompt = {
  type: 'multiple_choice',
  text: (row) => {
    const [activity, first, second] = ['activity_label', 'ctx_a', 'ctx_b'].map((field) => textField(row, field));
    return cleanWikiHow(`${activity}: ${first} ${pythonCapitalize(second!)}`);
  },
  choices: (row) => textListField(row, 'endings').map(cleanWikiHow),
  gold: (row) => numberField(row, 'label'),
  metrics: ['acc', 'acc_norm'],
};

export function hellaswagTasks(): TaskDefinition[] {
  return [
    {
      name: 'hellaswag',
      groups: [],
      paper: 'arXiv:1905.07830',
      version: 1,
      language: 'eng_Latn',
      dataset: { path: 'Rowan/hellaswag' },
      splits: { training: 'train', validation: 'validation' },
      prompt: hellaswagPrompt,
    },
  ];
}

/** Takes out the bracketed marks that the WikiHow part of the set has. */
export function cleanWikiHow(text: string): string {
  return pythonStrip(text)
    .replaceAll(' [title]', '. ')
    .replaceAll(/\[[^\n]*?\]/g, '')
    .replaceAll('  ', ' ');
}
