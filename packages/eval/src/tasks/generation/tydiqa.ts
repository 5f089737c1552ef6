/**
 * TyDiQA-GoldP: a question is answered from a passage that holds the answer, in 9 languages.
 *
 * Source: Clark et al. 2020, arXiv:2003.05002; prompts, requests and answer rules of lm-evaluation-harness 0.4.13 `tydiqa_goldp_*`
 * (version 1): lower case, no punctuation, the articles of English and Arabic gone.
 */
import { pythonStrip } from '../../python-text.ts';
import { answerOverlap } from '../definition/generation-scoring.ts';
import { rowField, textField, textListField } from '../definition/row-fields.ts';
import type { GenerationScoring, Row, TaskDefinition } from '../definition/task-definition.ts';
import { languageOfCode } from '../languages.ts';

/** Words before context, question and answer. */
const WORDS: Readonly<Record<string, readonly [string, string, string]>> = {
  ar: ['السياق:', 'السؤال:', 'الإجابة:'],
  bn: ['প্রসঙ্গ:', 'প্রশ্ন:', 'উত্তর:'],
  en: ['Context:', 'Question:', 'Answer:'],
  fi: ['Konteksti:', 'Kysymys:', 'Vastaus:'],
  id: ['Konteks:', 'Pertanyaan:', 'Jawaban:'],
  ko: ['맥락:', '질문:', '답변:'],
  ru: ['Контекст:', 'Вопрос:', 'Ответ:'],
  sw: ['Muktadha:', 'Swali:', 'Jibu:'],
  te: ['సందర్భం:', 'ప్రశ్న:', 'సమాధానం:'],
};

const NAMES: Readonly<Record<string, string>> = {
  ar: 'arabic',
  bn: 'bengali',
  en: 'english',
  fi: 'finnish',
  id: 'indonesian',
  ko: 'korean',
  ru: 'russian',
  sw: 'swahili',
  te: 'telugu',
};

export function tydiqaTasks(): TaskDefinition[] {
  return Object.entries(WORDS).map(([code, [context, question, answer]]) => ({
    name: `tydiqa_goldp_${code}`,
    groups: ['tydiqa_goldp'],
    paper: 'arXiv:2003.05002',
    version: 1,
    language: languageOfCode(code),
    dataset: { path: 'google-research-datasets/tydiqa', name: 'secondary_task' },
    splits: { training: 'train', validation: 'validation' },
    prepareRows: (rows) => rows.filter((row) => textField(row, 'id').startsWith(`${NAMES[code]}-`)),
    fewShot: { split: 'train' },
    paperShots: 1,
    prompt: {
      type: 'generate_until',
      text: (row) =>
        `${context} ${textField(row, 'context')}\n\n${question} ${textField(row, 'question')}\n\n${answer}`,
      target: (row) => goldAnswers(row)[0] ?? '',
      until: ['\n'],
      scoring: strippedFirst(answerOverlap(goldAnswers, { rules: 'tydiqa', language: languageOfCode(code) })),
    },
  }));
}

function goldAnswers(row: Row): string[] {
  return textListField(rowField(row, 'answers'), 'text');
}

function strippedFirst(scoring: GenerationScoring): GenerationScoring {
  return { ...scoring, statistics: (answer, row) => scoring.statistics(pythonStrip(answer), row) };
}
