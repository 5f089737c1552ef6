export type { BatchLoader } from './batches/batch-loader.ts';
export { type CreateBatchLoaderOptions, createBatchLoader } from './batches/create-batch-loader.ts';
export { type PackSequencesOptions, packSequences, paddingShare } from './batches/pack-sequences.ts';
export type { PackedPlan } from './batches/packed-plan.ts';
export { decodePackedPlan, encodePackedPlan } from './batches/packed-plan-file.ts';
export { IGNORE_INDEX, type TokenBatch } from './batches/token-batch.ts';
export type { Document, DocumentSource, MetadataValue } from './document.ts';
export { type ApplyFiltersOptions, applyFilters } from './filters/apply-filters.ts';
export { createFunnel, type Funnel, type FunnelReport } from './filters/create-funnel.ts';
export { type DocumentFilter, type Drop, drop, KEEP, type Keep, type Verdict } from './filters/document-filter.ts';
export {
  type FineWebQualityOptions,
  type FineWebQualityThresholds,
  fineWebQuality,
} from './filters/fineweb-quality.ts';
export { type GopherQualityOptions, type GopherQualityThresholds, gopherQuality } from './filters/gopher-quality.ts';
export {
  type GopherRepetitionOptions,
  type GopherRepetitionThresholds,
  gopherRepetition,
} from './filters/gopher-repetition.ts';
export { LANGUAGES_WITH_THRESHOLDS, type LanguageThresholds, thresholdsFor } from './filters/language-thresholds.ts';
export { rememberWords, splitOnWhiteSpace, splitWords, type WordSplitter } from './filters/split-words.ts';
export { countScripts, type DetectedScript, detectScript } from './languages/detect-script.ts';
export {
  type LanguageInfo,
  type LanguageTier,
  languageInfo,
  languageTier,
  MARCO_LANGUAGES,
  type MarcoLanguage,
  TINY_EXTRA_LANGUAGES,
} from './languages/marco-languages.ts';
export { UDHR_PRIMARY_PAGES, udhrLanguage } from './languages/udhr-languages.ts';
export {
  MARCO_STAGES,
  type MarcoStage,
  type MixtureTier,
  paperLanguageShare,
  type TierShares,
} from './mixture/marco-stages.ts';
export {
  type MixturePlan,
  mixtureTable,
  type PlanMixtureOptions,
  type PlannedSource,
  planMixture,
} from './mixture/plan-mixture.ts';
export type { SharesWithinTier } from './mixture/source-shares.ts';
export { type SourceStats, sourceStatsFromShards } from './mixture/source-stats.ts';
export { type NormalizedText, normalizeText } from './normalize/normalize-text.ts';
export { type ReadUdhrOptions, readUdhr } from './readers/read-udhr.ts';
export type { UdhrArticle, UdhrDeclaration, UdhrProblem } from './readers/udhr-declaration.ts';
export { type OpenShardOptions, openShard } from './shards/open-shard.ts';
export type { Shard, ShardInfo, ShardTokenizer } from './shards/shard.ts';
export { type WriteShardOptions, writeShard } from './shards/write-shard.ts';
