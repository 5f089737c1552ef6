/**
 * The Okapi sets: MMLU, ARC and HellaSwag translated by machine; X-MMLU is `m_mmlu`.
 *
 * Source: Lai et al. 2023, arXiv:2307.16039; prompts and requests of lm-evaluation-harness 0.4.13 `m_mmlu` (version 0), `arc_<language>`
 * (version 2) and `hellaswag_<language>` (version 1).
 */

import { cleanWikiHow, hellaswagPrompt } from '../choice/hellaswag.ts';
import { textField } from '../definition/row-fields.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import { languageOfCode } from '../languages.ts';
import { letterChoices, letterField, optionFields } from './letter-choices.ts';

const LANGUAGES = 'ar bn ca da de es eu fr gu hi hr hu hy id it kn ml mr ne nl pt ro ru sk sr sv ta te uk vi';
const OPTIONS = ['option_a', 'option_b', 'option_c', 'option_d'];

export function okapiTasks(): TaskDefinition[] {
  const base = (set: string, code: string) => ({
    paper: 'arXiv:2307.16039',
    language: languageOfCode(code),
    dataset: { path: `alexandrainst/${set}`, name: code },
  });
  const mmlu = `${LANGUAGES} en is nb zh`.split(' ').map(
    (code): TaskDefinition => ({
      ...base('m_mmlu', code),
      name: `m_mmlu_${code}`,
      groups: ['m_mmlu'],
      version: 0,
      splits: { test: 'test' },
      fewShot: { split: 'train', sampler: 'first_n' },
      paperShots: 5,
      prompt: letterChoices({
        question: (row) => textField(row, 'instruction'),
        options: optionFields(OPTIONS),
        gold: (row) => letterField(row, 'answer'),
      }),
    }),
  );
  const arc = `${LANGUAGES} zh`.split(' ').map(
    (code): TaskDefinition => ({
      ...base('m_arc', code),
      name: `arc_${code}`,
      groups: ['arc_multilingual'],
      version: 2,
      splits: { training: 'train', validation: 'validation', test: 'test' },
      prompt: {
        type: 'multiple_choice',
        text: (row) => `Question: ${cleanWikiHow(textField(row, 'instruction'))}\nAnswer:`,
        choices: (row) =>
          [...OPTIONS, 'option_e'].flatMap((field) => (row[field] ? [cleanWikiHow(textField(row, field))] : [])),
        gold: (row) => letterField(row, 'answer'),
        metrics: ['acc', 'acc_norm'],
      },
    }),
  );
  const hellaswag = LANGUAGES.split(' ').map(
    (code): TaskDefinition => ({
      ...base('m_hellaswag', code),
      name: `hellaswag_${code}`,
      groups: ['hellaswag_multilingual'],
      version: 1,
      splits: { validation: 'val' },
      prompt: hellaswagPrompt,
    }),
  );
  return [...mmlu, ...arc, ...hellaswag];
}
