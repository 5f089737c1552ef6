/**
 * MGSM: 250 grade-school problems in 11 languages, answered directly or step by step; the answer is taken out of the text.
 *
 * Source: Shi et al. 2022, arXiv:2210.03057; prompts, requests and filters of lm-evaluation-harness 0.4.13 `mgsm_direct_*` (version 4),
 * `mgsm_native_cot_*` (version 4) and `mgsm_en_cot_*` (version 3). Published files have no header: question and answer.
 */
import { filteredMatch, type NamedFilter } from '../definition/generation-scoring.ts';
import { numberField, textField } from '../definition/row-fields.ts';
import type { Row, TaskDefinition } from '../definition/task-definition.ts';
import { languageOfCode } from '../languages.ts';

/** Words before question, direct answer and answer in steps; how an answer in steps ends, # standing for the number. */
const WORDS: Readonly<Record<string, readonly [string, string, string, string]>> = {
  bn: ['প্রশ্ন:', 'Answer:', 'ধাপে ধাপে উত্তর:', 'The answer is #'],
  de: ['Frage:', 'Antwort:', 'Schritt-für-Schritt-Antwort:', 'Die Antwort lautet #'],
  en: ['Question:', 'Answer:', 'Step-by-Step Answer:', 'The answer is #'],
  es: ['Pregunta:', 'Respuesta:', 'Respuesta paso a paso:', 'La respuesta es #'],
  fr: ['Question :', 'Réponse :', 'Réponse étape par étape :', 'La réponse est #'],
  ja: ['問題：', 'Answer:', 'ステップごとの答え:', '答えは#です。'],
  ru: ['Задача:', 'Answer:', 'Пошаговоерешение:', 'Ответ — #'],
  sw: ['Swali:', 'Answer:', 'Jibu la Hatua kwa Hatua:', 'Jibu ni #'],
  te: ['ప్రశ్న:', 'Answer:', 'దశలవారీగా సమాధానం:', 'సమాధానం #'],
  th: ['โจทย์:', 'Answer:', 'คำตอบทีละขั้นตอน:', 'คำตอบคือ #'],
  zh: ['问题：', 'Answer:', '逐步解答:', '答案是 #。'],
};

const NUMBER = '(\\-?[0-9\\.\\,]+)';
const FLEXIBLE: NamedFilter = {
  name: 'flexible-extract',
  filters: [{ function: 'regex', pattern: '(-?[$0-9.,]{2,})|(-?[0-9]+)', groupSelect: -1 }],
};

interface Variant {
  readonly kind: 'direct' | 'native_cot' | 'en_cot';
  readonly version: number;
  readonly answerWord: string;
  readonly pipelines: readonly NamedFilter[];
}

export function mgsmTasks(): TaskDefinition[] {
  const english = WORDS.en!;
  return Object.entries(WORDS).flatMap(([code, [question, direct, steps, ending]]) => {
    const strict = (pattern: string): NamedFilter => ({
      name: 'strict-match',
      filters: [{ function: 'regex', pattern: pattern.replace('#', NUMBER) }],
    });
    const variants: Variant[] = [
      {
        kind: 'direct',
        version: 4,
        answerWord: direct,
        pipelines: [{ name: 'remove_whitespace', filters: [{ function: 'remove_whitespace' }] }, FLEXIBLE],
      },
      { kind: 'native_cot', version: 4, answerWord: steps, pipelines: [strict(ending), FLEXIBLE] },
      { kind: 'en_cot', version: 3, answerWord: english[2], pipelines: [strict(english[3]), FLEXIBLE] },
    ];
    return variants.map(({ kind, version, answerWord, pipelines }): TaskDefinition => {
      const target = (row: Row): string =>
        kind === 'direct' || !hasSteps(row)
          ? String(numberField(row, 'answer_number'))
          : [...textField(row, 'answer')].slice([...steps].length + 1).join('');
      return {
        name: `mgsm_${kind}_${code}`,
        groups: [kind === 'direct' ? 'mgsm_direct' : 'mgsm_cot_native'],
        paper: 'arXiv:2210.03057',
        version,
        language: languageOfCode(code),
        dataset: { path: 'juletxara/mgsm', name: code, columns: ['question', 'answer_number'] },
        splits: { training: 'train', test: 'test' },
        targetDelimiter: kind === 'direct' ? '' : ' ',
        prompt: {
          type: 'generate_until',
          // Examples come with their answer in steps and the word before the question in the text.
          text: (row) => `${hasSteps(row) ? '' : `${question} `}${textField(row, 'question')}\n${answerWord}`,
          target,
          until: [question, '</s>', '<|im_end|>'],
          scoring: filteredMatch({ reference: target, pipelines, ignoreCase: true, ignorePunctuation: true }),
        },
      };
    });
  });
}

function hasSteps(row: Row): boolean {
  return row.answer !== null && row.answer !== undefined;
}
