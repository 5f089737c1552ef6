/**
 * The ways generated answers are scored: exact match after filters, overlap with gold answers, corpus scores of translations.
 *
 * Source: `exact_match`, the SQuAD-like `process_results` and the translation metrics of lm-evaluation-harness 0.4.13.
 */
import { type AnswerFilter, answerFilter } from '../../answers/answer-filters.ts';
import { type AnswerMatchOptions, answerF1, exactMatch } from '../../answers/answer-match.ts';
import { type BleuOptions, bleuMetric } from '../../metrics/bleu.ts';
import { chrfMetric } from '../../metrics/chrf.ts';
import type { SegmentStatistics } from '../../metrics/corpus-metric.ts';
import { terMetric } from '../../metrics/ter.ts';
import type { MetricDefinition, MetricKind } from '../metric-definition.ts';
import type { GenerationScoring, Row } from './task-definition.ts';
import { UnusableRow } from './unusable-row.ts';

const SHARE: MetricDefinition = {
  kind: { type: 'ratio', scale: 1 },
  higherIsBetter: true,
  chance: null,
  unit: 'share',
};

/** A way of taking the answer out of generated text, with the name that its metric carries. */
export interface NamedFilter {
  /** 'none' is not shown in the metric's name */
  readonly name: string;
  readonly filters: readonly AnswerFilter[];
}

/** What answers are compared with, and what counts as equal. */
export interface FilteredMatchOptions {
  /** The right answer of a row. */
  readonly reference: (row: Row) => string;
  readonly pipelines: readonly NamedFilter[];
  readonly ignoreCase?: boolean | undefined;
  /** ASCII punctuation */
  readonly ignorePunctuation?: boolean | undefined;
  readonly ignoreNumbers?: boolean | undefined;
}

/** Exact match of what each pipeline of filters takes out of an answer. */
export function filteredMatch(options: FilteredMatchOptions): GenerationScoring {
  const pipelines = options.pipelines.map(({ name, filters }) => ({
    name,
    metric: name === 'none' ? 'exact_match' : `exact_match,${name}`,
    extract: answerFilter(filters),
  }));
  const bare = (text: string): string => {
    let kept = options.ignoreCase ? text.toLowerCase() : text;
    if (options.ignorePunctuation) kept = kept.replaceAll(/[!-/:-@[-`{-~]/g, '');
    return options.ignoreNumbers ? kept.replaceAll(/[0-9]/g, '') : kept;
  };
  return {
    metrics: Object.fromEntries(pipelines.map(({ metric }) => [metric, SHARE])),
    statistics: (answer, row) => {
      const reference = bare(usable(options.reference(row)));
      return Object.fromEntries(
        pipelines.map(({ metric, extract }) => [metric, [bare(extract(answer)) === reference ? 1 : 0, 1]]),
      );
    },
    extracted: (answer) => Object.fromEntries(pipelines.map(({ name, extract }) => [name, extract(answer)])),
  };
}

/** One metric that an answer meets or not. */
export function rightOrWrong(metric: string, isRight: (answer: string, row: Row) => boolean): GenerationScoring {
  return {
    metrics: { [metric]: SHARE },
    statistics: (answer, row) => ({ [metric]: [isRight(answer, row) ? 1 : 0, 1] }),
  };
}

/** Exact match and F1 against the best of several gold answers. */
export function answerOverlap(golds: (row: Row) => readonly string[], rules: AnswerMatchOptions): GenerationScoring {
  return {
    metrics: { exact_match: SHARE, f1: SHARE },
    statistics: (answer, row) => {
      const own = golds(row).map(usable);
      if (own.length === 0) throw new UnusableRow('there is no gold answer');
      return { exact_match: [exactMatch(answer, own, rules), 1], f1: [answerF1(answer, own, rules), 1] };
    },
  };
}

/** The metrics of translations, by the names that results carry. */
export type TranslationMetricName = 'bleu' | 'spbleu' | 'chrf' | 'chrf++' | 'ter';

/** What translations are compared with, and by which metrics. */
export interface TranslationScoringOptions {
  /** The reference translation of a row. */
  readonly reference: (row: Row) => string;
  readonly metrics: readonly TranslationMetricName[];
  /** of bleu; default 13a */
  readonly bleu?: BleuOptions | undefined;
  /** of spbleu, with the tokenizer of a SentencePiece model */
  readonly spbleu?: BleuOptions | undefined;
}

/** sacrebleu's corpus scores, in points of 100. */
export function translationScoring({
  reference,
  metrics,
  bleu = {},
  spbleu,
}: TranslationScoringOptions): GenerationScoring {
  const kinds: Record<TranslationMetricName, MetricKind> = {
    bleu: { type: 'bleu', options: bleu },
    spbleu: { type: 'bleu', options: spbleu ?? {} },
    chrf: { type: 'chrf', options: {} },
    'chrf++': { type: 'chrf', options: { wordOrder: 2 } },
    ter: { type: 'ter' },
  };
  const corpusMetrics = {
    bleu: () => bleuMetric(bleu),
    spbleu: () => bleuMetric(spbleu),
    chrf: () => chrfMetric(),
    'chrf++': () => chrfMetric({ wordOrder: 2 }),
    ter: () => terMetric(),
  };
  const scorers = metrics.map((name) => ({ name, metric: corpusMetrics[name]() }));
  return {
    metrics: Object.fromEntries(
      metrics.map((name) => [
        name,
        { kind: kinds[name], higherIsBetter: name !== 'ter', chance: null, unit: 'points of 100' },
      ]),
    ),
    statistics: (answer, row) => {
      const own = [usable(reference(row))];
      return Object.fromEntries(scorers.map(({ name, metric }) => [name, firstRow(metric.statistics([answer], own))]));
    },
    signatures: Object.fromEntries(scorers.map(({ name, metric }) => [name, metric.signature(['one'])])),
  };
}

function firstRow({ width, values }: SegmentStatistics): number[] {
  return [...values.subarray(0, width)];
}

function usable(reference: string): string {
  if (reference.trim() !== '') return reference;
  throw new UnusableRow('the reference is empty');
}
