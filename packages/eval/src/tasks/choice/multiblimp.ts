/**
 * MultiBLiMP: is the grammatical of two sentences the likelier one, in 101 languages.
 *
 * Source: Jumelet et al. 2025, arXiv:2504.02768; requests of lm-evaluation-harness 0.4.13 `multiblimp` (version 0): no context, no
 * delimiter, the right sentence first.
 */
import { textField } from '../definition/row-fields.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import { languageOfThreeLetters } from '../languages.ts';

const LANGUAGES =
  'abk aln amh apu aqz arb azz bel ben bho bor bre bua bul cat ces chu cym dan deu egy ell eng est eus fao fas fin fra frm fro gla gle glg got grc guj hbo hbs heb hin hit hsb hun hye hyw isl ita kat kaz kir kmr koi kpv krl kxh lat lav lij lit mar mdf mkd myv nds nhi nld olo orv ota pcm pol por quc ron rus sah san slk slv sme sms spa sqi swe tam tpn ttc tur uig ukr urb urd uzb vep wbp wol xcl xnr xpg yrl';

export function multiblimpTasks(): TaskDefinition[] {
  return LANGUAGES.split(' ').map((code) => ({
    name: `multiblimp_${code}`,
    groups: ['multiblimp'],
    paper: 'arXiv:2504.02768',
    version: 0,
    language: languageOfThreeLetters(code),
    dataset: { path: 'jumelet/multiblimp', name: code },
    splits: { test: 'train' },
    targetDelimiter: '',
    prompt: {
      type: 'multiple_choice',
      text: () => '',
      choices: (row) => [textField(row, 'sen'), textField(row, 'wrong_sen')],
      gold: () => 0,
      metrics: ['acc', 'acc_norm'],
    },
  }));
}
