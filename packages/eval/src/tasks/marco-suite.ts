/**
 * The base-model protocol of Marco-LLM: which tasks, in which languages, with how many examples.
 *
 * Source: Marco-LLM, arXiv:2412.04003, table 4. The languages of XCOPA, XStoryCloze and TyDiQA are those of each set that are among the
 * paper's 29; X-MMLU's 13 and WMT16's 3 are not named there: all of Okapi's that are among the 29, and German and Romanian, stand in.
 * Differs: AGIEval's examples are other rows of its test split, as in lm-evaluation-harness, because the set has no others.
 */
import type { TaskDefinition } from './definition/task-definition.ts';
import { findTasks } from './task-registry.ts';

const LANGUAGES =
  'arb_Arab ben_Beng deu_Latn spa_Latn fra_Latn ind_Latn ita_Latn jpn_Jpan kor_Hang zsm_Latn por_Latn rus_Cyrl tha_Thai vie_Latn zho_Hans pol_Latn ces_Latn ukr_Cyrl hun_Latn ron_Latn heb_Hebr urd_Arab ell_Grek nld_Latn kaz_Cyrl tur_Latn azj_Latn npi_Deva'.split(
    ' ',
  );

/** The tasks with the paper's shots as `numFewShot`; XCOPA on its validation split, as in the paper. */
export function marcoSuite(): TaskDefinition[] {
  const xcopa = findTasks(['id', 'it', 'th', 'tr', 'vi', 'zh'].map((code) => `xcopa_${code}`)).map(
    (definition): TaskDefinition => ({
      ...definition,
      splits: { test: 'validation' },
      fewShot: { split: 'validation' },
    }),
  );
  const others = findTasks([
    'ceval-valid',
    'agieval',
    'ai2_arc',
    'mmlu',
    ...'ar bn de es fr hu id it ne nl pt ro ru uk vi zh'.split(' ').map((code) => `m_mmlu_${code}`),
    ...'ar en es id ru zh'.split(' ').map((code) => `xstorycloze_${code}`),
    ...'ar bn en id ko ru'.split(' ').map((code) => `tydiqa_goldp_${code}`),
    ...LANGUAGES.map((language) => `belebele_${language}`),
    ...LANGUAGES.flatMap((language) => [`flores200_eng_Latn-${language}`, `flores200_${language}-eng_Latn`]),
    'wmt16',
  ]);
  return [...xcopa, ...others].map((definition) => ({
    ...definition,
    numFewShot: definition.paperShots ?? 0,
  }));
}
