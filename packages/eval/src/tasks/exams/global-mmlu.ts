/**
 * Global-MMLU: MMLU in 42 languages with culturally sensitive questions marked, and its human-translated subset, Lite.
 *
 * Source: Singh et al. 2024, arXiv:2412.03304; prompt and requests of lm-evaluation-harness 0.4.13 `global_mmlu_full_*` and `global_mmlu_*`
 * (version 0).
 */
import { textField } from '../definition/row-fields.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import { languageOfCode } from '../languages.ts';
import { letterChoices, letterField, optionFields } from './letter-choices.ts';
import { MMLU_SUBJECTS } from './mmlu-subjects.ts';

const FULL_LANGUAGES =
  'am ar bn cs de el en es fa fil fr ha he hi id ig it ja ko ky lt mg ms ne nl ny pl pt ro ru si sn so sr sv sw te tr uk vi yo zh';
const LITE_LANGUAGES = 'ar bn de en es fr hi id it ja ko pt sw yo zh';
const LITE_CATEGORIES = ['Business', 'Humanities', 'Medical', 'Other', 'STEM', 'Social Sciences'];

const prompt = letterChoices({
  question: (row) => textField(row, 'question'),
  options: optionFields(['option_a', 'option_b', 'option_c', 'option_d']),
  gold: (row) => letterField(row, 'answer'),
});

export function globalMmluTasks(): TaskDefinition[] {
  const full = FULL_LANGUAGES.split(' ').flatMap((code) =>
    MMLU_SUBJECTS.map(
      ({ subject, category }): TaskDefinition => ({
        name: `global_mmlu_full_${code}_${subject}`,
        groups: [`global_mmlu_full_${code}`, `global_mmlu_full_${code}_${category}`],
        paper: 'arXiv:2412.03304',
        version: 0,
        language: languageOfCode(code),
        labels: { subject, category },
        dataset: { path: 'CohereForAI/Global-MMLU', name: code },
        splits: { test: 'test' },
        prepareRows: (rows) => rows.filter((row) => row.subject === subject),
        fewShot: { split: 'dev', sampler: 'first_n' },
        prompt,
      }),
    ),
  );
  const lite = LITE_LANGUAGES.split(' ').flatMap((code) =>
    LITE_CATEGORIES.map(
      (category): TaskDefinition => ({
        name: `global_mmlu_${code}_${category.toLowerCase().replace(' ', '_')}`,
        groups: [`global_mmlu_${code}`],
        paper: 'arXiv:2412.03304',
        version: 0,
        language: languageOfCode(code),
        labels: { category },
        dataset: { path: 'CohereForAI/Global-MMLU-Lite', name: code },
        splits: { test: 'test' },
        prepareRows: (rows) => rows.filter((row) => row.subject_category === category),
        fewShot: { split: 'dev', sampler: 'default' },
        prompt,
      }),
    ),
  );
  return [...full, ...lite];
}
