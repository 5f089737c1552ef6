/**
 * From tier shares to source shares, by the paper's rule or by two others.
 *
 * Source: equal shares within a tier: Marco-LLM, arXiv:2412.04003, table 1. Temperature sampling: Conneau et al. 2020, arXiv:1911.02116
 * (share proportional to size^alpha). UniMax: Chung et al. 2023, arXiv:2304.09151 (uniform, with a cap of epochs per source).
 */
import type { MixtureTier, TierShares } from './marco-stages.ts';
import type { SourceStats } from './source-stats.ts';

/** How the share of a tier is divided among its sources. */
export type SharesWithinTier =
  | { readonly kind: 'equal' }
  /** alpha 1: by size; alpha 0: equal. */
  | { readonly kind: 'temperature'; readonly alpha: number }
  /** Equal, but no source past `maxEpochs`; what it cannot give goes to the larger ones. */
  | { readonly kind: 'unimax'; readonly maxEpochs: number };

function temperatureShares(sources: readonly SourceStats[], alpha: number): number[] {
  if (!(alpha >= 0 && alpha <= 1)) {
    throw new Error(
      `[@marco-ts/data] planMixture: alpha must be in [0, 1], got ${alpha}. 0 is equal shares, 1 is by size; 0.3 is usual.`,
    );
  }
  const weights = sources.map(({ numTokens }) => numTokens ** alpha);
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

/** Smallest sources first: each takes its equal part of what is left, or all that its epochs allow. */
function uniMaxShares(sources: readonly SourceStats[], budget: number, maxEpochs: number): number[] {
  const order = sources.map((_, index) => index).sort((a, b) => sources[a]!.numTokens - sources[b]!.numTokens || a - b);
  const tokens = new Array<number>(sources.length).fill(0);
  let remaining = budget;
  for (const [rank, index] of order.entries()) {
    const equal = remaining / (order.length - rank);
    tokens[index] = Math.min(equal, sources[index]!.numTokens * maxEpochs);
    remaining -= tokens[index]!;
  }
  const placed = budget - remaining;
  if (placed <= 0) return tokens.map(() => 0);
  return tokens.map((count) => (placed < budget ? count / placed : count / budget));
}

/**
 * Tiers without a source give their share to the others in proportion, so that the shares sum to 1.
 *
 * @returns share of all tokens by source, in the order of `sources`
 */
export function sourceShares(
  sources: readonly SourceStats[],
  tierShares: TierShares,
  numTokens: number,
  within: SharesWithinTier,
): number[] {
  const present = new Set(sources.map(({ tier }) => tier));
  const presentShare = [...present].reduce((sum, tier) => sum + tierShares[tier], 0);
  if (!(presentShare > 0)) {
    throw new Error(
      `[@marco-ts/data] planMixture: some tier with a share must have a source, got sources of ${[...present].join(', ') || 'no tier'}. Give sources, or shares for these tiers.`,
    );
  }
  const shares = new Array<number>(sources.length).fill(0);
  for (const tier of present) {
    const indices = sources.flatMap((source, index) => (source.tier === tier ? [index] : []));
    const members = indices.map((index) => sources[index]!);
    const tierShare = tierShares[tier as MixtureTier] / presentShare;
    const inner =
      within.kind === 'temperature'
        ? temperatureShares(members, within.alpha)
        : within.kind === 'unimax'
          ? uniMaxShares(members, tierShare * numTokens, within.maxEpochs)
          : members.map(() => 1 / members.length);
    for (const [position, index] of indices.entries()) shares[index] = tierShare * inner[position]!;
  }
  return shares;
}
