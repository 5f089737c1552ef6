/**
 * A token budget for every source of a stage, and how many passes over it that takes, before anything is written.
 *
 * Source: Marco-LLM, arXiv:2412.04003, tables 1 to 3; the paper repeats no data, hence the refusal past `maxEpochs`.
 * Units: tokens; shares 0 to 1; epochs are passes over a source's tokens.
 */
import type { TierShares } from './marco-stages.ts';
import { type SharesWithinTier, sourceShares } from './source-shares.ts';
import type { SourceStats } from './source-stats.ts';

/** A source with its part of the plan. */
export interface PlannedSource extends SourceStats {
  readonly share: number;
  /** Tokens to take; the budgets sum exactly to the plan's `numTokens`. */
  readonly budget: number;
  readonly epochs: number;
}

/** How many tokens each source gives. */
export interface MixturePlan {
  readonly numTokens: number;
  readonly sources: readonly PlannedSource[];
}

/** The sources, the shares of their tiers, and how many tokens are wanted. */
export interface PlanMixtureOptions {
  readonly sources: readonly SourceStats[];
  readonly shares: TierShares;
  readonly numTokens: number;
  /** No source may be repeated more often; 1 is the paper's. */
  readonly maxEpochs?: number;
  readonly within?: SharesWithinTier;
}

/** Rounding of the share times the total: a source at its limit must not fail by half a token. */
const EPOCH_TOLERANCE = 1e-9;

/** Whole numbers with the given sum, nearest to the shares (largest remainder). */
function apportion(shares: readonly number[], total: number): number[] {
  const exact = shares.map((share) => share * total);
  const whole = exact.map(Math.floor);
  const order = exact
    .map((value, index) => ({ index, remainder: value - whole[index]! }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  let missing = total - whole.reduce((a, b) => a + b, 0);
  for (const { index } of order) {
    if (missing <= 0) break;
    if (shares[index]! <= 0) continue;
    whole[index]!++;
    missing--;
  }
  return whole;
}

/**
 * @throws Error naming each source that would need more than `maxEpochs` passes, and for sources or totals that make no plan
 */
export function planMixture(options: PlanMixtureOptions): MixturePlan {
  const { sources, numTokens, maxEpochs = 1, within = { kind: 'equal' } } = options;
  if (!Number.isSafeInteger(numTokens) || numTokens < 1) {
    throw new Error(`[@marco-ts/data] planMixture: numTokens must be a positive integer, got ${numTokens}. Round it.`);
  }
  if (!(maxEpochs > 0)) {
    throw new Error(`[@marco-ts/data] planMixture: maxEpochs must be above 0, got ${maxEpochs}. The paper's is 1.`);
  }
  const names = new Set<string>();
  for (const { name, numTokens: available } of sources) {
    if (names.has(name)) {
      throw new Error(`[@marco-ts/data] planMixture: source names must be unique, got ${name} twice. Rename one.`);
    }
    names.add(name);
    if (!Number.isSafeInteger(available) || available < 0) {
      throw new Error(
        `[@marco-ts/data] planMixture: numTokens of a source must be a count, got ${available} at ${name}. Count its shards.`,
      );
    }
  }
  const shares = sourceShares(sources, options.shares, numTokens, within);
  const budgets = apportion(shares, numTokens);
  const planned = sources.map((source, index) => ({
    name: source.name,
    tier: source.tier,
    numTokens: source.numTokens,
    numDocuments: source.numDocuments,
    share: shares[index]!,
    budget: budgets[index]!,
    epochs: budgets[index] === 0 ? 0 : budgets[index]! / source.numTokens,
  }));
  const tooSmall = planned.filter(({ epochs }) => epochs > maxEpochs * (1 + EPOCH_TOLERANCE));
  if (tooSmall.length > 0) {
    const list = tooSmall
      .map(
        ({ name, budget, numTokens: available, epochs }) =>
          `${name} (${budget} of ${available} tokens: ${epochs.toFixed(2)} epochs)`,
      )
      .join(', ');
    throw new Error(
      `[@marco-ts/data] planMixture: no source may pass maxEpochs ${maxEpochs}, got ${list}. Lower numTokens, raise maxEpochs, or give more data.`,
    );
  }
  return { numTokens, sources: planned };
}

/** The plan as plain text: a row per source, then the sum. */
export function mixtureTable(plan: MixturePlan): string {
  const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;
  const rows = [
    ['source', 'tier', 'share', 'tokens', 'available', 'epochs'],
    ...plan.sources.map(({ name, tier, share, budget, numTokens, epochs }) => [
      name,
      tier,
      percent(share),
      `${budget}`,
      `${numTokens}`,
      epochs.toFixed(3),
    ]),
    [
      'all',
      '',
      percent(plan.sources.reduce((sum, { share }) => sum + share, 0)),
      `${plan.sources.reduce((sum, { budget }) => sum + budget, 0)}`,
      `${plan.sources.reduce((sum, { numTokens }) => sum + numTokens, 0)}`,
      '',
    ],
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n');
}
