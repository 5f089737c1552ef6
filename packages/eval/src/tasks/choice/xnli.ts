/**
 * XNLI: does a hypothesis follow from a premise, contradict it, or neither, in 15 languages.
 *
 * Source: Conneau et al. 2018, arXiv:1809.05053; requests of lm-evaluation-harness 0.4.13 `xnli` (version 1): no context, and the premise,
 * a question word, the label's word and the hypothesis as one continuation.
 */
import { numberField, textField } from '../definition/row-fields.ts';
import type { Row, TaskDefinition } from '../definition/task-definition.ts';
import { languageOfCode } from '../languages.ts';

/** Question word, then the words for entailment, neutral and contradiction. */
const WORDS: Readonly<Record<string, readonly [string, string, string, string]>> = {
  ar: ['صحيح', 'نعم', 'لذا', 'رقم'],
  bg: ['правилно', 'да', 'така', 'не'],
  de: ['richtig', 'Ja', 'Auch', 'Nein'],
  el: ['σωστός', 'Ναί', 'Έτσι', 'όχι'],
  en: ['right', 'Yes', 'Also', 'No'],
  es: ['correcto', 'Sí', 'Asi que', 'No'],
  fr: ['correct', 'Oui', 'Aussi', 'Non'],
  hi: ['सही', 'हाँ', 'इसलिए', 'नहीं'],
  ru: ['правильно', 'Да', 'Так', 'Нет'],
  sw: ['sahihi', 'Ndiyo', 'Hivyo', 'Hapana'],
  th: ['ถูกต้อง', 'ใช่', 'ดังนั้น', 'ไม่'],
  tr: ['doğru', 'Evet', 'Böylece', 'Hayır'],
  ur: ['صحیح', 'جی ہاں', 'اس لئے', 'نہیں'],
  vi: ['đúng', 'Vâng', 'Vì vậy', 'Không'],
  zh: ['正确', '是的', '所以', '不是的'],
};

export function xnliTasks(): TaskDefinition[] {
  return Object.entries(WORDS).map(([code, [question, ...labels]]) => ({
    name: `xnli_${code}`,
    groups: ['xnli'],
    paper: 'arXiv:1809.05053',
    version: 1,
    language: languageOfCode(code),
    dataset: { path: 'facebook/xnli', name: code, published: { path: 'facebookresearch/XNLI' } },
    splits: { training: 'train', validation: 'validation' },
    prepareRows: (rows) => rows.flatMap((row) => hubRow(row, code)),
    prompt: {
      type: 'multiple_choice',
      text: () => '',
      choices: (row) => {
        const [premise, hypothesis] = [textField(row, 'premise'), textField(row, 'hypothesis')];
        return labels.map((label) => `${premise}, ${question}? ${label}, ${hypothesis}`);
      },
      gold: (row) => numberField(row, 'label'),
    },
  }));
}

/** The authors' TSV has all languages in one file, sentence1 and sentence2, and labels as words in gold_label. */
function hubRow(row: Row, code: string): Row[] {
  if (!('gold_label' in row)) return [row];
  if (row.language !== code) return [];
  const label = ['entailment', 'neutral', 'contradiction'].indexOf(textField(row, 'gold_label'));
  return [{ premise: row.sentence1, hypothesis: row.sentence2, label }];
}
