/**
 * Two benchmarks that any parallel text held out of training can be turned into, with no data set to fetch: word order and translation choice.
 *
 * Source: word order asks as MultiBLiMP does (arXiv:2504.02768): no context, which of two sentences is likelier; the wrong one has two
 * neighbouring words exchanged. Translation choice asks as XCOPA does, in the prompt of FLORES-200: which of four sentences translates this one.
 * Differs: rows are made by `heldOutRows`, not by people, and depend on what a run held out: compare models of one run, not of two.
 */
import { numberField, textField, textListField } from '../definition/row-fields.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import { LANGUAGE_NAMES } from '../languages.ts';

/** Folder below a directory of data sets; a set has `<language>/test.jsonl`. */
export const HELD_OUT = 'heldout';

/** Of every language of FLORES-200; others by `heldOutTask`. */
export function heldOutTasks(): TaskDefinition[] {
  return HELD_OUT_KINDS.flatMap((kind) => [...LANGUAGE_NAMES.keys()].map((language) => heldOutTask(kind, language)));
}

export const HELD_OUT_KINDS = ['word_order', 'translation_choice'] as const;

/** One of `HELD_OUT_KINDS`. */
export type HeldOutKind = (typeof HELD_OUT_KINDS)[number];

/**
 * The definition of a held-out benchmark for one language.
 *
 * @param language such as `swh_Latn`; its rows are made from the text that a run holds out
 */
export function heldOutTask(kind: HeldOutKind, language: string): TaskDefinition {
  return {
    name: `${HELD_OUT}_${kind}_${language}`,
    groups: [`${HELD_OUT}_${kind}`],
    paper: kind === 'word_order' ? 'after arXiv:2504.02768' : 'after arXiv:2005.00333 and arXiv:2207.04672',
    version: 1,
    language,
    dataset: { path: `${HELD_OUT}/${kind}`, name: language },
    splits: { test: 'test' },
    ...(kind === 'word_order'
      ? {
          targetDelimiter: '',
          prompt: {
            type: 'multiple_choice',
            text: () => '',
            choices: (row) => [textField(row, 'sen'), textField(row, 'wrong_sen')],
            gold: () => 0,
            metrics: ['acc'],
          },
        }
      : {
          prompt: {
            type: 'multiple_choice',
            text: (row) =>
              `${textField(row, 'source_language')} sentence: ${textField(row, 'source')}\n${textField(row, 'target_language')} sentence:`,
            choices: (row) => textListField(row, 'choices'),
            gold: (row) => numberField(row, 'label'),
            metrics: ['acc', 'acc_norm'],
          },
        }),
  };
}
