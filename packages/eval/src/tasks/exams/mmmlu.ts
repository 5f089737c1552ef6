/**
 * MMMLU: MMLU's test set translated by people into 14 locales.
 *
 * Source: OpenAI 2024, data set openai/MMMLU; prompt and requests of lm-evaluation-harness 0.4.13 `mmmlu` (version 1). There is only a test
 * split, so the examples are its first rows without the one asked about.
 */
import { textField } from '../definition/row-fields.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import { languageOfCode } from '../languages.ts';
import { FOUR_LETTERS, letterChoices, letterField, optionFields } from './letter-choices.ts';
import { MMLU_SUBJECTS } from './mmlu-subjects.ts';

const LOCALES: Readonly<Record<string, string>> = {
  AR_XY: 'Arabic',
  BN_BD: 'Bengali',
  DE_DE: 'German',
  ES_LA: 'Spanish',
  FR_FR: 'French',
  HI_IN: 'Hindi',
  ID_ID: 'Indonesian',
  IT_IT: 'Italian',
  JA_JP: 'Japanese',
  KO_KR: 'Korean',
  PT_BR: 'Brazilian Portuguese',
  SW_KE: 'Swahili',
  YO_NG: 'Yoruba',
  ZH_CN: 'Simplified Chinese',
};

export function mmmluTasks(): TaskDefinition[] {
  return Object.entries(LOCALES).flatMap(([locale, name]) => {
    const slug = locale.toLowerCase();
    return MMLU_SUBJECTS.map(
      ({ subject, category }): TaskDefinition => ({
        name: `mmmlu_${slug}_${subject}`,
        groups: ['mmmlu', `mmmlu_${slug}`, `mmmlu_${slug}_${category}`],
        paper: 'openai/MMMLU',
        version: 1,
        language: languageOfCode(slug.slice(0, 2)),
        labels: { subject, category },
        dataset: { path: 'openai/MMMLU', name: locale },
        splits: { test: 'test' },
        // Some published rows name their file in the subject: 'anatomy_test.csv_sw-KE.csv'.
        prepareRows: (rows) =>
          rows.filter((row) => textField(row, 'Subject').split(/_test\.csv|_test-/)[0] === subject),
        fewShot: { split: 'test', sampler: 'first_n' },
        paperShots: 0,
        description: `The following are multiple choice questions (with answers) about ${subject.replaceAll('_', ' ')} (${name}).\n\n`,
        prompt: letterChoices({
          question: (row) => textField(row, 'Question'),
          options: optionFields(FOUR_LETTERS),
          gold: (row) => letterField(row, 'Answer'),
          metrics: ['acc', 'acc_norm'],
        }),
      }),
    );
  });
}
