export type { BatchLoader } from './batches/batch-loader.ts';
export type { PackedPlan } from './batches/packed-plan.ts';
export { IGNORE_INDEX, type TokenBatch } from './batches/token-batch.ts';
export type { Document, DocumentSource, MetadataValue } from './document.ts';
export type { Shard, ShardInfo, ShardTokenizer } from './shards/shard.ts';
