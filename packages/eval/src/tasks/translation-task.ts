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
import type { SegmentStatistics } from '../metrics/corpus-metric.ts';
import type { EvalTask } from './eval-task.ts';
import type { MetricDefinition } from './metric-definition.ts';
import { checkItems, countItems, languageGroups, selectItems, type Tiers } from './select-items.ts';

export interface TranslationPair {
  readonly id: string;
  readonly source: string;
  /** the reference translation */
  readonly target: string;
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
}

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

  return {
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
    async run(model, { limit, signal, onProgress }) {
      const selected = selectItems(name, items, ({ direction }) => direction, limit);
      const requests = selected.map((item) => ({ prompt: prompt(item), until, maxNewTokens }));
      const outputs = await model.generateUntil(requests, { signal, onProgress });
      const hypotheses = outputs.map((output) => output.trim());
      const references = selected.map(({ target }) => target);
      const chrf = rowsOf(chrfMetric().statistics(hypotheses, references));
      const chrfPlus = rowsOf(chrfMetric({ wordOrder: 2 }).statistics(hypotheses, references));
      const signatures: Record<string, string> = {
        chrf: chrfMetric().signature(references),
        'chrf++': chrfMetric({ wordOrder: 2 }).signature(references),
      };
      const samples = selected.map((item, index) => {
        const { id, direction, language, source, target, targetLanguage } = item;
        const bleu = bleuMetric({ tokenize: tokenize(targetLanguage) });
        signatures[`bleu ${targetLanguage}`] ??= bleu.signature([target]);
        return {
          id,
          groups: { direction, ...languageGroups(language, tiers) },
          statistics: {
            bleu: rowsOf(bleu.statistics([hypotheses[index]!], [target]))[0]!,
            chrf: chrf[index]!,
            'chrf++': chrfPlus[index]!,
          },
          record: { prompt: requests[index]!.prompt, source, reference: target, hypothesis: hypotheses[index]! },
        };
      });
      return { samples, skipped: [], signatures };
    },
  };
}

function rowsOf({ width, numSegments, values }: SegmentStatistics): number[][] {
  return Array.from({ length: numSegments }, (_, segment) => [
    ...values.subarray(segment * width, (segment + 1) * width),
  ]);
}
