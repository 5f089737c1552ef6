/**
 * XCOPA: which of two sentences is the cause or the effect of a premise, in 11 languages.
 *
 * Source: Ponti et al. 2020, arXiv:2005.00333; prompt and requests of lm-evaluation-harness 0.4.13 `xcopa` (version 1): the premise
 * without its full stop, a connector of the language, the choice with a lower-case start.
 */

import { pythonStrip } from '../../python-text.ts';
import { numberField, textField } from '../definition/row-fields.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import { languageOfCode } from '../languages.ts';

const CONNECTORS: Readonly<Record<string, { readonly cause: string; readonly effect: string }>> = {
  et: { cause: 'sest', effect: 'seetõttu' },
  ht: { cause: 'poukisa', effect: 'donk sa' },
  id: { cause: 'karena', effect: 'maka' },
  it: { cause: 'perché', effect: 'quindi' },
  qu: { cause: 'imataq', effect: 'chaymi' },
  sw: { cause: 'kwa sababu', effect: 'kwa hiyo' },
  ta: { cause: 'காரணமாக', effect: 'எனவே' },
  th: { cause: 'เพราะ', effect: 'ดังนั้น' },
  tr: { cause: 'çünkü', effect: 'bu yüzden' },
  vi: { cause: 'bởi vì', effect: 'vì vậy' },
  zh: { cause: '因为', effect: '所以' },
};

export function xcopaTasks(): TaskDefinition[] {
  return Object.entries(CONNECTORS).map(([code, connectors]) => ({
    name: `xcopa_${code}`,
    groups: ['xcopa'],
    paper: 'arXiv:2005.00333',
    version: 1,
    language: languageOfCode(code),
    dataset: { path: 'cambridgeltl/xcopa', name: code },
    splits: { validation: 'validation', test: 'test' },
    paperShots: 5,
    prompt: {
      type: 'multiple_choice',
      text: (row) => {
        const premise = [...pythonStrip(textField(row, 'premise'))].slice(0, -1).join('');
        return `${premise} ${connectors[textField(row, 'question') === 'cause' ? 'cause' : 'effect']}`;
      },
      choices: (row) => ['choice1', 'choice2'].map((field) => lowerFirst(textField(row, field))),
      gold: (row) => numberField(row, 'label'),
    },
  }));
}

function lowerFirst(text: string): string {
  const [first = '', ...rest] = text;
  return first.toLowerCase() + rest.join('');
}
