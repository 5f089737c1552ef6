/**
 * FLORES-200: news and wiki sentences in 204 languages, translated from any to any.
 *
 * Source: NLLB Team 2022, arXiv:2207.04672; prompt and requests of lm-evaluation-harness 0.4.13's FLORES tasks (such as
 * `portuguese_bench_flores_en-pt`, version 1), which it has for some languages only; examples from dev, scored on devtest.
 * Differs: BLEU uses sacrebleu's tokenizer for the target language where the harness has 13a for all; chrF++ and, with a SentencePiece model,
 * spBLEU are scored too.
 */
import { translationScoring } from '../definition/generation-scoring.ts';
import { textField } from '../definition/row-fields.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import { LANGUAGE_NAMES, languageName } from '../languages.ts';
import { defaultBleuTokenizer } from '../translation-task.ts';

const PIVOT = 'eng_Latn';

/** What FLORES+, its successor, calls some of the languages. */
const FLORES_PLUS_CODES: Readonly<Record<string, string>> = {
  est_Latn: 'ekk_Latn',
  tgl_Latn: 'fil_Latn',
  zho_Hans: 'cmn_Hans',
  zho_Hant: 'cmn_Hant',
};

/** From English to each language and back; other pairs by `floresTask`. */
export function floresTasks(): TaskDefinition[] {
  const others = [...LANGUAGE_NAMES.keys()].filter((language) => language !== PIVOT);
  return [
    ...others.map((language) => floresTask(PIVOT, language)),
    ...others.map((language) => floresTask(language, PIVOT)),
  ];
}

/** @throws Error when a language is none of FLORES-200's */
export function floresTask(source: string, target: string): TaskDefinition {
  const [sourceName, targetName] = [languageName(source), languageName(target)];
  const reference = `sentence_${target}`;
  const sides = [source, target].map((language) => ({ column: `sentence_${language}`, name: language }));
  return {
    name: `flores200_${source}-${target}`,
    groups: [source === PIVOT ? 'flores200_en-xx' : target === PIVOT ? 'flores200_xx-en' : 'flores200_any'],
    paper: 'arXiv:2207.04672',
    version: 1,
    language: target === PIVOT ? source : target,
    labels: { direction: `${source}-${target}` },
    dataset: {
      path: 'facebook/flores',
      parallel: sides,
      published: {
        path: 'openlanguagedata/flores_plus',
        parallel: sides.map((side) => ({ ...side, name: FLORES_PLUS_CODES[side.name] ?? side.name })),
      },
    },
    splits: { training: 'dev', validation: 'dev', test: 'devtest' },
    fewShot: { split: 'dev' },
    paperShots: 1,
    targetDelimiter: '',
    prompt: {
      type: 'generate_until',
      text: (row) => `${sourceName} sentence: ${textField(row, `sentence_${source}`)}\n${targetName} sentence:`,
      target: (row) => textField(row, reference),
      until: ['\n'],
      scoring: translationScoring({
        reference: (row) => textField(row, reference),
        metrics: ['bleu', 'ter', 'chrf', 'chrf++'],
        bleu: { tokenize: defaultBleuTokenizer(target) },
      }),
    },
    config: { bleu_tokenizer: defaultBleuTokenizer(target) },
  };
}
