/**
 * Scores of all samples and of each group of them, from the samples' statistics alone.
 */
import { inputError } from '../input-error.ts';
import { macroAverage } from '../statistics/macro-average.ts';
import type { EvalSample, GroupResult } from './eval-task.ts';
import { type MetricDefinition, type MetricValue, measure } from './metric-definition.ts';

export interface AggregateOptions {
  readonly metrics: Readonly<Record<string, MetricDefinition>>;
  readonly macroBy: string;
  readonly numResamples: number;
  readonly seed: number | string;
}

export interface Aggregate {
  readonly overall: GroupResult;
  readonly groups: Record<string, Record<string, GroupResult>>;
}

/** @throws Error when no sample is left to score */
export function aggregateSamples(samples: readonly EvalSample[], options: AggregateOptions): Aggregate {
  if (samples.length === 0)
    throw inputError('evaluate', 'needs at least one answered sample, got 0. Were all requests refused?');
  const { macroBy } = options;
  const parts = new Map<string, GroupResult>();
  for (const [part, members] of groupBy(samples, macroBy)) parts.set(part, pooled(members, options));

  const result = (members: readonly EvalSample[]): GroupResult => {
    const own = [...groupBy(members, macroBy)];
    if (own.length < 2) return pooled(members, options);
    // A group that cuts through the parts needs its own share of each.
    const shares = own.map(([part, share]) =>
      share.length === parts.get(part)!.numSamples ? parts.get(part)! : pooled(share, options),
    );
    const macro = Object.fromEntries(
      Object.keys(options.metrics).flatMap((name) => {
        const values = shares.flatMap((share) => (share.metrics[name] ? [share.metrics[name]] : []));
        return values.length > 0 ? [[name, macroAverage(values)]] : [];
      }),
    );
    return { ...pooled(members, options), macro };
  };

  const keys = [...new Set(samples.flatMap((sample) => Object.keys(sample.groups)))];
  const groups = Object.fromEntries(
    keys.map((key) => [
      key,
      Object.fromEntries(
        [...groupBy(samples, key)].map(([name, members]) => [
          name,
          key === macroBy ? parts.get(name)! : result(members),
        ]),
      ),
    ]),
  );
  return { overall: result(samples), groups };
}

function pooled(samples: readonly EvalSample[], options: AggregateOptions): GroupResult {
  const metrics: Record<string, MetricValue> = {};
  for (const [name, { kind }] of Object.entries(options.metrics)) {
    const rows = samples.flatMap((sample) => (sample.statistics[name] ? [sample.statistics[name]] : []));
    if (rows.length > 0) metrics[name] = measure(kind, rows, options);
  }
  return { numSamples: samples.length, metrics };
}

function groupBy(samples: readonly EvalSample[], key: string): Map<string, EvalSample[]> {
  const groups = new Map<string, EvalSample[]>();
  for (const sample of samples) {
    const name = sample.groups[key];
    if (name === undefined) continue;
    const members = groups.get(name);
    if (members) members.push(sample);
    else groups.set(name, [sample]);
  }
  return groups;
}
