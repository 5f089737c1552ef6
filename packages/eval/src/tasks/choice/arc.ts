/**
 * ARC: grade-school science questions in English, an easy and a challenge part; each answer's text is scored.
 *
 * Source: Clark et al. 2018, arXiv:1803.05457; prompt and requests of lm-evaluation-harness 0.4.13 `arc_easy` and `arc_challenge`
 * (version 1).
 */
import { rowField, textField, textListField } from '../definition/row-fields.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';

export function arcTasks(): TaskDefinition[] {
  return ['Easy', 'Challenge'].map((part) => ({
    name: `arc_${part.toLowerCase()}`,
    groups: ['ai2_arc'],
    paper: 'arXiv:1803.05457',
    version: 1,
    language: 'eng_Latn',
    dataset: { path: 'allenai/ai2_arc', name: `ARC-${part}` },
    splits: { training: 'train', validation: 'validation', test: 'test' },
    paperShots: 25,
    prompt: {
      type: 'multiple_choice',
      text: (row) => `Question: ${textField(row, 'question')}\nAnswer:`,
      choices: (row) => textListField(rowField(row, 'choices'), 'text'),
      gold: (row) => textListField(rowField(row, 'choices'), 'label').indexOf(textField(row, 'answerKey')),
      metrics: ['acc', 'acc_norm'],
    },
  }));
}
