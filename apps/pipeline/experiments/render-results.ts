/**
 * Finished runs as a table and a chart per claim: mean and standard deviation over seeds, and what is within noise.
 *
 * Statistics: variants of one seed share text and split, so a difference is taken seed by seed; it is called noise when its mean is below two of
 * its standard errors; fewer than three seeds tell nothing.
 */
import { intervalChart } from '../src/report/charts/interval-chart.ts';
import type { Claim, Measure } from './claims.ts';
import type { RunMeasures } from './measure-run.ts';

export interface FinishedRun {
  readonly claim: string;
  readonly variant: string;
  readonly size: string;
  readonly seed: number;
  readonly numParameters: number;
  readonly measures: RunMeasures;
}

/** @returns undefined where the run has no such number */
export function measureOf({ measures }: FinishedRun, { key, after, from }: Measure): number | undefined {
  const stages = Object.keys(measures);
  const at = (stage: string): number | undefined => measures[stage === 'last' ? stages.at(-1)! : stage]?.[key];
  const value = at(after);
  if (from === undefined || value === undefined) return value;
  const before = at(from);
  return before === undefined ? undefined : value - before;
}

interface Summary {
  readonly mean: number;
  /** Of single runs. */
  readonly deviation: number;
  readonly count: number;
}

export function summarize(values: readonly number[]): Summary {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)), count: values.length };
}

/** A Markdown section; claims with no finished run are left out. */
export function claimSection(claim: Claim, runs: readonly FinishedRun[], chartPath: string): string {
  const own = runs.filter((run) => run.claim === claim.name);
  if (own.length === 0) return '';
  const rows = rowsOf(claim, own);
  const names = claim.measures.map(({ name }) => name);
  const first = claim.variants[0]!.name;
  const lines = [
    `## ${claim.question[0]!.toUpperCase()}${claim.question.slice(1)}`,
    '',
    `![${claim.question}](${chartPath})`,
    '',
    `| parameters | variant | seeds | ${names.join(' | ')} |`,
    `|${'---|'.repeat(names.length + 3)}`,
    ...rows.map(({ numParameters, variant, values }) => {
      const cells = values.map((summary) => (summary === undefined ? '–' : shown(summary)));
      const count = Math.max(...values.map((summary) => summary?.count ?? 0));
      return `| ${(numParameters / 1e6).toFixed(2)}M | ${variant} | ${count} | ${cells.join(' | ')} |`;
    }),
    '',
    ...differences(claim, own, first),
  ];
  return `${lines.join('\n')}\n`;
}

/** What single runs scatter by says nothing where there is one. */
function shown({ mean, deviation, count }: Summary): string {
  return count === 1 ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${deviation.toFixed(3)}`;
}

function verdictOf({ mean, deviation, count }: Summary, { higherIsBetter }: Measure): string {
  if (count < 3) return 'too few seeds to tell';
  if (Math.abs(mean) < (2 * deviation) / Math.sqrt(count)) return 'within noise';
  return mean > 0 === higherIsBetter ? 'better' : 'worse';
}

/** An SVG document that stands alone. */
export function claimChart(claim: Claim, runs: readonly FinishedRun[]): string {
  const own = runs.filter((run) => run.claim === claim.name);
  const charted = claim.measures.flatMap((measure, index) => (claim.charted.includes(measure.name) ? [index] : []));
  // Measure by measure, so that what is to be compared lies together.
  const summaries = rowsOf(claim, own);
  const rows = charted.flatMap((index) =>
    summaries.flatMap(({ numParameters, variant, values }) => {
      const summary = values[index];
      if (summary === undefined) return [];
      const label = claim.measures[index]!.name.replace('bits per byte, ', '');
      const name = claim.variants.length === 1 ? label : `${label}: ${variant}`;
      const stderr = summary.deviation / Math.sqrt(summary.count);
      return [{ name: `${(numParameters / 1e6).toFixed(1)}M ${name}`, value: summary.mean, stderr, className: '' }];
    }),
  );
  const ends = rows.flatMap(({ value, stderr }) => [value - 2 * stderr, value + 2 * stderr]);
  const pad = 0.1 * (Math.max(...ends) - Math.min(...ends) || 1);
  const chart = String(
    intervalChart({
      rows,
      domain: [Math.min(...ends) - pad, Math.max(...ends) + pad],
      decimals: 3,
      description: claim.question,
    }),
  );
  return `${chart.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" ').replace('>', `>${STYLE}`)}\n`;
}

const STYLE =
  '<style>text{font-size:10px;fill:#444}.grid line{stroke:#ddd}.whisker{stroke:#2f6f9f;stroke-width:2}circle{fill:#2f6f9f}@media(prefers-color-scheme:dark){text{fill:#ccc}.grid line{stroke:#444}}</style>';

function rowsOf(claim: Claim, runs: readonly FinishedRun[]) {
  const sizes = [...new Set(runs.map(({ size }) => size))];
  return sizes.flatMap((size) =>
    claim.variants.flatMap(({ name: variant }) => {
      const own = runs.filter((run) => run.size === size && run.variant === variant);
      if (own.length === 0) return [];
      const values = claim.measures.map((measure) => {
        const found = own.flatMap((run) => measureOf(run, measure) ?? []);
        return found.length === 0 ? undefined : summarize(found);
      });
      return [{ size, variant, numParameters: own[0]!.numParameters, values }];
    }),
  );
}

/** What each variant differs from the first by; where a claim has one variant, what a stage differs from the one before it by. */
function differences(claim: Claim, runs: readonly FinishedRun[], first: string): string[] {
  const lines: string[] = [];
  for (const size of new Set(runs.map((run) => run.size))) {
    const own = runs.filter((run) => run.size === size);
    const parameters = `${(own[0]!.numParameters / 1e6).toFixed(2)}M`;
    const say = (what: string, measure: Measure, values: readonly number[]): void => {
      if (values.length === 0) return;
      const { mean, deviation, count } = summarize(values);
      const verdict = verdictOf({ mean, deviation, count }, measure);
      lines.push(
        `- ${parameters}, ${what}: ${mean >= 0 ? '+' : ''}${mean.toFixed(3)} (${count} seed${count === 1 ? '' : 's'}): ${verdict}.`,
      );
    };
    for (const { name: variant } of claim.variants.slice(1)) {
      for (const measure of claim.measures) {
        const values = own.flatMap((run) => {
          const base = own.find((other) => other.variant === first && other.seed === run.seed);
          const [value, before] = [measureOf(run, measure), base && measureOf(base, measure)];
          return run.variant !== variant || value === undefined || before === undefined ? [] : [value - before];
        });
        say(`${variant} against ${first}, ${measure.name}`, measure, values);
      }
    }
    if (claim.variants.length === 1) {
      for (const measure of claim.measures.filter(({ after }) => after === 'preference')) {
        const change = { ...measure, from: 'sft' };
        say(
          `change by alignment, ${measure.name}`,
          measure,
          own.flatMap((run) => measureOf(run, change) ?? []),
        );
      }
    }
  }
  return lines;
}
