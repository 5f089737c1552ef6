/**
 * EXAMS and M3Exam: school exam questions written in their languages, with three to five choices.
 *
 * Source: Hardalov et al. 2020, arXiv:2011.03080 (rows: question.stem, question.choices, answerKey, info); Zhang et al. 2023,
 * arXiv:2306.05179 (rows: question_text, background_description, options, answer_text). lm-evaluation-harness has neither: the prompt is the
 * common one of lettered options; M3Exam's own options carry their labels and are shown as they are. Questions that need an image are left out.
 */
import { rowField, textField, textListField } from '../definition/row-fields.ts';
import type { Row, TaskDefinition } from '../definition/task-definition.ts';
import { UnusableRow } from '../definition/unusable-row.ts';
import { languageOfCode } from '../languages.ts';

const EXAMS_LANGUAGES: Readonly<Record<string, string>> = {
  Albanian: 'sq',
  Arabic: 'ar',
  Bulgarian: 'bg',
  Croatian: 'hr',
  French: 'fr',
  German: 'de',
  Hungarian: 'hu',
  Italian: 'it',
  Lithuanian: 'lt',
  'North Macedonian': 'mk',
  Polish: 'pl',
  Portuguese: 'pt',
  Serbian: 'sr',
  Spanish: 'es',
  Turkish: 'tr',
  Vietnamese: 'vi',
};

/** M3Exam's names of languages, their code and the word before an answer. */
const M3EXAM_LANGUAGES: Readonly<Record<string, readonly [code: string, answerWord: string]>> = {
  afrikaans: ['af', 'Antwoord:'],
  chinese: ['zh', '答案：'],
  english: ['en', 'Answer:'],
  italian: ['it', 'Risposta:'],
  javanese: ['jv', 'Wangsulan:'],
  portuguese: ['pt', 'Responder:'],
  swahili: ['sw', 'Jibu:'],
  thai: ['th', 'คำตอบ:'],
  vietnamese: ['vi', 'Câu trả lời:'],
};

export function examsTasks(): TaskDefinition[] {
  return Object.entries(EXAMS_LANGUAGES).map(([name, code]) => ({
    name: `exams_${code}`,
    groups: ['exams'],
    paper: 'arXiv:2011.03080',
    version: 1,
    language: languageOfCode(code),
    dataset: { path: 'mhardalov/exams', name: 'multilingual', published: { path: 'mhardalov/exams' } },
    splits: { training: 'train', validation: 'dev', test: 'test' },
    prepareRows: (rows) => rows.filter((row) => rowField(row, 'info').language === name),
    fewShot: { split: 'dev', sampler: 'first_n' },
    prompt: {
      type: 'multiple_choice',
      text: (row) => {
        const lines = choicesOf(row).map(({ text, label }) => `${label}. ${text}\n`);
        return `${textField(rowField(row, 'question'), 'stem').trim()}\n${lines.join('')}Answer:`;
      },
      choices: (row) => choicesOf(row).map(({ label }) => label),
      gold: (row) => choicesOf(row).findIndex(({ label }) => label === textField(row, 'answerKey')),
    },
  }));
}

export function m3examTasks(): TaskDefinition[] {
  return Object.entries(M3EXAM_LANGUAGES).map(([name, [code, answerWord]]) => ({
    name: `m3exam_${code}`,
    groups: ['m3exam'],
    paper: 'arXiv:2306.05179',
    version: 1,
    language: languageOfCode(code),
    dataset: { path: 'chiayewken/m3exam', name },
    splits: { validation: 'dev', test: 'test' },
    prepareRows: (rows) => rows.filter((row) => row.need_image !== 'yes'),
    fewShot: { split: 'dev', sampler: 'first_n' },
    prompt: {
      type: 'multiple_choice',
      text: (row) => {
        const background = Array.isArray(row.background_description)
          ? row.background_description.join('\n')
          : String(row.background_description ?? '');
        const parts = [background, textField(row, 'question_text'), ...textListField(row, 'options')];
        return `${parts.filter((part) => part.trim() !== '').join('\n')}\n${answerWord}`;
      },
      choices: (row) => textListField(row, 'options').map(optionLabel),
      gold: (row) =>
        textListField(row, 'options').findIndex(
          (option) => optionLabel(option) === textField(row, 'answer_text').trim(),
        ),
    },
  }));
}

interface LabelledChoice {
  readonly text: string;
  readonly label: string;
}

/** A list of objects, or, as columnar layouts have it, an object of lists. */
function choicesOf(row: Row): LabelledChoice[] {
  const { choices } = rowField(row, 'question');
  if (Array.isArray(choices)) {
    return choices.map((choice: Row) => ({ text: textField(choice, 'text'), label: textField(choice, 'label') }));
  }
  const columns = rowField(rowField(row, 'question'), 'choices');
  const names = textListField(columns, 'label');
  return textListField(columns, 'text').map((text, index) => ({ text, label: names[index]! }));
}

/** '(2) firing on Fort Sumter', 'B. ...' and '2) ...' are labelled 2, B and 2. */
function optionLabel(option: string): string {
  const label = /^\s*\(?\s*([^\s().:、．]{1,3})\s*[).:、．]/u.exec(option)?.[1];
  if (label !== undefined) return label;
  throw new UnusableRow(`the option '${option.slice(0, 40)}' has no label`);
}
