/**
 * XQuAD: SQuAD questions translated by people into 12 languages, answered from the passage.
 *
 * Source: Artetxe et al. 2020, arXiv:1910.11856; prompts, requests and answer rules of lm-evaluation-harness 0.4.13 `xquad_*` (version 1):
 * SQuAD's rules against the first gold answer.
 */
import { answerOverlap } from '../definition/generation-scoring.ts';
import { rowField, textField, textListField } from '../definition/row-fields.ts';
import type { Row, TaskDefinition } from '../definition/task-definition.ts';
import { languageOfCode } from '../languages.ts';

/** Words before context, question and answer. */
const WORDS: Readonly<Record<string, readonly [string, string, string]>> = {
  ar: ['سيا:', 'سؤال:', 'إجابة:'],
  de: ['Kontext:', 'Frage:', 'Antwort:'],
  el: ['Συμφραζόμενα:', 'Ερώτηση:', 'Απάντηση:'],
  en: ['Context:', 'Question:', 'Answer:'],
  es: ['Contexto:', 'Pregunta:', 'Respuesta:'],
  hi: ['प्रसंग:', 'सवाल:', 'उत्तर:'],
  ro: ['Context:', 'Întrebare:', 'Răspuns:'],
  ru: ['Контекст:', 'Вопрос:', 'Ответ:'],
  th: ['บริบท:', 'คำถาม:', 'คำตอบ:'],
  tr: ['Bağlam:', 'Soru:', 'Cevap:'],
  vi: ['Bối cảnh:', 'Câu hỏi:', 'Trả lời:'],
  zh: ['语境:', '问题:', '回答:'],
};

export function xquadTasks(): TaskDefinition[] {
  return Object.entries(WORDS).map(([code, [context, question, answer]]) => ({
    name: `xquad_${code}`,
    groups: ['xquad'],
    paper: 'arXiv:1910.11856',
    version: 1,
    language: languageOfCode(code),
    dataset: { path: 'google/xquad', name: `xquad.${code}` },
    splits: { validation: 'validation' },
    prompt: {
      type: 'generate_until',
      text: (row) =>
        `${context} ${textField(row, 'context')}\n\n${question} ${textField(row, 'question')}\n\n${answer}`,
      target: firstAnswer,
      until: ['\n'],
      scoring: answerOverlap((row) => [firstAnswer(row)], { rules: 'squad' }),
    },
  }));
}

function firstAnswer(row: Row): string {
  return textListField(rowField(row, 'answers'), 'text')[0] ?? '';
}
