/**
 * Which piece of which document lies in which training sequence: the whole order of a run as typed arrays.
 *
 * Shapes: P pieces, N sequences. The pieces of sequence n are [sequenceOffsets[n], sequenceOffsets[n + 1]).
 */
export interface PackedPlan {
  readonly sequenceLength: number;
  readonly seed: number | string;
  readonly numSequences: number;
  /** Names of the mixture's sources; `pieceSource` and `TokenBatch.sourceIds` index into it. */
  readonly sourceNames: readonly string[];
  /** Names of the shards that the plan was made from; `pieceShard` indexes into it. */
  readonly shardNames: readonly string[];
  /** Checksums of those shards' tokens: a loader refuses shards that changed. */
  readonly shardChecksums: readonly string[];
  /** Tokens the mixture asked of each source, and tokens that were placed (equal, or less by one where one token was left). */
  readonly plannedTokens: readonly number[];
  readonly placedTokens: readonly number[];
  /** [N + 1] */
  readonly sequenceOffsets: Uint32Array;
  /** [P] */
  readonly pieceShard: Uint16Array;
  /** [P] document index within its shard */
  readonly pieceDocument: Uint32Array;
  /** [P] first token of the piece, counted from its document's first token */
  readonly pieceStart: Uint32Array;
  /** [P] */
  readonly pieceLength: Uint32Array;
  /** [P] */
  readonly pieceSource: Uint16Array;
}
