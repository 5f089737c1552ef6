/**
 * Preference pairs from several answers to each prompt: sample, judge, keep the best against the worst, and count why, by language.
 *
 * Source: best-against-worst of on-policy samples as in SimPO (arXiv:2405.14734) and Sailor2's second round.
 */
import type { PreferencePair } from '../preferences/preference-pair.ts';
import type { AnswerPrompt, AnswerSampler } from './answer-sampler.ts';
import type { Judge } from './judge.ts';

/** The prompts, who answers them, and who judges. */
export interface CollectPreferencesOptions {
  readonly prompts: readonly AnswerPrompt[];
  readonly sample: AnswerSampler;
  /** Answers per prompt, from 2. */
  readonly numAnswers: number;
  readonly judge: Judge;
  /** Let the prompt's reference compete too; default false. */
  readonly includeReference?: boolean;
  /** Prompts that are sampled and judged together; default 64. */
  readonly batchSize?: number;
  /** Told after each batch of prompts. */
  readonly onProgress?: (progress: { readonly numPrompts: number; readonly completedPrompts: number }) => void;
  readonly signal?: AbortSignal;
}

/** The pairs, and a table of how they came about. */
export interface CollectedPreferences {
  readonly pairs: PreferencePair[];
  readonly table: PreferenceTable;
}

/** Prompts = pairs + all kinds of prompts without a pair, for each language. */
export type PreferenceTable = Readonly<Record<string, LanguagePreferences>>;

/** How pairs of one language came about, and why prompts gave none. */
export interface LanguagePreferences {
  readonly numPrompts: number;
  readonly numPairs: number;
  /** Pairs by why the chosen answer won. */
  readonly won: Readonly<Record<string, number>>;
  /** Prompts without a pair by why: `tie`, `same_answers`, `judge_depends_on_order`, ... */
  readonly withoutPair: Readonly<Record<string, number>>;
}

/** Too few different answers to compare. */
const SAME_ANSWERS = 'same_answers';

/** @throws Error for bad options and the signal's reason when it is raised */
export async function collectPreferences(options: CollectPreferencesOptions): Promise<CollectedPreferences> {
  const { prompts, sample, numAnswers, judge, includeReference = false, batchSize = 64, onProgress, signal } = options;
  if (!Number.isSafeInteger(numAnswers) || numAnswers + Number(includeReference) < 2) {
    throw new Error(
      `[@marco-ts/aligner] collectPreferences: numAnswers must be a whole number >= 2, got ${numAnswers}. Ask for more.`,
    );
  }
  const pairs: PreferencePair[] = [];
  const outcomes: { readonly language: string; readonly reason: string; readonly isPair: boolean }[] = [];
  for (let start = 0; start < prompts.length; start += batchSize) {
    signal?.throwIfAborted();
    const batch = prompts.slice(start, start + batchSize);
    const sampled = await sample(batch, numAnswers, signal);
    await Promise.all(
      batch.map(async (prompt, index): Promise<[AnswerPrompt, PreferencePair | string]> => {
        const reference = includeReference && prompt.reference !== undefined ? [prompt.reference] : [];
        const answers = [...new Set([...sampled[index]!, ...reference])].filter((answer) => answer.trim() !== '');
        if (answers.length < 2) return [prompt, SAME_ANSWERS];
        const verdict = await judge(prompt, answers, signal);
        if (!('best' in verdict)) return [prompt, verdict.reason];
        const { best, worst, reason } = verdict;
        const { language } = prompt;
        return [
          prompt,
          { prompt: prompt.prompt, chosen: answers[best]!, rejected: answers[worst]!, language, kind: reason },
        ];
      }),
    ).then((judged) => {
      for (const [{ language }, outcome] of judged) {
        const isPair = typeof outcome !== 'string';
        if (isPair) pairs.push(outcome);
        outcomes.push({ language, isPair, reason: isPair ? outcome.kind : outcome });
      }
    });
    onProgress?.({ numPrompts: prompts.length, completedPrompts: Math.min(start + batchSize, prompts.length) });
  }
  return { pairs, table: tableOf(outcomes) };
}

/** @returns the table of pairs that were built without sampling, such as `buildTranslationPreferences` makes them */
export function tableOfPairs(pairs: readonly PreferencePair[]): PreferenceTable {
  return tableOf(pairs.map(({ language, kind }) => ({ language, reason: kind, isPair: true })));
}

function tableOf(
  outcomes: readonly { readonly language: string; readonly reason: string; readonly isPair: boolean }[],
): PreferenceTable {
  const byLanguage = Map.groupBy(outcomes, ({ language }) => language);
  return Object.fromEntries(
    [...byLanguage].map(([language, own]) => {
      const counts = (isPair: boolean) => {
        const reasons: Record<string, number> = {};
        for (const outcome of own)
          if (outcome.isPair === isPair) reasons[outcome.reason] = (reasons[outcome.reason] ?? 0) + 1;
        return reasons;
      };
      const numPairs = own.filter(({ isPair }) => isPair).length;
      return [language, { numPrompts: own.length, numPairs, won: counts(true), withoutPair: counts(false) }];
    }),
  );
}

/** @returns the table as text: a row per language, a column per reason, and the totals */
export function formatPreferenceTable(table: PreferenceTable): string {
  const reasonsOf = (side: 'won' | 'withoutPair') =>
    [...new Set(Object.values(table).flatMap((row) => Object.keys(row[side])))].sort();
  const [won, without] = [reasonsOf('won'), reasonsOf('withoutPair')];
  const cellsOf = (rows: readonly LanguagePreferences[]): number[] => {
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return [
      sum(rows.map(({ numPrompts }) => numPrompts)),
      sum(rows.map(({ numPairs }) => numPairs)),
      ...won.map((reason) => sum(rows.map((row) => row.won[reason] ?? 0))),
      ...without.map((reason) => sum(rows.map((row) => row.withoutPair[reason] ?? 0))),
    ];
  };
  const rows = [
    [
      'language',
      'prompts',
      'pairs',
      ...won.map((reason) => `won by ${reason}`),
      ...without.map((reason) => `no pair: ${reason}`),
    ],
    ...Object.entries(table).map(([language, row]) => [language, ...cellsOf([row]).map(String)]),
    ['all', ...cellsOf(Object.values(table)).map(String)],
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
