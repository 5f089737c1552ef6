/**
 * Translation by greedy generation, scored by BLEU, chrF and chrF++ per direction.
 *
 * Source: the Flores and WMT protocol of Marco-LLM (arXiv:2412.04003, section 6); scores are sacrebleu's.
 * Units: points of 100; no chance level. Directions use different BLEU tokenizers, so the headline over several directions is the macro
 * average, not the pooled value.
 */
import { inputError } from '../input-error.ts';
import { bleuMetric } from '../metrics/bleu.ts';
import { type BleuTokenizerName, bleuTokenizer } from '../metrics/bleu-tokenizers.ts';
import { chrfMetric } from '../metrics/chrf.ts';
import type { CorpusMetric } from '../metrics/corpus-metric.ts';
import type { EvalTask } from './eval-task.ts';
import type { MetricDefinition } from './metric-definition.ts';
import { checkItems, countItems, languageGroups, type Tiers } from './select-items.ts';
import { taskOfDocuments } from './task-document.ts';

/** A text and its reference translation. */
export interface TranslationPair {
  readonly id: string;
  readonly source: string;
  /** the reference translation */
  readonly target: string;
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
}

/** The pairs, how a translation is asked for, and how it is scored. */
export interface TranslationOptions {
  readonly pairs: readonly TranslationPair[];
  /** the text before the translation: a template, few-shot examples, or a rendered chat */
  readonly prompt: (pair: TranslationPair) => string;
  /** default ['\n'] */
  readonly until?: readonly string[] | undefined;
  /** default 256 */
  readonly maxNewTokens?: number | undefined;
  /** BLEU tokenizer of a target language; default zh for Chinese, char for scripts without spaces, else 13a */
  readonly tokenize?: ((language: string) => BleuTokenizerName) | undefined;
  /** a pair belongs to the language that is not this one; default 'eng_Latn' */
  readonly pivot?: string | undefined;
  readonly tiers?: Tiers | undefined;
  /** raise when the prompt changes; default 1 */
  readonly version?: number | undefined;
  /** default 'translation' */
  readonly name?: string | undefined;
}

const UNSPACED_LANGUAGES = new Set(['jpn', 'tha', 'lao', 'khm', 'mya', 'bod', 'dzo', 'yue', 'wuu']);

const points = (kind: MetricDefinition['kind']): MetricDefinition => ({
  kind,
  higherIsBetter: true,
  chance: null,
  unit: 'points of 100',
});

/** sacrebleu's choice for the language where it needs no dictionary; characters where words are not spaced. */
export function defaultBleuTokenizer(language: string): BleuTokenizerName {
  const base = language.split('_')[0]!;
  if (base === 'zho' || base === 'cmn') return 'zh';
  return UNSPACED_LANGUAGES.has(base) ? 'char' : '13a';
}

/** @throws Error on no pairs, a doubled id, a missing language or tier, a blank source or reference, or an unknown tokenizer */
export function translationTask(options: TranslationOptions): EvalTask {
  const {
    pairs,
    prompt,
    until = ['\n'],
    maxNewTokens = 256,
    pivot = 'eng_Latn',
    tiers,
    version = 1,
    name = 'translation',
  } = options;
  const tokenize = options.tokenize ?? defaultBleuTokenizer;
  const items = pairs.map((pair) => ({
    ...pair,
    language: pair.targetLanguage === pivot ? pair.sourceLanguage : pair.targetLanguage,
    direction: `${pair.sourceLanguage}-${pair.targetLanguage}`,
  }));
  checkItems(name, items, tiers);
  for (const { id, source, target, sourceLanguage, targetLanguage } of items) {
    if (!sourceLanguage || !targetLanguage)
      throw inputError(
        name,
        `a pair needs both its languages, got '${sourceLanguage}' and '${targetLanguage}' at '${id}'.`,
      );
    if (source.trim() === '' || target.trim() === '') {
      throw inputError(
        name,
        `source and reference must not be blank, got '${source}' and '${target}' at pair '${id}'. Drop it.`,
      );
    }
    bleuTokenizer(tokenize(targetLanguage));
  }

  const scoringOf = new Map(
    [...new Set(items.map(({ targetLanguage }) => targetLanguage))].map((language) => [
      language,
      directionMetrics(tokenize(language)),
    ]),
  );
  return taskOfDocuments({
    name,
    version,
    numItems: countItems(items, ({ direction }) => direction),
    outputType: 'generate_until',
    macroBy: 'direction',
    config: { until: [...until], maxNewTokens, pivot, macroBy: 'direction', examplePrompt: prompt(pairs[0]!) },
    metrics: {
      bleu: points({ type: 'bleu', options: {} }),
      chrf: points({ type: 'chrf', options: {} }),
      'chrf++': points({ type: 'chrf', options: { wordOrder: 2 } }),
    },
    signatures: {
      chrf: chrfMetric().signature(['one']),
      'chrf++': chrfMetric({ wordOrder: 2 }).signature(['one']),
      ...Object.fromEntries(
        [...scoringOf].map(([language, { bleu }]) => [`bleu ${language}`, bleu.signature(['one'])]),
      ),
    },
    documents: items.map((item) => {
      const { id, direction, language, source, target, sourceLanguage, targetLanguage } = item;
      const text = prompt(item);
      return {
        id,
        groups: { direction, ...languageGroups(language, tiers) },
        requests: [{ type: 'generate_until', prompt: text, until, maxNewTokens }],
        row: { id, source, target, sourceLanguage, targetLanguage },
        target,
        score: ([output]) => {
          const hypothesis = (output as string).trim();
          const row = (metric: CorpusMetric<{ readonly score: number }>): number[] => [
            ...metric.statistics([hypothesis], [target]).values,
          ];
          const { bleu, chrf, chrfPlus } = scoringOf.get(targetLanguage)!;
          return {
            statistics: { bleu: row(bleu), chrf: row(chrf), 'chrf++': row(chrfPlus) },
            record: { prompt: text, source, reference: target, hypothesis },
          };
        },
      };
    }),
  });
}

function directionMetrics(tokenizer: BleuTokenizerName) {
  return { bleu: bleuMetric({ tokenize: tokenizer }), chrf: chrfMetric(), chrfPlus: chrfMetric({ wordOrder: 2 }) };
}
