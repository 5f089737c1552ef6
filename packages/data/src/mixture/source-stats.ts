/**
 * What a mixture is planned from: the sources and how many tokens each has.
 */
import type { ShardInfo } from '../shards/shard.ts';
import type { MixtureTier } from './marco-stages.ts';

/** A source and how much of it there is. */
export interface SourceStats {
  /** For example `swh_Latn` or `parallel`; unique. */
  readonly name: string;
  readonly tier: MixtureTier;
  /** Tokens at hand, end-of-text tokens included. */
  readonly numTokens: number;
  readonly numDocuments: number;
}

/** Sums shards by their source, in order of first appearance. */
export function sourceStatsFromShards(
  shards: Iterable<{ readonly info: ShardInfo }>,
  tierOf: (source: string) => MixtureTier,
): SourceStats[] {
  const sources = new Map<string, { numTokens: number; numDocuments: number }>();
  for (const { info } of shards) {
    const total = sources.get(info.source) ?? { numTokens: 0, numDocuments: 0 };
    total.numTokens += info.numTokens;
    total.numDocuments += info.numDocuments;
    sources.set(info.source, total);
  }
  return [...sources].map(([name, total]) => ({ name, tier: tierOf(name), ...total }));
}
