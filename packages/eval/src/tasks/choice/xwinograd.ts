/**
 * XWinograd: which of two names fits a sentence, by the likelihood of what follows it, in 6 languages.
 *
 * Source: Tikhonov and Ryabinin 2021, arXiv:2106.12066; requests of lm-evaluation-harness 0.4.13 `xwinograd` (version 1): each name is put
 * in the context, the rest of the sentence is the continuation.
 */
import { pythonStrip } from '../../python-text.ts';
import { numberField, textField } from '../definition/row-fields.ts';
import type { Row, TaskDefinition } from '../definition/task-definition.ts';
import { UnusableRow } from '../definition/unusable-row.ts';
import { languageOfCode } from '../languages.ts';

export function xwinogradTasks(): TaskDefinition[] {
  return 'en fr jp pt ru zh'.split(' ').map((code) => ({
    name: `xwinograd_${code}`,
    groups: ['xwinograd'],
    paper: 'arXiv:2106.12066',
    version: 1,
    language: languageOfCode(code),
    dataset: { path: 'Muennighoff/xwinograd', name: code },
    splits: { test: 'test' },
    prompt: {
      type: 'multiple_contexts',
      contexts: (row) => {
        const [before] = aroundGap(row);
        return [before + textField(row, 'option1'), before + textField(row, 'option2')];
      },
      continuation: (row) => pythonStrip(aroundGap(row)[1]),
      gold: (row) => numberField(row, 'answer') - 1,
    },
  }));
}

function aroundGap(row: Row): [string, string] {
  const sentence = textField(row, 'sentence');
  const gap = sentence.indexOf('_');
  if (gap < 0) throw new UnusableRow("the sentence has no '_' where the name goes");
  return [sentence.slice(0, gap), sentence.slice(gap + 1)];
}
