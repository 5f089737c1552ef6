/**
 * From what @marco-ts/eval measured to the few scores that the report shows.
 */
import type { EvalResults, GroupResult } from '@marco-ts/eval';
import type { EvaluationResult, TaskResult, TaskScore } from '../report/run-results.ts';

type EvalTaskResult = EvalResults['tasks'][string];

const TITLES: Readonly<Record<string, string>> = {
  model: 'Before training',
  sft: 'After instruction tuning',
  preference: 'After preference alignment',
};

interface ShownMetric {
  readonly from: string;
  readonly metric: TaskResult['metric'];
}

const SHOWN: Readonly<Record<string, { readonly task: TaskResult['task']; readonly metrics: readonly ShownMetric[] }>> =
  {
    bits_per_byte: { task: 'bits-per-byte', metrics: [{ from: 'bits_per_byte', metric: 'bitsPerByte' }] },
    translation: {
      task: 'translation',
      metrics: [
        { from: 'chrf', metric: 'chrf' },
        { from: 'bleu', metric: 'bleu' },
      ],
    },
    cloze: { task: 'cloze', metrics: [{ from: 'acc_norm', metric: 'acc' }] },
    preference: {
      task: 'preference',
      metrics: [
        { from: 'logprob_acc_norm', metric: 'acc' },
        { from: 'reward_acc', metric: 'rewardAcc' },
      ],
    },
  };

/** Whether a task is none of those that every run measures. */
export const isBenchmark = (task: string): boolean => !Object.hasOwn(SHOWN, task);

/** @param after stage whose model was measured */
export function evaluationResult(results: EvalResults, after: string): EvaluationResult {
  return {
    afterStage: after,
    title: TITLES[after] ?? `After ${after}`,
    tasks: Object.entries(results.tasks).flatMap(([name, result]) => {
      const shown = SHOWN[name];
      if (shown === undefined) return [];
      return shown.metrics.flatMap(({ from, metric }) =>
        result.metrics[from] === undefined ? [] : [taskResult(shown.task, metric, from, result)],
      );
    }),
  };
}

function taskResult(
  task: TaskResult['task'],
  metric: TaskResult['metric'],
  from: string,
  result: EvalTaskResult,
): TaskResult {
  const { higherIsBetter, chance } = result.metrics[from]!;
  const signature = result.signatures[from] ?? result.signatures[`${from} eng_Latn`];
  return {
    task,
    metric,
    higherIsBetter,
    ...(chance === null ? {} : { chance }),
    ...(signature === undefined ? {} : { signature }),
    scores: [
      score('all', 'all', result.overall, from),
      ...Object.entries(result.groups).flatMap(([kind, groups]) =>
        Object.entries(groups).map(([group, value]) => score(group, kind as TaskScore['groupKind'], value, from)),
      ),
    ],
  };
}

/** Where a score has groups of its own, each counts once: a long text or a language with many items must not decide. */
function score(group: string, groupKind: TaskScore['groupKind'], result: GroupResult, from: string): TaskScore {
  const { value, stderr } = result.macro?.[from] ?? result.metrics[from]!;
  return {
    group: groupKind === 'direction' ? group.replace('-', '>') : group,
    groupKind,
    value,
    ...(stderr === null ? {} : { stderr }),
    numItems: result.numSamples,
  };
}
