/**
 * XStoryCloze: which of two sentences ends a story of four, in 11 languages.
 *
 * Source: Lin et al. 2022, arXiv:2112.10668; prompt and requests of lm-evaluation-harness 0.4.13 `xstorycloze` (version 1).
 */
import { numberField, textField } from '../definition/row-fields.ts';
import type { Row, TaskDefinition } from '../definition/task-definition.ts';
import { languageOfCode } from '../languages.ts';

export function xstoryclozeTasks(): TaskDefinition[] {
  return 'ar en es eu hi id my ru sw te zh'.split(' ').map((code) => ({
    name: `xstorycloze_${code}`,
    groups: ['xstorycloze'],
    paper: 'arXiv:2112.10668',
    version: 1,
    language: languageOfCode(code),
    dataset: { path: 'juletxara/xstory_cloze', name: code },
    splits: { training: 'train', validation: 'eval' },
    prepareRows: (rows) => rows.map(withSnakeCaseFields),
    paperShots: 5,
    prompt: {
      type: 'multiple_choice',
      text: (row) => [1, 2, 3, 4].map((index) => textField(row, `input_sentence_${index}`)).join(' '),
      choices: (row) => [textField(row, 'sentence_quiz1'), textField(row, 'sentence_quiz2')],
      gold: (row) => numberField(row, 'answer_right_ending') - 1,
    },
  }));
}

/** The published TSV files head their columns with InputSentence1, RandomFifthSentenceQuiz1, AnswerRightEnding. */
function withSnakeCaseFields(row: Row): Row {
  if (!('InputSentence1' in row)) return row;
  return {
    ...Object.fromEntries([1, 2, 3, 4].map((index) => [`input_sentence_${index}`, row[`InputSentence${index}`]])),
    sentence_quiz1: row.RandomFifthSentenceQuiz1,
    sentence_quiz2: row.RandomFifthSentenceQuiz2,
    answer_right_ending: row.AnswerRightEnding,
  };
}
