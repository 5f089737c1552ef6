/**
 * WMT14 and WMT16 news translation between English and French, German and Romanian.
 *
 * Source: Bojar et al. 2014 and 2016; prompt and requests of lm-evaluation-harness 0.4.13 `wmt14-*` and `wmt16-*` (version 1), with the
 * answer's own space after the delimiter's, as it is there.
 */
import { translationScoring } from '../definition/generation-scoring.ts';
import { rowField, textField } from '../definition/row-fields.ts';
import type { Row, TaskDefinition } from '../definition/task-definition.ts';
import { languageName, languageOfCode } from '../languages.ts';

const PAIRS = [
  ['wmt14', 'fr-en', 'en', 'fr'],
  ['wmt14', 'fr-en', 'fr', 'en'],
  ['wmt16', 'de-en', 'en', 'de'],
  ['wmt16', 'de-en', 'de', 'en'],
  ['wmt16', 'ro-en', 'en', 'ro'],
  ['wmt16', 'ro-en', 'ro', 'en'],
] as const;

export function wmtTasks(): TaskDefinition[] {
  return PAIRS.map(([set, pair, source, target]) => {
    const [sourceLanguage, targetLanguage] = [languageOfCode(source), languageOfCode(target)];
    const side = (row: Row, code: string): string => textField(rowField(row, 'translation'), code);
    return {
      name: `${set}-${source}-${target}`,
      groups: [set],
      paper: set === 'wmt14' ? 'https://aclanthology.org/W14-3302' : 'https://aclanthology.org/W16-2301',
      version: 1,
      language: target === 'en' ? sourceLanguage : targetLanguage,
      labels: { direction: `${sourceLanguage}-${targetLanguage}` },
      dataset: { path: `wmt/${set}`, name: pair },
      splits: { training: 'train', validation: 'validation', test: 'test' },
      fewShot: { split: 'validation' },
      paperShots: 1,
      prompt: {
        type: 'generate_until',
        text: (row) =>
          `${languageName(sourceLanguage)} phrase: ${side(row, source)}\n${languageName(targetLanguage)} phrase:`,
        target: (row) => ` ${side(row, target)}`,
        until: ['\n'],
        scoring: translationScoring({ reference: (row) => side(row, target), metrics: ['bleu', 'ter', 'chrf'] }),
      },
    };
  });
}
